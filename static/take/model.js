import { html, nothing } from "lit";
import { fileOf } from "../lib/jobs.js";
import { megabytes } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { branchLabel, keptOf } from "../lib/models.js";
import { text } from "../lib/texts.js";

export const FORMATS = ["pt", "safetensors", "onnx", "pt2", "torchscript", "py"];

/** Which model, in which format. `wish`: {branch, epoch, format}. */
export function modelTemplate(state, wish, busy, { set, make }) {
  const epochs = keptOf(state, wish.branch).map(({ epoch }) => epoch).filter((epoch) => epoch > 0).reverse();
  const named = [["best", text("take_best")], ["last", text("take_last")], ...epochs.map((epoch) => [String(epoch), String(epoch)])];
  return html`<form class="take-model" @submit=${make}>
    ${choice("branch", Object.keys(state.branches).map((id) => [id, branchLabel(state, id)]), wish.branch, set)}
    ${choice("epoch", named, wish.epoch, set)}
    ${choice("format", FORMATS.map((name) => [name, text(`take_${name}`)]), wish.format, set)}
    <button class="btn btn-primary" ?disabled=${busy}>${text("take_make")}</button></form>`;
}

function choice(name, options, chosen, set) {
  return html`<label class=${name}>${text(`take_${name}`)}
    <select class="form-select" name=${name} @change=${({ target }) => set({ [name]: target.value })}>
      ${options.map(([value, label]) => html`<option value=${value} ?selected=${value === chosen}>${label}</option>`)}</select></label>`;
}

/** How far a file is, and where it lies then. `making`: {name, state, lost, result, error}. */
export function makingTemplate(code, making) {
  if (!making) return nothing;
  const { name, state, lost, result, error } = making;
  if (error) return html`<p class="refusal" role="alert">${error.message || text("offline")} ${error.hint}</p>`;
  if (!result) return html`<p class="making" role="status"><span class="spinner-border spinner-border-sm" aria-hidden="true"></span>
    ${text(lost ? "take_lost" : state === "waiting" ? "take_waiting" : "take_making")}</p>`;
  return html`<p class="made" role="status"><a class="btn btn-outline-primary" href=${fileOf(code, name)} download>
    ${icon("check")} ${text("take_download", { name: result.name, size: megabytes(result.bytes ?? 0) })}</a></p>`;
}

/** The room in other files, made at once. */
export function filesTemplate(code, state) {
  const run = state.session.position?.run ?? Object.keys(state.runs).at(-1);
  const files = [
    ["take_recipe", `recipe.yaml?run=${run}`], ["take_network", `network.py?of=${run}`], ["take_session", "session.yaml"], ["take_events", "events.jsonl"]];
  return html`<ul class="take-files">${files.map(([label, path]) => html`<li><a href="/api/rooms/${code}/${path}" download>${text(label)}</a></li>`)}</ul>`;
}
