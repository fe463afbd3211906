import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { text, words } from "../lib/texts.js";

/** One field of a layer or of a ready network: `one` is {value, typed, pending, problem, options, label, stop}. */
export function fieldTemplate(field, one) {
  const marks = `${one.pending ? "pending" : ""} ${one.problem ? "wrong" : ""}`;
  return html`<label class="cell ${field.type} ${marks}" title=${words(field.help)}>
    <span>${words(field.label)}</span>
    ${control(field, one)}
    ${one.problem ? html`<small role="alert">${said(field, one)}</small>` : nothing}
  </label>`;
}

function control(field, one) {
  if (field.type === "bool") return toggle(field, one);
  if (field.choices) return select(field, one, choices(field, one));
  if (one.options) return select(field, one, allowed(field, one).map((value) => [String(value), value ?? text("value_auto")]));
  return number(field, one);
}

/** The choices that can be made here, in words. */
function choices(field, { options, value }) {
  const here = options?.map(String);
  const all = Object.entries(field.choices).map(([key, label]) => [key, words(label)]);
  return here ? all.filter(([key]) => here.includes(key) || key === String(value)) : all;
}

/** What can be chosen here; a value that cannot any more is shown as well. */
function allowed(field, { options, value }) {
  const all = options.includes(value) || value === null ? options : [value, ...options];
  return field.optional ? [null, ...all] : all;
}

function select({ name }, { value, label, stop, problem }, entries) {
  return html`<select class="form-select" data-field=${name} aria-label=${label} tabindex=${stop}
      aria-invalid=${Boolean(problem)} .value=${live(String(value))}>
    ${entries.map(([key, shown]) => html`<option value=${key} ?selected=${key === String(value)}>${shown}</option>`)}
  </select>`;
}

function toggle({ name }, { value, label, stop }) {
  return html`<input type="checkbox" class="form-check-input" data-field=${name} aria-label=${label} tabindex=${stop}
    .checked=${live(value === true)}>`;
}

function number(field, { value, typed, label, stop, problem }) {
  const { name, type, minimum = nothing, maximum = nothing, optional } = field;
  return html`<input type="number" class="form-control" data-field=${name} aria-label=${label} tabindex=${stop}
    min=${minimum} max=${maximum} step=${type === "int" ? 1 : "any"} inputmode=${type === "int" ? "numeric" : "decimal"}
    placeholder=${optional ? text("value_auto") : nothing} aria-invalid=${Boolean(problem)} autocomplete="off"
    .value=${live(typed ?? String(value ?? ""))}>`;
}

/** Why what was typed is not sent. */
function said(field, { problem, options }) {
  if (problem === "number") return text(field.type === "int" ? "bad_whole" : "bad_number");
  if (options) return text("bad_options", { options: options.join(", ") });
  return text("bad_range", { from: field.minimum, to: field.maximum });
}
