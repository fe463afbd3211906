// How the last layer makes a number of each class, and the softmax shares of these numbers.
import { html, nothing } from "lit";
import { loss as fixed, percent } from "../lib/format.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";

/** Every class: its logit, and its share. */
export function saidTemplate({ logits, softmax, prediction }, named) {
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  return html`<section class="said" aria-label=${text("wy_softmax")}><h3>${text("wy_softmax")}</h3>
    <table class="shares"><thead><tr><th scope="col">${text("wy_class")}</th><th scope="col">${text("wy_logit")}</th>
      <th scope="col">e<sup>z − ${text("wy_largest")}</sup></th><th scope="col">${text("wy_share")}</th></tr></thead>
    <tbody>${logits.map((logit, number) => html`<tr class=${number === prediction ? "best" : ""} data-class=${number}>
      <th scope="row">${named(number)}</th><td data-value=${logit}>${fixed(logit)}</td><td>${brief(Math.exp(logit - largest))}</td>
      <td class="share" data-value=${softmax[number]}><span>${percent(softmax[number])}</span><i aria-hidden="true" style="width:${(100 * (softmax[number] ?? 0)).toFixed(2)}%"></i></td></tr>`)}</tbody></table>
    <p class="aside">${text("wy_softmax_with", { name: named(prediction), part: brief(Math.exp(logits[prediction] - largest)), total: brief(total),
      share: percent(softmax[prediction]) })}</p></section>`;
}

/** The terms of the predicted class: the largest, the rest, the bias. */
export function formulaTemplate({ formula }, named) {
  if (!formula) return html`<p class="aside no-formula">${text("wy_no_formula")}</p>`;
  const { terms, rest, bias, logit } = formula;
  const name = named(formula.class);
  const largest = Math.max(...terms.map(({ product }) => Math.abs(product)), 0) || 1;
  return html`<section class="formula" aria-label=${text("wy_formula", { name })}><h3>${text("wy_formula", { name })}</h3>
    <p class="aside">${text("wy_formula_help")}</p>
    <table class="terms"><thead><tr>${["wy_unit", "wy_activation", "wy_weight", "wy_product"].map((key) => html`<th scope="col">${text(key)}</th>`)}</tr></thead>
    <tbody>${terms.map(({ unit, activation, weight, product }) => html`<tr><th scope="row">${unit + 1}</th><td>${fixed(activation)}</td><td>× ${fixed(weight)}</td>
      <td data-term="product" data-value=${product}>= ${fixed(product)}<i class=${product < 0 ? "below" : "above"} aria-hidden="true" style="width:${(100 * Math.abs(product) / largest).toFixed(1)}%"></i></td></tr>`)}
    </tbody><tfoot>
      ${line("rest", text("wy_rest"), rest)}${bias === null ? nothing : line("bias", text("wy_bias"), bias)}${line("logit", text("wy_sum", { name }), logit, true)}
    </tfoot></table></section>`;
}

function line(term, label, value, total = false) {
  return html`<tr class=${total ? "total" : ""}><th scope="row" colspan="3">${total ? "= " : "+ "}${label}</th><td data-term=${term} data-value=${value}>${fixed(value)}</td></tr>`;
}
