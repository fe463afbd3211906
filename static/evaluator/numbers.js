import { html, nothing } from "lit";
import { headline } from "../lib/evaluation.js";
import { NONE, count, loss, percent } from "../lib/format.js";
import { language, text } from "../lib/texts.js";

/** The numbers at the head; with two models both, and how far B is from A. */
export function numbersTemplate({ a, b, both }) {
  const of = a ?? b;
  const other = a && b ? headline(b) : [];
  const said = text("evaluate_said", { count: count(of.examples), split: text(`evaluate_${of.split}`) });
  return html`<dl class="numbers">${headline(of).map((one, index) => numberTemplate(one, other[index], both))}</dl>
    <p class="aside measured">${said}</p>`;
}

function numberTemplate({ name, k, value, kind }, other, both) {
  return html`<div data-number="${name}${k ?? ""}">
    <dt><lab-infobox label=${text(`evaluate_${name}`, { k })} text=${text(`evaluate_${name}_help`, { k })}></lab-infobox></dt>
    <dd>${other ? html`<small class="tag A">A</small> ` : nothing}${shown(value, kind)}</dd>
    ${other ? html`<dd class="second"><small class="tag B">B</small> ${shown(other.value, kind)}
      ${both ? html`<span class="change" title=${text("evaluate_change")}>${signed(other.value, value, kind)}</span>` : nothing}</dd>` : nothing}
  </div>`;
}

function shown(value, kind) {
  return kind === "share" ? percent(value) : loss(value);
}

/** How far the second number is from the first, with its sign: shares in percentage points. */
export function signed(second, first, kind) {
  if (!Number.isFinite(second) || !Number.isFinite(first)) return NONE;
  const size = SIZES[kind](Math.abs(second - first));
  return `${/[1-9]/.test(size) ? (second > first ? "+" : "−") : "±"}${size}`;
}

const SIZES = { share: (size) => percent(size).replace(/\s*%/, ""), loss, area };

/** An area under a curve: three digits after the point. */
export function area(value) {
  return new Intl.NumberFormat(language(), { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(value);
}
