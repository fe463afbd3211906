import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { amount, bytes, costs } from "../lib/amounts.js";
import { titleOf } from "../lib/datasets.js";
import { who } from "../lib/format.js";
import { heldTemplate, shareWords } from "../lib/held.js";
import { icon } from "../lib/icons.js";
import { countOf, place } from "../lib/network.js";
import { text, words } from "../lib/texts.js";
import { shape } from "./icons.js";
import { sizeTemplate } from "./wrong.js";

const LARGEST_SEED = 2 ** 32 - 1;

/** What is learned, by which chance, and everything that concerns the whole network. */
export function barTemplate(view, hands) {
  const { state, online, fits } = view;
  const { undo = [], redo = [] } = state.draft ?? {};
  return html`<header class="lab-card bar">
    <div class="bar-line">
      <a class="btn btn-outline-secondary back" href="/room/${view.code}" aria-label=${text("creator_back")}>${shape("back")}
        <span>${text("creator_back")}</span></a>
      <h2 class="page-name">${text("creator")}</h2>
      <span class="gap"></span>
      ${tool("undo", icon("undo"), !online || !undo.length, hands)}
      ${tool("redo", shape("redo"), !online || !redo.length, hands)}
      ${wide("ready", shape("ready"), hands)}${wide("library", shape("library"), hands)}${wide("code", shape("code"), hands)}
      <button type="button" class="btn btn-primary" data-open="begin" ?disabled=${!online || !fits}
        title=${fits ? nothing : text(view.error ? "begin_later" : "begin_too_much")} @click=${() => hands.open("begin")}>
        ${icon("play")}${text("begin")}</button>
    </div>
    <div class="bar-line second">
      ${datasetTemplate(view, hands)}${seedTemplate(view, hands)}
      ${heldTemplate(view.blueprint.validation ?? 0, hands.validation, !view.online)}
      <button type="button" class="btn btn-outline-secondary" ?disabled=${!online || view.empty} @click=${hands.clear}>
        ${shape("empty")}${text("clear")}</button>
      <p class="last" aria-live="polite" data-busy=${view.desk.busy || nothing}>${lastChange(view)}</p>
    </div>
    <p class="refusal" role="alert">${refusal(view.refused)}</p>
  </header>`;
}

function refusal(refused) {
  return refused ? html`${refused.message || text("offline")} ${refused.hint}` : "";
}

function datasetTemplate({ online, blueprint, datasets }, hands) {
  return html`<label class="pick">${text("dataset")}<select class="form-select" name="dataset" ?disabled=${!online}
      .value=${live(blueprint.dataset)} @change=${hands.dataset}>
    ${datasets.map(({ name, title }) => html`<option value=${name} ?selected=${name === blueprint.dataset}>${title}</option>`)}
  </select></label>
  <button type="button" class="btn btn-outline-secondary" @click=${hands.images}>${icon("plus")}${text("own_images")}</button>`;
}

function seedTemplate({ online, blueprint }, hands) {
  return html`<label><lab-infobox label=${text("seed")} text=${text("seed_help")}></lab-infobox>
    <input class="form-control" type="number" name="seed" min="0" max=${LARGEST_SEED} step="1" aria-label=${text("seed")}
      ?disabled=${!online} .value=${String(blueprint.seed)} @change=${hands.seed}></label>`;
}

function tool(name, drawn, off, hands) {
  return html`<button type="button" class="tool" data-do=${name} aria-label=${text(name)} title=${text(name)} ?disabled=${off}
    @click=${() => hands[name]()}>${drawn}</button>`;
}

function wide(name, drawn, hands) {
  return html`<button type="button" class="btn btn-outline-secondary wide" data-open=${name} @click=${() => hands.open(name)}>
    ${drawn}${text(name)}</button>`;
}

function lastChange({ state, person, report, kinds, templates, datasets }) {
  const { draft } = state;
  if (!draft) return text("no_draft");
  const tables = { report, kinds, templates, datasets };
  const back = draft.step === "undo" || draft.step === "redo";
  const what = back ? text(`did_${draft.step}`) : draft.edits.map((edit) => said(edit, tables)).join(", ") || text("did_begin");
  return text("did", { who: draft.by?.id === person ? text("you") : who(draft.by), what });
}

function said(edit, { report, kinds, templates, datasets }) {
  const title = (table, name) => words(table.get(name)?.title) || name;
  const named = (path) => path.reduce(({ layers }, number) => layers?.[number] ?? {}, report).name ?? place(path);
  const values = {
    add: () => ({ title: title(kinds, edit.layer?.kind), place: place(edit.at) }),
    remove: () => ({ place: place(edit.at) }), duplicate: () => ({ place: place(edit.at) }),
    move: () => ({ name: named(edit.to), place: place(edit.to) }),
    change: () => ({ name: named(edit.at), values: valuesOf(edit, kinds, report) }),
    template: () => ({ title: title(templates, edit.name) }), seed: () => ({ seed: edit.seed }),
    validation: () => ({ share: shareWords(edit.validation) }),
    dataset: () => ({ title: titleOf(edit, { datasets }) }),
  }[edit.op] ?? (() => ({}));
  const cleared = edit.op === "load" && !report.layers.length;
  return text(cleared ? "did_clear" : `did_${edit.op}`, values());
}

function valuesOf({ at, fields }, kinds, report) {
  const row = at.reduce(({ layers }, number) => layers?.[number] ?? {}, report);
  const known = kinds.get(row.kind)?.fields ?? [];
  const label = (name) => words(known.find((field) => field.name === name)?.label) || name;
  return Object.entries(fields).map(([name, value]) => `${label(name)} ${value ?? text("value_auto")}`).join(", ");
}

/** The whole network in a line: how large, what it costs, whether it can be trained. */
export function totalsTemplate({ blueprint, report, batch, limits }, hands) {
  const cost = costs(report, batch, limits);
  const known = !report.error;
  const [verdict, tone, mark] = verdictOf(report, cost);
  return html`<section class="lab-card totals" aria-label=${text("totals")}>
    <dl>
      ${fact("layers", text("total_layers"), layerCount(blueprint.layers), text("total_layers_help"))}
      ${fact("parameters", text("total_parameters"), amount(report.parameters), text("total_parameters_help"))}
      ${fact("memory", text("total_memory", { batch }), bytes(cost.memory), text("total_memory_help"))}
      ${fact("macs", text("total_macs"), amount(report.macs), text("total_macs_help"))}
    </dl>
    <p class="verdict ${tone}" role="status" data-verdict=${verdict}>
      ${mark ? icon(mark) : nothing}<strong>${text(verdict)}</strong>
      ${known || !tone ? nothing : html`<button type="button"
        class="btn btn-outline-secondary btn-sm" @click=${hands.showError}>${text("look_there")}</button>`}</p>
    ${known ? sizeTemplate(cost, batch, limits) : nothing}
  </section>`;
}

/** 24, or 24 (69) where there are more inside of blocks. */
function layerCount(layers) {
  const all = countOf(layers);
  return all === layers.length ? all : `${layers.length} (${all})`;
}

function verdictOf({ layers, error }, { wrong }) {
  if (!layers.length) return ["fits_empty", "", null];
  if (error || wrong) return [error ? "fits_not" : "too_much", "bad", "close"];
  return ["fits", "good", "check"];
}

function fact(name, label, value, help = "") {
  return html`<div data-total=${name}><dt><lab-infobox label=${label} text=${help}></lab-infobox></dt><dd>${value}</dd></div>`;
}
