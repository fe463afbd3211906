import { html, nothing } from "lit";
import { brief } from "../lib/spark.js";
import { text, words } from "../lib/texts.js";

/** What can be chosen: method, class, layer, and how much of the heat lies over the image. */
export function choicesTemplate(methods, now, hands) {
  const { method, target, prediction, classes, convolutions } = now;
  const auto = prediction === undefined ? text("ex_predicted") : text("ex_predicted_is", { name: classes[prediction] ?? prediction });
  return html`<div class="choices">
    ${choice("method", text("ex_method"), methods.map(({ name, label, layer }) => ({
      value: name, label: words(label), chosen: name === method?.name, off: layer && !convolutions.length })), hands.method)}
    ${choice("target", text("ex_class"), [{ value: "", label: auto, chosen: target === null },
      ...classes.map((name, number) => ({ value: number, label: name, chosen: number === target }))],
    (value) => hands.target(value === "" ? null : Number(value)))}
    ${method?.layer ? choice("layer", text("ex_layer"), convolutions.map(({ path, output_size: [height, width] }) => ({
      value: path, label: `${path} (${height}×${width})`, chosen: path === now.layer })), hands.layer) : nothing}
    <label class="choice share"><span>${text("ex_share")}</span>
      <span class="ends"><span>${text("ex_image")}</span><input type="range" min="0" max="1" step="0.05" .value=${String(now.share)} name="share"
        aria-label=${text("ex_share")} @input=${({ target: field }) => hands.share(Number(field.value))}><span>${text("ex_heat")}</span></span></label>
  </div>`;
}

function choice(name, label, rows, take) {
  return html`<label class="choice"><span>${label}</span>
    <select class="form-select" name=${name} @change=${({ target }) => take(target.value)}>
      ${rows.map(({ value, label: said, chosen, off }) => html`<option value=${value} .selected=${chosen} ?disabled=${off}>${said}</option>`)}
    </select></label>`;
}

/** What the method does and how to read it; how exact and how fast it was. */
export function helpTemplate(method, { seconds, delta, layer }) {
  if (!method) return nothing;
  const facts = [layer && text("ex_of_layer", { layer }), Number.isFinite(seconds) && text("ex_seconds", { seconds: brief(seconds, 2) })].filter(Boolean);
  return html`<p class="method-help">${words(method.text)}</p><p class="method-help">${words(method.reading)}
    <span class="aside">${facts.join(" · ")}${Number.isFinite(delta)
      ? html` · <lab-infobox label=${text("ex_delta", { delta: brief(Math.abs(delta), 2) })} text=${text("ex_delta_help")}></lab-infobox>` : nothing}</span></p>`;
}
