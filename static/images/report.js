import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { SIDES } from "../lib/datasets.js";
import { count } from "../lib/format.js";
import { CATALOGUE } from "../lib/catalogue.js";
import { text } from "../lib/texts.js";
import { checkTemplate } from "./way.js";

const LONGEST_TITLE = 60;
const OPEN = 12; // problems; more are folded away

/** What was found in a ZIP; nothing is kept before somebody says so. */
export function reportTemplate(flow, online, hands) {
  const { found, file, step, wish, busy } = flow;
  const checking = step === "checking";
  return html`<form class="report" @submit=${hands.keep}>
    <p>${text("own_found", { file: file.name })}</p>
    <dl class="facts">${factsOf(found).map(([name, value]) => html`
      <div><dt>${text(`own_fact_${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
    ${found.made_test ? html`<p class="fine">${text("own_made_test")}</p>` : nothing}
    ${lookTemplate(found, wish, hands)}
    ${checking ? html`<div class="way">${checkTemplate(flow)}</div>` : nothing}
    ${problemsTemplate(found)}
    ${classesTemplate(found)}
    ${namedTemplate(wish, hands)}
    ${hands.refusal(flow)}
    <div class="dialog-foot">
      <button type="button" class="btn btn-outline-secondary" @click=${hands.cancel}>${text("own_discard")}</button>
      <button class="btn btn-primary" ?disabled=${!online || busy || checking}>${text("own_keep")}</button></div></form>`;
}

function factsOf({ images: { classes, train, test }, problem_count: problems, layout }) {
  return [["classes", count(classes.length)], ["train", count(train)], ["test", count(test)], ["problems", count(problems)],
    ["layout", text(layout === "manifest" ? "own_as_manifest" : "own_as_folders")]];
}

/** Size and colour; another choice is looked at before it is kept. */
function lookTemplate({ sizes }, { side, channels }, { change }) {
  const found = Object.entries(sizes).map(([size, number]) => text("own_size_many", { size, count: count(number) }));
  return html`<div class="looks">
    <label>${text("own_side")}<select class="form-select" name="side" .value=${live(String(side))}
        @change=${({ target }) => change({ side: Number(target.value) })}>
      ${SIDES[channels].map((one) => html`<option value=${one} ?selected=${one === side}>
        ${text("own_side_is", { side: one })}</option>`)}</select></label>
    <label>${text("own_colour")}<select class="form-select" name="channels" .value=${live(String(channels))}
        @change=${({ target }) => change({ channels: Number(target.value) })}>
      ${[[3, "own_in_colour"], [1, "own_in_grey"]].map(([one, said]) => html`
        <option value=${one} ?selected=${one === channels}>${text(said)}</option>`)}</select></label>
    <p class="fine">${text("own_sizes", { sizes: found.join(", ") })}</p></div>`;
}

function problemsTemplate({ problems, problem_count: all }) {
  if (!all) return html`<p class="fine good">${text("own_problems_none")}</p>`;
  const kinds = [...new Set(problems.map(({ kind }) => kind))];
  const some = problems.length < all ? text("own_problems_some", { shown: count(problems.length), count: count(all) })
    : text("own_problems_left");
  return html`<details class="problems" ?open=${all <= OPEN}><summary>${text("own_problems", { count: count(all) })}</summary>
    <p class="fine">${some}</p>
    ${kinds.map((kind) => kindTemplate(kind, problems.filter((one) => one.kind === kind)))}</details>`;
}

function kindTemplate(kind, problems) {
  const key = `own_problem_${kind}`;
  return html`<h3>${key in CATALOGUE ? text(key) : kind} <span>${count(problems.length)}</span></h3>
    <ul>${problems.map(({ file, detail }) => html`<li><code>${file}</code>
      ${detail ? html`<span>${detail}</span>` : nothing}</li>`)}</ul>`;
}

function classesTemplate({ images: { classes }, counts, samples }) {
  const of = (split, label) => count(counts[split]?.[label] ?? 0);
  return html`<h3>${text("own_classes")}</h3>
    <ul class="classes" tabindex="0" aria-label=${text("own_classes")}>${classes.map((name, label) => html`<li>
      <div><strong title=${name}>${name}</strong>
        <span>${text("own_counts", { train: of("train", label), test: of("test", label) })}</span></div>
      <div class="samples">${(samples[label] ?? []).map((picture) => html`<canvas .picture=${picture} role="img"
        aria-label=${text("own_sample", { name })}></canvas>`)}</div></li>`)}</ul>`;
}

function namedTemplate({ title, shared }, { type }) {
  const reach = [[false, "own_for_room"], [true, "own_for_all"]];
  return html`<div class="named"><label>${text("own_title")}<input class="form-control" name="title" required
      maxlength=${LONGEST_TITLE} autocomplete="off" .value=${live(title)}
      @input=${({ target }) => type({ title: target.value })}></label>
    <fieldset><legend>${text("own_for")}</legend>${reach.map(([value, said]) => html`<label>
      <input type="radio" class="form-check-input" name="shared" value=${value} .checked=${value === shared}
        @change=${() => type({ shared: value })}>${text(said)}</label>`)}</fieldset></div>`;
}
