import { html, nothing } from "lit";
import { clock, epoch, setting, who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text, words } from "../lib/texts.js";

const LABEL = 96; // px, width of the label at the cursor

/** Over the plot: where the cursor stands, and the change markers, a line and a flag each; hover, focus or the
 * cursor nearby shows who changed what. */
export function marksTemplate(groups, { width, near, rows, cursor }) {
  const inside = groups.filter(({ left }) => left >= 0 && left <= width);
  return html`${cursor ? place(cursor, width) : nothing}${inside.map((group) => mark(group, width, near === group, rows))}`;
}

function place({ left, x }, width) {
  const at = Math.min(Math.max(left, LABEL / 2), width - LABEL / 2);
  return html`<span class="at" style="left:${at.toFixed(1)}px">${text("at_epoch", { epoch: epoch(x) })}</span>`;
}

function mark({ left, markers }, width, near, rows) {
  const side = left > width / 2 ? "to-left" : "to-right";
  return html`<div class="change ${side} ${near ? "near" : ""}" style="left:${left.toFixed(1)}px">
    <button type="button" class="flag" aria-label=${spoken(markers, rows)}>
      ${markers.length > 1 ? markers.length : icon("sliders")}
    </button>
    <div class="tip">${markers.slice(-6).map((marker) => entry(marker, rows))}</div>
  </div>`;
}

function spoken(markers, rows) {
  const many = markers.length > 1 ? `${markers.length}: ` : "";
  return many + markers.map((marker) => sentence(marker, rows)).join("; ");
}

function entry(marker, rows) {
  return html`<div class="tip-entry">
    <div class="tip-head"><strong>${who(marker.by)}</strong> · ${text("at_epoch", { epoch: epoch(marker.x) })} · ${clock(marker.at)}</div>
    ${changes(marker, rows).map(({ label, from, to }) => html`<div>${label}: ${from} → <strong>${to}</strong></div>`)}
  </div>`;
}

function sentence(marker, rows) {
  const said = changes(marker, rows).map(({ label, from, to }) => `${label} ${from} → ${to}`).join(", ");
  return `${who(marker.by)}: ${said}, ${text("at_epoch", { epoch: epoch(marker.x) })}`;
}

function changes(marker, rows) {
  return Object.entries(marker.changes).map(([name, { from, to }]) => {
    const row = rows.find((one) => one.name === name);
    const say = (value) => (row?.choices ? words(row.choices[value]) : setting(value));
    return { label: row ? words(row.label) : name, from: say(from), to: say(to) };
  });
}
