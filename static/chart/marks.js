import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { clock, count, epoch, who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { language, text } from "../lib/texts.js";
import { changesIn } from "../lib/tree.js";
import { time } from "./scales.js";

const LABEL = 96; // px, width of the label at the cursor

/** Over the plot: where the cursor stands and meets the lines, and the change markers, a line and a flag each; hover, focus
 * or the cursor nearby shows who changed what. */
export function marksTemplate(groups, { width, near, rows, cursor, dots }) {
  const inside = groups.filter(({ left }) => left >= 0 && left <= width);
  return html`${cursor ? place(cursor, width) : nothing}${dots.map(({ left, top, colour }) => html`
    <span class="dot" style="left:${left.toFixed(1)}px;top:${top.toFixed(1)}px;background:${colour}"></span>`)}
    ${guard([language(), width, ...inside.map((group) => keyOf(group, near === group))], () => (
      inside.map((group) => mark(group, width, near === group, rows))))}`;
}

function keyOf({ left, markers }, near) {
  return [left.toFixed(1), near, ...markers.map(({ seq }) => seq)].join();
}

function place({ left, x, axis }, width) {
  const at = Math.min(Math.max(left, LABEL / 2), width - LABEL / 2);
  return html`<span class="at" style="left:${at.toFixed(1)}px">${said(axis.kind, x)}</span>`;
}

function said(kind, x) {
  if (kind === "step") return text("at_step", { step: count(Math.round(x)) });
  return kind === "seconds" ? time(x) : text("at_epoch", { epoch: epoch(x) });
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
    <div class="tip-head"><strong>${who(marker.by)}</strong> · ${marker.branch} ·
      ${text("at_epoch", { epoch: epoch(marker.x) })} · ${clock(marker.at)}</div>
    ${changesIn(marker.changes, rows).map(({ label, from, to }) => html`<div>${label}: ${from} →
      <strong>${to}</strong></div>`)}
    ${marker.reason ? html`<div class="because">${marker.reason}</div>` : nothing}
  </div>`;
}

function sentence(marker, rows) {
  const changes = changesIn(marker.changes, rows).map(({ label, from, to }) => `${label} ${from} → ${to}`).join(", ");
  return `${who(marker.by)}: ${changes}, ${text("at_epoch", { epoch: epoch(marker.x) })}`;
}
