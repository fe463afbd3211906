import { html, nothing, svg } from "lit";
import { NONE } from "../lib/format.js";
import { bandPath, boxOf, brief, linePath, valueAt } from "../lib/spark.js";
import { text } from "../lib/texts.js";

const SIZE = { width: 120, height: 30 }; // units of the drawing; it is stretched to its place

/** One number over time: its name, its value (at the cursor, or the newest), its curve. */
export function trendTemplate({ name, look, trends }, { span, cursor }, hands, { metric, label, show = brief, ...scale }) {
  const points = trends[metric] ?? [];
  const value = cursor === null ? look[metric] : (valueAt(points, cursor) ?? look[metric]);
  const box = span && boxOf(points.map(([, y]) => y), { span, ...SIZE, ...scale });
  const drawn = box ? svg`<path class="line" d=${linePath(points, box)}></path>` : nothing;
  return cell({ name, label, value: value === null ? NONE : show(value), drawn, span, cursor, hands });
}

/** Mean and spread of a layer's outputs: a line within its band. */
export function outputsTemplate({ name, look, trends }, { span, cursor }, hands) {
  const { mean = [], spread = [] } = trends;
  const at = (points, newest) => (cursor === null ? newest : (valueAt(points, cursor) ?? newest));
  const edge = (side) => mean.map(([x, y]) => [x, y + side * (valueAt(spread, x) ?? 0)]);
  const [lower, upper] = [edge(-1), edge(1)];
  const box = span && boxOf([...lower, ...upper].map(([, y]) => y), { span, ...SIZE });
  const drawn = box ? svg`<path class="band" d=${bandPath(lower, upper, box)}></path><path class="line" d=${linePath(mean, box)}></path>` : nothing;
  const value = text("plus_minus", { mean: brief(at(mean, look.mean), 2), spread: brief(at(spread, look.spread), 2) });
  return cell({ name, label: "outputs", value, drawn, span, cursor, hands });
}

function cell({ name, label, value, drawn, span, cursor, hands }) {
  const what = text(label);
  return html`<div class="trend" data-trend=${label}>
    <div class="trend-head"><span class="trend-name">${what}</span> <span class="trend-value">${value}</span></div>
    <svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" preserveAspectRatio="none" role="img"
      aria-label=${text("trend_of", { what, layer: name, value })}
      @pointermove=${(event) => span && hands.point(under(event, span))} @pointerleave=${() => hands.point(null)}>
      ${drawn}${mark(cursor, span)}
    </svg>
  </div>`;
}

/** The x under the pointer. */
function under({ currentTarget, clientX }, [from, to]) {
  const { left, width } = currentTarget.getBoundingClientRect();
  return from + ((to - from) * Math.min(width, Math.max(0, clientX - left))) / width;
}

function mark(cursor, span) {
  if (cursor === null || !span || cursor < span[0] || cursor > span[1]) return nothing;
  const left = (SIZE.width * (cursor - span[0])) / (span[1] - span[0]);
  return svg`<path class="cursor" d="M${left} 0V${SIZE.height}"></path>`;
}
