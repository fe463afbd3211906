import { html } from "lit";
import { count } from "../lib/format.js";
import { layersOf, times } from "../lib/layers.js";
import { text } from "../lib/texts.js";

export function datasetTemplate(dataset, chosen, choose) {
  const { name, title, shape, classes, train, test, megabytes } = dataset;
  const about = text("images_of", { train: count(train), test: count(test) });
  return card("dataset", name, chosen, choose, html`<strong>${title}</strong>
    <span>${about}</span>
    <span>${text("shape_classes", { shape: times(shape.slice(1)), count: classes.length })}</span>
    <span class="classes" title=${classes.join(", ")}>${classes.join(", ")}</span>
    <span class="source">${megabytes ? text("to_download", { size: megabytes }) : text("bundled")}</span>`);
}

export function networkTemplate(name, chosen, choose) {
  return card("network", name, chosen, choose, html`<strong>${text(`network_${name}`)}</strong>
    <span>${text(`network_${name}_help`)}</span>`);
}

export function layersTemplate(blueprint, { shape }) {
  const layers = [{ kind: "image", size: "", shape }, ...layersOf(blueprint, shape)];
  return html`<ol class="layers" aria-label=${text("layers")}>${layers.map((layer) => html`
    <li><span>${text(`layer_${layer.kind}`)} ${layer.size}</span><em>${times(layer.shape)}</em></li>`)}</ol>`;
}

function card(group, value, chosen, choose, body) {
  return html`<label class="choice"><input type="radio" name=${group} value=${value} .checked=${chosen} @change=${choose}>
    <span class="choice-body">${body}</span></label>`;
}
