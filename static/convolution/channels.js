import { html, nothing } from "lit";
import { text } from "../lib/texts.js";

/** Which layer is looked at, and its settings in words. */
export function layerTemplate(layers, layer, take) {
  return html`<div class="layer-choice">
    <label class="choice"><span>${text("cv_layer")}</span>
      <select class="form-select" name="layer" @change=${({ target }) => take(target.value)}>
        ${layers.map(({ path, inputs, outputs, kernel }) => html`<option value=${path} .selected=${path === layer.path}>
          ${path} · ${kernel ? `${inputs} → ${outputs}, ${kernel.join("×")}` : `${inputs} → ${outputs}`}</option>`)}
      </select></label>
    ${layer.kernel ? html`<p class="aside facts">${text("cv_facts", {
      kernel: layer.kernel.join("×"), stride: side(layer.stride), padding: side(layer.padding), dilation: side(layer.dilation), groups: layer.groups,
      from: layer.input_size.join("×"), to: layer.output_size.join("×") })}</p>` : nothing}
  </div>`;
}

function side([down, right]) {
  return down === right ? String(down) : `${down}×${right}`;
}

/** Which output channel, and which of the input channels that it reads. */
export function channelsTemplate({ outputs, inputs, groups }, { output, input }, hands) {
  return html`<div class="channels">
    ${channel("output", text("cv_output"), output, outputs, hands.output)}
    ${channel("input", text("cv_input"), input, inputs / groups, hands.input)}
    ${groups > 1 ? html`<p class="aside">${text("cv_groups", { groups, count: inputs / groups })}</p>` : nothing}
  </div>`;
}

function channel(name, label, chosen, amount, take) {
  return html`<label class="choice"><span>${label}</span>
    <select class="form-select" name=${name} ?disabled=${amount < 2} @change=${({ target }) => take(Number(target.value))}>
      ${Array.from({ length: amount }, (_, number) => html`<option value=${number} .selected=${number === chosen}>${text("cv_of", { number: number + 1, amount })}</option>`)}
    </select></label>`;
}
