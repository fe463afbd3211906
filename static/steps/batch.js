import { html, nothing } from "lit";
import { NONE, count, loss, percent, setting } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";

/** Which batch it is, and how much of it is shown. */
export function whereTemplate({ position, shown, size }) {
  const amount = shown < size ? text("step_shown", { shown, size }) : text("step_all_shown", { size });
  return html`<p class="where"><strong>${text("step_where", { batch: count(position.batch), epoch: count(position.epoch + 1) })}</strong> · ${amount}</p>`;
}

export function numbersTemplate(shown) {
  const numbers = [
    ["step_loss", loss(shown.loss ?? NaN)], ["step_accuracy", percent(shown.accuracy)], ["step_gradient", brief(shown.gradient_norm)],
    ["step_length", brief(shown.step_norm)], ["step_rate", setting(shown.learning_rate)]];
  return html`<dl class="step-numbers">${numbers.map(([key, value]) => html`<div data-number=${key}><dt>${text(key)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Each image with its label and with what the network took it for, before it learned from it. */
export function imagesTemplate(shown, named) {
  return html`<ul class="images">${shown.labels.map((label, number) => {
    const said = shown.predictions[number];
    const right = said === label;
    const confidence = percent(shown.confidences[number]);
    const words = text("image_said", { number: number + 1, label: named(label), said: named(said), confidence });
    return html`<li class=${right ? "right" : "wrong"} title=${words}>
      <canvas data-image=${number} role="img" aria-label=${words}></canvas>
      <span class="label">${named(label)}</span>
      <span class="said">${icon(right ? "check" : "close")}${right ? text("said_right") : text("said_wrong", { said: named(said) })}</span>
      <span class="sure">${confidence}</span>
    </li>`;
  })}</ul>`;
}

/** Gradient and step of each layer that has weights. */
export function layersTemplate({ layers }) {
  const rows = Object.entries(layers).filter(([, { step_norm: step }]) => step !== null);
  if (!rows.length) return nothing;
  return html`<details class="step-layers"><summary>${text("step_layers")}</summary>
    <table class="table table-sm">
      <thead><tr>${["step_layer", "step_gradient", "step_length"].map((key) => html`<th scope="col">${text(key)}</th>`)}</tr></thead>
      <tbody>${rows.map(([name, { gradient_norm: gradient, step_norm: step }]) => html`<tr>
        <th scope="row">${name}</th><td>${gradient === null ? NONE : brief(gradient)}</td><td>${brief(step)}</td></tr>`)}</tbody>
    </table>
  </details>`;
}
