import { html, nothing } from "lit";
import { bytes, sides } from "../lib/amounts.js";
import { count, who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

/** What is here already: images of this room, and those that other rooms share. */
export function keptTemplate(view, hands) {
  const { own, shared, quota, refused, known } = view.own;
  if (!known) return html`<p class="refusal">${refused ? html`${refused.message || text("offline")} ${refused.hint}` : ""}</p>`;
  return html`<h3>${text("own_here")}</h3>
    ${own.length ? listTemplate("own", own, view, hands) : html`<p class="fine">${text("own_none")}</p>`}
    ${shared.length ? html`<h3>${text("own_shared")}</h3>${listTemplate("shared", shared, view, hands)}` : nothing}
    ${quota ? quotaTemplate(quota) : nothing}`;
}

function quotaTemplate({ used, limit }) {
  return html`<p class="fine quota">${text("own_quota", { used: bytes(used), limit: bytes(limit) })}</p>`;
}

function listTemplate(where, rows, view, hands) {
  return html`<ul class="kept" data-kept=${where}>${rows.map((row) => html`<li data-images=${row.name}>
    ${view.sure === row.name ? sureTemplate(row, view, hands) : rowTemplate(row, view, hands)}</li>`)}</ul>`;
}

function rowTemplate(row, { person, online, busy }, { use, ask }) {
  const { name, title, by } = row;
  return html`<div class="about"><strong>${title}</strong><span>${aboutOf(row)}</span></div>
    <button type="button" class="btn btn-outline-secondary btn-sm" aria-label=${text("own_use_of", { title })}
      @click=${() => use(row)}>${text("own_use")}</button>
    ${by?.id === person ? html`<button type="button" class="tool" ?disabled=${!online || busy}
      aria-label=${text("own_drop_of", { title })} title=${text("own_drop_of", { title })}
      @click=${() => ask(name)}>${icon("close")}</button>` : nothing}`;
}

function aboutOf({ classes, train, test, shape, bytes: size, by, shared }) {
  const colour = text(shape[0] === 3 ? "own_in_colour" : "own_in_grey");
  const said = text("own_about", { classes: classes.length, train: count(train), test: count(test),
    shape: sides(shape.slice(1)), colour, size: bytes(size), who: who(by) });
  return shared ? `${said} · ${text("own_is_shared")}` : said;
}

function sureTemplate({ name, title }, { online, busy }, { ask, drop }) {
  return html`<p class="about" role="alert">${text("own_drop_sure", { title })}</p>
    <button type="button" class="btn btn-outline-secondary btn-sm" @click=${() => ask(null)}>${text("own_drop_no")}</button>
    <button type="button" class="btn btn-primary btn-sm" ?disabled=${!online || busy} @click=${() => drop(name)}>
      ${text("own_drop_yes")}</button>`;
}
