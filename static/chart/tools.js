import { html, nothing } from "lit";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";

/** The buttons in the head of a chart: scale, zoom, choices, table. `hands`: {zoom(factor), whole, choose}. */
export function toolsTemplate({ series, log, more, open }, zoomed, { zoom, whole, choose }) {
  return html`<div class="tools">
    ${series === "accuracy" ? nothing : scales(log, choose)}
    ${tool("zoom_in", () => zoom(0.5))} ${tool("zoom_out", () => zoom(2), { off: !zoomed })}
    ${tool("zoom_all", whole, { off: !zoomed })}
    ${tool("curve_options", () => choose({ more: !more }), { open: more })}
    ${tool("table", () => choose({ open: !open }), { open })}
  </div>`;
}

function tool(name, act, { off = false, open = nothing } = {}) {
  return html`<button type="button" class="tool" ?disabled=${off} aria-expanded=${open} aria-label=${text(name)}
    title=${text(name)} @click=${act}>${icon(name)}</button>`;
}

function scales(log, choose) {
  const choice = (wanted) => html`<button type="button" aria-pressed=${log === wanted}
    @click=${() => choose({ log: wanted })}>${text(wanted ? "log" : "linear")}</button>`;
  return html`<div class="switch" role="group" aria-label=${text("scale")}>${choice(false)}${choice(true)}</div>`;
}
