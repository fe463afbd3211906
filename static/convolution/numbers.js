import { html, nothing } from "lit";
import { loss as fixed } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";
import { tintOf } from "../lib/tints.js";

/** Window × kernel = products. */
export function tablesTemplate(rows, { seen }) {
  const products = Math.max(0, ...rows.flat().map(({ product }) => Math.abs(product)));
  return html`<div class="tables">
    ${table("value", text("cv_window"), rows, seen.input.most)}<span class="sign" aria-hidden="true">×</span>
    ${table("weight", text("cv_kernel"), rows, seen.kernel.most)}<span class="sign" aria-hidden="true">=</span>
    ${table("product", text("cv_products"), rows, products)}
  </div>`;
}

function table(part, caption, rows, most) {
  return html`<div class="table-view"><table class="cells" data-part=${part}><caption>${caption}</caption><tbody>
    ${rows.map((row) => html`<tr>${row.map((cell) => html`<td class="${tintOf(cell[part], most)} ${cell.outside && part === "value" ? "outside" : ""}"
      data-value=${cell[part]} title=${String(cell[part])}>${brief(cell[part], 2)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** What is added to the products, and the pixel that it makes. */
export function sumTemplate({ sum, rest, bias, output, agrees }, scene, speaks) {
  const line = (part, sign, label, value) => html`<div data-sum=${part} data-value=${value}><dt>${sign ? html`<span>${sign}</span>` : nothing}${label}</dt><dd>${fixed(value)}</dd></div>`;
  return html`<dl class="sum" aria-live=${speaks ? "polite" : "off"} aria-atomic="true">
    ${line("window", "", text("cv_sum"), sum)}
    ${scene.others ? line("rest", "+ ", text(scene.others === 1 ? "cv_rest_one" : "cv_rest", { count: scene.others }), rest) : nothing}
    ${scene.bias === null ? nothing : line("bias", "+ ", text("cv_bias"), bias)}
    <div class="total ${agrees ? "agrees" : ""}" data-sum="output" data-value=${output}><dt><span>= </span>${text("cv_pixel")}</dt>
      <dd>${fixed(output)}${agrees ? icon("check") : nothing}</dd></div>
  </dl>
  <p class="aside">${text(agrees ? "cv_agrees" : "cv_differs")}</p>`;
}
