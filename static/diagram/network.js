import { html, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { language, text, words } from "../lib/texts.js";
import { unitTints } from "../lib/tints.js";
import { nodeTemplate } from "./drawing.js";
import { sentence } from "./hint.js";
import { edgeTemplate, turnTemplate, windowTemplate } from "./wires.js";

/** The whole drawing. The room changes many times a second: each part is made anew only where something in it has changed. */
export function networkTemplate(plan, view) {
  const { nodes, edges, turns, width, height } = plan;
  const { scale, hatch, report } = view;
  return html`<svg class="network" width=${Math.floor(width * scale)} height=${Math.ceil(height * scale)} viewBox="0 0 ${width} ${height}"
      role="group" aria-label=${text("diagram_of", { layers: report.layers.length })}>
    <defs><pattern id=${hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path class="hatching" d="M0 0V7"></path></pattern></defs>
    <g aria-hidden="true">${edges.map((edge) => edgeOf(edge, view))}${guard([turns], () => turns.map(turnTemplate))}</g>
    ${nodes.map((node, index) => nodeOf(node, nodes[index - 1], view))}
    ${guard([edges], () => svg`<g class="windows" aria-hidden="true">${edges.filter(({ kind }) => kind === "beam").map(windowTemplate)}</g>`)}
  </svg>`;
}

function edgeOf(edge, { looks }) {
  const sample = lookAt(looks, edge.to)?.sample;
  return guard([edge, sample], () => edgeTemplate(edge, sample));
}

function nodeOf(node, before, view) {
  const look = lookAt(view.looks, node);
  const standing = standingOf(node, view);
  const parts = [node, look?.units, ...Object.values(standing), view.entry === node.key, language()];
  return guard(parts, () => svg`${nodeTemplate(node, { ...standing, ...wordsOf(node, standing, view), hatch: view.hatch, dots: before?.dots,
    stop: view.entry === node.key, tints: unitTints(look, node.given?.shown ?? node.shown ?? 0) })}`);
}

function wordsOf(node, standing, { kinds, report }) {
  const title = words(kinds?.[node.row?.kind]?.title);
  const note = node.layer?.size ? `${node.layer.size}×${node.layer.size}` : "";
  return { title, note, said: sentence(node, { ...standing, title, error: report.error }) };
}

/** {frozen, selected, open} of a node; what stands inside of a block is frozen with it. */
export function standingOf({ key, at, layers, form }, { state, report, live, selected }) {
  const frozen = at && live ? Boolean(state.settings?.frozen?.includes(report.layers[at[0]]?.name)) : false;
  return { frozen, selected: selected === key, open: layers ? form === "frame" : undefined };
}

/** The newest look at a layer; those inside of blocks are not looked at alone. */
export function lookAt(looks, { at, name }) {
  return (at?.length === 1 && looks[name]) || null;
}
