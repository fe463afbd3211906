import { html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";
import { epoch, setting, who } from "../lib/format.js";
import { STEPS, toSlider } from "../lib/scale.js";
import { text, words } from "../lib/texts.js";

const TINY = 1e-6; // below, zeros are hard to count
const CONTROLS = { choice, boolean: toggle };

/** One setting: label with help, input, and a line that says the range, the last change, the wait or the refusal. */
export function fieldTemplate(row, view, hands) {
  const id = `setting-${row.name}`;
  const control = CONTROLS[row.kind] ?? number;
  return html`<div class="field ${row.kind} ${view.pending ? "pending" : ""} ${view.refusal ? "refused" : ""}" data-setting=${row.name}>
    <div class="field-head">
      <lab-infobox label=${words(row.label)} text=${words(row.help)}></lab-infobox>
      ${row.unit ? html`<span class="unit">${text(`unit_${row.unit}`)}</span>` : nothing}
    </div>
    ${control(row, view, hands, id)}
    ${keyed(JSON.stringify(view.inEffect), html`<p class="note" id="${id}-note">${note(row, view)}</p>`)}
  </div>`;
}

/** A value in words: 0.05, SGD, off. */
export function say(row, value) {
  if (row.kind === "boolean") return text(value ? "switch_on" : "switch_off");
  if (row.choices) return words(row.choices[value]) || String(value);
  return value > 0 && value < TINY ? String(value) : setting(value);
}

function choice(row, view, hands, id) {
  return html`<select class="form-select" aria-label=${words(row.label)} aria-describedby="${id}-note" aria-invalid=${Boolean(view.refusal)}
      .value=${live(view.value)} @change=${hands.choose}>
    ${Object.entries(row.choices).map(([value, label]) => html`<option value=${value} ?selected=${value === view.value}>${words(label)}</option>`)}
  </select>`;
}

function toggle(row, view, hands, id) {
  return html`<div class="form-check form-switch">
    <input type="checkbox" role="switch" class="form-check-input" aria-label=${words(row.label)} aria-describedby="${id}-note"
      aria-invalid=${Boolean(view.refusal)} .checked=${live(view.value === true)} @change=${hands.toggle}>
  </div>`;
}

function number(row, view, hands, id) {
  const shown = view.draft?.text ?? String(view.value);
  const place = view.draft?.place ?? Math.round(toSlider(row, Number(shown)));
  const label = words(row.label);
  return html`<div class="dial">
    <input type="range" class="form-range" min="0" max=${STEPS} step="1" aria-label="${label}, ${text("slider")}"
      aria-valuetext=${shown} .value=${live(String(place))} @input=${hands.slide} @change=${hands.commit} @keydown=${hands.key}>
    <input type="number" class="form-control" step="any" min=${row.minimum} max=${row.maximum} inputmode="decimal" aria-label=${label}
      aria-describedby="${id}-note" aria-invalid=${Boolean(view.refusal)} .value=${live(shown)}
      @input=${hands.type} @change=${hands.commit} @blur=${hands.commit} @keydown=${hands.key}>
  </div>`;
}

function note(row, view) {
  if (view.refusal) return html`<span role="alert">${view.refusal.message || text("offline")} ${view.refusal.hint}</span>`;
  if (view.pending) return text("pending", { now: say(row, view.inEffect) });
  if (view.last) return lastChange(row, view.last);
  return "minimum" in row ? text("range", { from: say(row, row.minimum), to: say(row, row.maximum) }) : nothing;
}

function lastChange(row, { by, x, changes }) {
  const { from, to } = changes[row.name];
  return text("changed", { who: who(by), from: say(row, from), to: say(row, to), epoch: epoch(x) });
}
