import { html, nothing } from "lit";
import { count } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { STEP } from "./zoom.js";

/** The title, how large the network is, and the buttons; `zoom(times)`, `whole()`. */
export function headTemplate(report, { zoom, whole }) {
  return html`<header class="diagram-head">
    <h2><lab-infobox label=${text("diagram")} text=${text("diagram_help")}></lab-infobox></h2>
    ${report ? html`<p class="about">${aboutOf(report)}</p>` : nothing}
    <div class="zooms">${button("zoom_out", () => zoom(1 / STEP))}${button("zoom_all", whole)}${button("zoom_in", () => zoom(STEP))}</div>
  </header>`;
}

function button(name, act) {
  const label = text(`diagram_${name}`);
  return html`<button type="button" class="tool" aria-label=${label} title=${label} @click=${act}>${icon(name)}</button>`;
}

function aboutOf({ layers, parameters }) {
  return text("diagram_about", { layers: layers.length, parameters: count(parameters) });
}
