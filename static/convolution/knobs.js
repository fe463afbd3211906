// The controls of the playground: none of them can be set to what leaves no output pixel.
import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { outputSide } from "../lib/convolution.js";
import { KERNELS, RANGES, boundsOf } from "../lib/kernels.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";

const CHANNELS = [[null, "cv_bright"], [0, "cv_red"], [1, "cv_green"], [2, "cv_blue"]];

export function settingsTemplate(image, settings, channel, hands) {
  const { width, height } = image;
  const sides = [height, width].map((side) => outputSide(side, settings.kernel, settings));
  return html`<div class="settings">
    ${Object.keys(RANGES).map((name) => setting(name, image, settings, hands))}
    ${image.channels === 3 ? html`<label class="choice"><span>${text("cv_channel")}</span>
      <select class="form-select" name="channel" @change=${({ target }) => hands.channel(target.value === "" ? null : Number(target.value))}>
        ${CHANNELS.map(([value, key]) => html`<option value=${value ?? ""} .selected=${value === channel}>${text(key)}</option>`)}</select></label>` : nothing}
    <p class="aside rule" data-rule>${text("cv_rule", { side: width, padding: settings.padding, dilation: settings.dilation, kernel: settings.kernel,
      stride: settings.stride, out: sides[1], sides: sides.join("×") })}</p>
  </div>`;
}

/** One setting, with why it goes no further. */
function setting(name, image, settings, hands) {
  const [least, most] = RANGES[name];
  const [low, high] = boundsOf(image, settings, name);
  const why = high < most ? text("cv_at_most", { high }) : low > least ? text("cv_at_least", { low }) : "";
  return html`<label class="choice" data-knob=${name}><span>${text(`cv_set_${name}`)}</span>
    <select class="form-select" name=${name} @change=${({ target }) => hands.set(name, Number(target.value))}>
      ${Array.from({ length: most - least + 1 }, (_, step) => least + step).map((value) => html`<option value=${value}
        ?disabled=${value < low || value > high} .selected=${value === settings[name]}>${name === "kernel" ? `${value}×${value}` : value}</option>`)}
    </select><small class="aside">${why}</small></label>`;
}

export function kernelTemplate(kernel, name, chosable, hands) {
  const typed = (row, column) => ({ target }) => {
    const value = Number(target.value);
    if (target.value.trim() !== "" && Number.isFinite(value)) hands.weight(row, column, value);
    else target.value = kernel[row][column];
  };
  return html`<div class="kernel-box">
    <label class="choice"><span>${text("cv_known")}</span>
      <select class="form-select" name="known" @change=${({ target }) => target.value !== "own" && hands.kernel(target.value)}>
        ${name === "own" ? html`<option value="own" .selected=${true}>${text("cv_kernel_own")}</option>` : nothing}
        ${KERNELS.map((one) => html`<option value=${one} ?disabled=${!chosable(one)} .selected=${one === name}>${text(`cv_kernel_${one}`)}</option>`)}
      </select></label>
    <div class="kernel" role="group" aria-label=${text("cv_kernel")} style="--side:${kernel.length}">
      ${kernel.map((weights, row) => weights.map((weight, column) => html`<input type="number" step="any" class="form-control"
        aria-label=${text("cv_weight", { row: row + 1, column: column + 1 })} title=${String(weight)}
        .value=${live(short(weight))} @change=${typed(row, column)}>`))}
    </div>
    <p class="aside">${text("cv_kernel_total", { total: brief(kernel.flat().reduce((sum, weight) => sum + weight, 0)) })}</p>
  </div>`;
}

/** A weight as it stands in its field. */
function short(weight) {
  return String(Number(weight.toPrecision(4)));
}
