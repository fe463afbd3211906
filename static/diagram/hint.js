import { html, nothing, svg } from "lit";
import { count } from "../lib/format.js";
import { shapeText } from "../lib/glyphs.js";
import { brief } from "../lib/spark.js";
import { language, text } from "../lib/texts.js";
import { largestOf, tintOf } from "../lib/tints.js";

const SIDE = 42; // px of a kernel in the hint
const GAP = 8; // px from the layer

/** One sentence for a layer: for screen readers. */
export function sentence(node, { title, frozen, error }) {
  const { name, row, at } = node;
  if (!at) return node.form === "input" ? text("diagram_input", { dataset: name, shape: shapeText(node.out) }) : "";
  const parts = [`${name}, ${title}`, flow(row)];
  if (row.parameters) parts.push(text("diagram_parameters", { count: count(row.parameters) }));
  if (node.count) parts.push(text("diagram_shown", node.count));
  if (frozen) parts.push(text("frozen"));
  if (node.wrong) parts.push(error.why[language()]);
  return parts.join(". ");
}

function flow({ in: from, out }) {
  if (!from) return text("diagram_unknown");
  return `${shapeText(from)} → ${out ? shapeText(out) : "?"}`;
}

/** What a layer is, beside it. */
export function hintTemplate(node, { title, help, frozen, error, look }) {
  const { row, name } = node;
  if (!row) return html`<strong>${name}</strong><p>${shapeText(node.out)}</p>`;
  return html`<strong>${name}</strong> <span class="kind">${title}</span>
    ${node.wrong ? html`<p class="why">${error.why[language()]}</p>` : help ? html`<p>${help}</p>` : nothing}
    <p class="facts"><b>${flow(row)}</b>${row.parameters ? html` · ${text("diagram_parameters", { count: count(row.parameters) })}` : nothing}</p>
    ${look?.mean !== null && look?.mean !== undefined ? html`<p class="facts">${text("diagram_outputs", { mean: brief(look.mean, 2), spread: brief(look.spread, 2) })}</p>` : nothing}
    ${frozen ? html`<p class="facts">${text("diagram_frozen")}</p>` : nothing}
    ${look?.kernels ? kernelsTemplate(look.kernels) : nothing}`;
}

/** The kernels of the first convolution: what each map looks for. */
function kernelsTemplate(kernels) {
  return html`<p class="facts">${text("diagram_kernels", { count: kernels.length })}</p>
    <div class="kernels">${kernels.map((kernel) => {
      const [high, wide, largest] = [kernel.length, kernel[0].length, largestOf(kernel)];
      return html`<svg viewBox="0 0 ${wide} ${high}" width=${SIDE} height=${(SIDE * high) / wide} aria-hidden="true">
        ${kernel.map((values, y) => values.map((value, x) => svg`<rect class="unit ${tintOf(value, largest)}" x=${x} y=${y} width="1" height="1"></rect>`))}
      </svg>`;
    })}</div>`;
}

/** Put the hint below its layer, or above where there is no room. */
export function place(hint, layer, box) {
  const [from, around] = [layer.getBoundingClientRect(), box.getBoundingClientRect()];
  const left = Math.min(Math.max(4, (from.left + from.right) / 2 - around.left - hint.offsetWidth / 2), around.width - hint.offsetWidth - 4);
  const below = from.bottom + GAP + hint.offsetHeight < innerHeight;
  const top = below ? from.bottom - around.top + GAP : from.top - around.top - hint.offsetHeight - GAP;
  Object.assign(hint.style, { left: `${Math.max(4, left)}px`, top: `${top}px` });
}
