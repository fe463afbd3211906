import { html, nothing } from "lit";
import { percent } from "../lib/format.js";
import { text } from "../lib/texts.js";

/** What a network says of an image: a bar per class; with `choose` each is a button. */
export function softmaxTemplate({ softmax, prediction }, { named, target = null, choose = null }) {
  return html`<ol class="softmax" aria-label=${text("softmax_bars")}>${softmax.map((share, number) => {
    const row = html`<span class="class" title=${named(number)}>${named(number)}</span>
      <span class="bar" aria-hidden="true"><i style="width:${(100 * (share ?? 0)).toFixed(2)}%"></i></span>
      <span class="share">${percent(share)}</span>`;
    const said = number === prediction ? "said" : "";
    if (!choose) return html`<li class=${said} data-class=${number}>${row}</li>`;
    return html`<li class=${said} data-class=${number}><button type="button" aria-pressed=${number === target} @click=${() => choose(number)}>
      ${row}${number === target ? html`<span class="visually-hidden">${text("softmax_target")}</span>` : nothing}</button></li>`;
  })}</ol>`;
}
