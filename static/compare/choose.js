import { html, nothing } from "lit";
import { AXES } from "../lib/axes.js";
import { MOST, PARTS, keyOf, live, validates } from "../lib/compare.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { branchTitle } from "../lib/tree.js";
import { tag } from "./sheet.js";

/** A line that is drawn: another Branch of its room can be taken, or the line dropped. */
export function lineTemplate(line, index, taken, table, { swap, drop }) {
  const branches = Object.keys(line.state.branches).filter((id) => id === line.branch || !taken.includes(`${line.room}.${id}`));
  return html`<li>${tag(index)} <a href="/room/${line.room}" class="code">${line.room}</a>
    <select class="form-select form-select-sm" aria-label=${text("compare_branch", { number: index + 1 })}
      @change=${({ target }) => swap(line, target.value)}>
      ${branches.map((id) => html`<option value=${id} .selected=${id === line.branch}>${branchTitle(line.state, id, table)}</option>`)}
    </select>
    ${live(line.state) ? html`<span class="live">${text("compare_live")}</span>` : nothing}
    <button type="button" class="tool" aria-label=${text("compare_remove", { number: index + 1 })} @click=${() => drop(line)}>${icon("close")}</button></li>`;
}

/** Rooms and Branches that are not there, in words. */
export function missingTemplate(lines, drop) {
  return lines.map((line) => html`<p class="missing" role="status">${text(`compare_missing_${line.problem}`, line)}
    <button type="button" class="btn btn-sm btn-outline-secondary" @click=${() => drop(line)}>${text("compare_drop")}</button></p>`);
}

/** The field for links and codes, and why something in it could not be taken. */
export function adderTemplate(full, said, add) {
  const why = said ?? (full ? text("compare_full", { most: MOST }) : "");
  return html`<form class="adder" @submit=${add}>
      <input class="form-control" name="what" maxlength="2000" autocomplete="off" ?disabled=${full}
        aria-label=${text("compare_paste")} placeholder=${text("compare_paste")}>
      <button class="btn btn-primary" ?disabled=${full}>${text("compare_add")}</button>
    </form>
    <p class="refusal" role="alert">${why}</p>`;
}

/** What is drawn, over which axis, and whether as the difference from a line. */
export function switchesTemplate({ parts, axis, against }, lines, go) {
  const button = (on, key, act) => html`<button type="button" aria-pressed=${on} @click=${act}>${text(key)}</button>`;
  const offered = PARTS.filter((part) => part !== "validation" || parts.includes(part) || lines.some(validates));
  const toggled = (part) => PARTS.filter((one) => (one === part) !== parts.includes(one));
  const toggle = (part) => () => toggled(part).length && go({ parts: toggled(part) });
  return html`<div class="switches">
    <div class="switch" role="group" aria-label=${text("compare_show")}>
      ${offered.map((part) => button(parts.includes(part), `compare_${part}`, toggle(part)))}</div>
    <div class="switch" role="group" aria-label=${text("compare_over")}>
      ${AXES.map((one) => button(axis === one, `compare_by_${one}`, () => go({ axis: one })))}</div>
    <label class="against">${text("compare_against")}
      <select class="form-select form-select-sm" @change=${({ target }) => go({ against: target.value || null })}>
        <option value="" .selected=${!against}>${text("compare_plain")}</option>
        ${lines.map((line, index) => html`<option value=${keyOf(line)} .selected=${keyOf(line) === against}>
          ${index + 1} · ${line.room} ${line.branch}</option>`)}
      </select></label></div>`;
}
