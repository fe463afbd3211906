import { html } from "lit";
import { icon } from "../lib/icons.js";
import { SIDE } from "../lib/pad.js";
import { text } from "../lib/texts.js";

const BRUSHES = [4, 24]; // pixels of the pad

/** The pad with its tools; `view`: {drawn, hands, brush, inverted, penDown}, `change(values)` sets brush and inverted. */
export function padTemplate({ drawn, hands, brush, inverted }, change) {
  const part = (value) => `${((100 * value) / SIDE).toFixed(2)}%`;
  return html`<div class="pad-side">
    <div class="pad" tabindex="0" role="application" aria-label=${text("draw_pad")} aria-describedby="draw-keys"
        @pointerdown=${(event) => hands.down(event)} @pointermove=${(event) => hands.move(event)} @pointerup=${(event) => hands.up(event)}
        @pointercancel=${(event) => hands.up(event)} @keydown=${(event) => hands.key(event)} @blur=${() => hands.lift()}>
      <canvas width=${SIDE} height=${SIDE}></canvas>
      <i class="cursor ${drawn.drawing ? "down" : ""}" style="left:${part(hands.cursor.x)};top:${part(hands.cursor.y)};width:${part(brush)}"></i>
      ${drawn.empty ? html`<span class="begin ${inverted ? "dark" : ""}">${text("draw_here")}</span>` : ""}
    </div>
    <div class="pad-tools">
      <button type="button" class="btn btn-outline-secondary" ?disabled=${!drawn.canUndo} @click=${() => hands.undo()}>${icon("undo")}${text("draw_undo")}</button>
      <button type="button" class="btn btn-outline-secondary" ?disabled=${drawn.empty} @click=${() => hands.clear()}>${icon("close")}${text("draw_clear")}</button>
      <label class="brush"><span>${text("draw_brush")}</span>
        <input type="range" min=${BRUSHES[0]} max=${BRUSHES[1]} .value=${String(brush)} @input=${({ target }) => change({ brush: Number(target.value) })}></label>
      <label class="tick"><input type="checkbox" .checked=${inverted} @change=${({ target }) => change({ inverted: target.checked })}>
        <span title=${text("draw_invert_help")}>${text("draw_invert")}</span></label>
    </div>
    <p class="aside" id="draw-keys">${text("draw_keys")}</p>
  </div>`;
}
