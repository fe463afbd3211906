import { html, nothing } from "lit";
import { count } from "../lib/format.js";
import { evaluationOf } from "../lib/examples.js";
import { text } from "../lib/texts.js";
import { buttonTemplate, refusalTemplate } from "./words.js";

/** Why there are no examples, and what helps: evaluate this model, or ask again. */
export function refusedTemplate(host) {
  const { list, model } = host.shelf;
  const { split } = host.view;
  const evaluation = evaluationOf(host.state, model, split);
  if (evaluation?.state === "running") return progressTemplate(evaluation);
  const missing = list.refused.code === "not_evaluated";
  const evaluate = { act: "evaluate", look: "btn-primary", off: !host.online, press: host.evaluate };
  return html`<div class="nothing" data-refused=${list.refused.code}>
    <p>${list.refused.message || text("offline")} ${list.refused.hint}</p>
    ${evaluation?.state === "failed" ? html`<p class="refusal">${evaluation.message}</p>` : nothing}
    ${missing ? buttonTemplate(text(`gallery_evaluate_${split}`), evaluate)
    : buttonTemplate(text("gallery_again"), { act: "again", press: () => list.again() })}
    ${refusalTemplate(host.refused)}
  </div>`;
}

function progressTemplate({ done, total }) {
  const words = text("gallery_evaluating", { done: count(done), total: total ? count(total) : "…" });
  return html`<div class="nothing" role="status"><p>${words}</p>
    <progress max=${total || 1} value=${done} aria-label=${words}></progress></div>`;
}
