import { html } from "lit";
import { sides } from "../lib/amounts.js";
import { count, who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { countOf } from "../lib/network.js";
import { text, words } from "../lib/texts.js";

const NAMED = 40; // classes that a card names

export function datasetTemplate(dataset, chosen, choose) {
  const { name, title, shape, classes, train, test } = dataset;
  const about = text("images_of", { train: count(train), test: count(test) });
  return card("dataset", name, chosen, choose, html`<strong>${title}</strong>
    <span>${about}</span>
    <span>${text("shape_classes", { shape: sides(shape.slice(1)), count: classes.length })}</span>
    <span class="classes" title=${classes.slice(0, NAMED).join(", ")}>${classes.slice(0, NAMED).join(", ")}</span>
    <span class="source">${sourceOf(dataset)}</span>`);
}

function sourceOf({ images, by, megabytes }) {
  if (images) return text("own_of", { who: who(by) });
  return megabytes ? text("to_download", { size: megabytes }) : text("bundled");
}

/** The tile that leads to own images. */
export function bringTemplate(bring) {
  return html`<button type="button" class="choice bring" @click=${bring}><span class="choice-body">
    <strong>${icon("plus")} ${text("own_bring")}</strong><span>${text("own_bring_help")}</span></span></button>`;
}

export function networkTemplate(name, chosen, choose) {
  return card("network", name, chosen, choose, html`<strong>${text(`network_${name}`)}</strong>
    <span>${text(`network_${name}_help`)}</span>`);
}

/** The layers of a network, each with what comes out of it where that is known. */
export function layersTemplate(network, { shape }, kinds) {
  const layers = (network?.blueprint.layers ?? []).map(({ kind }, place) => [words(kinds[kind]?.title), network.out?.[place] ?? []]);
  return html`<ol class="layers" aria-label=${text("layers")}>${[[text("image"), shape], ...layers].map(([title, form]) => html`
    <li><span>${title}</span><em>${sides(form)}</em></li>`)}</ol>`;
}

function card(group, value, chosen, choose, body) {
  return html`<label class="choice"><input type="radio" name=${group} value=${value} .checked=${chosen} @change=${choose}>
    <span class="choice-body">${body}</span></label>`;
}

/** The way to the creator, and whether somebody is at work there; `more`: other ways. */
export function buildTemplate(address, draft, more) {
  const said = draft ? text("creator_draft", { count: countOf(draft.blueprint.layers) }) : text("creator_link_help");
  return html`<p class="build"><a class="btn btn-outline-secondary" href=${address}>${icon("pencil")}${text("creator_link")}</a>
    <span>${said}</span>${more}</p>`;
}
