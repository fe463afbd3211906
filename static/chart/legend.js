import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { icon } from "../lib/icons.js";
import { language, text } from "../lib/texts.js";
import { branchTitle, hueOf } from "../lib/tree.js";
import { show } from "./scales.js";

/** The legend: switches with the exact value at the cursor, or the newest. One row for the present Branch and a chip for
 * each other one that is drawn; where it is open, a row for every Branch. */
export function legendTemplate(legend, value) {
  if (legend.twins) return differenceTemplate(legend);
  const { branches: [present, ...others], open, many } = legend;
  if (!present) return nothing;
  return html`<div class="legend-line">
      ${many ? branchTemplate(present, legend) : nothing}${partsTemplate(present, legend, value)}
      ${open ? nothing : others.filter(({ on }) => on).map((branch) => chip(branch, legend, value))}
      ${many ? opener(legend) : nothing}
    </div>
    ${open ? list(others, legend, value) : nothing}`;
}

function opener({ branches, open, toggleOpen }) {
  return html`<button type="button" class="more" aria-expanded=${open} @click=${toggleOpen}>
    ${icon("branches")}${text("all_branches", { count: branches.length })}</button>`;
}

function list(branches, legend, value) {
  return html`<ul class="legend-list" tabindex="0" aria-label=${text("all_branches", { count: branches.length + 1 })}>
    ${branches.map((branch) => html`<li>${branchTemplate(branch, legend, titleOf(branch, legend))}
      <span class="parts">${partsTemplate(branch, legend, value)}</span></li>`)}</ul>`;
}

const colour = (rank) => `--colour:var(${hueOf(rank)})`;

/** On and off for a whole Branch. */
function branchTemplate({ id, rank, on }, { toggleBranch }, title = id) {
  return html`<button type="button" class="branch" aria-pressed=${on} title=${title} style=${colour(rank)}
      @click=${() => toggleBranch(id)}>
    <span class="block"></span><span class="curve-name">${title}</span></button>`;
}

function partsTemplate({ id, curves, rank, on }, { what, shows, togglePart }, value) {
  return curves.map((curve) => html`<button type="button" class="curve ${curve.part}" aria-pressed=${on && shows(curve)}
      style=${colour(rank)} @click=${() => togglePart(curve)}>
    <span class="swatch"></span><span class="curve-name">${text(`curve_${curve.part}`)}</span>
    <span class="visually-hidden">${id}</span> ${valueTemplate(what, value(curve))}</button>`);
}

/** A Branch in short, with its last part: most often the test. */
function chip(branch, legend, value) {
  return html`<button type="button" class="chip" aria-pressed="true" title=${titleOf(branch, legend)}
      style=${colour(branch.rank)} @click=${() => legend.toggleBranch(branch.id)}>
    <span class="block"></span><span class="curve-name">${branch.id}</span>
    ${valueTemplate(legend.what, value(branch.curves.at(-1)))}</button>`;
}

/** Made anew only where it has changed: words and numbers in a language take their time. */
function titleOf({ id }, { state, rows }) {
  return guard([language(), id, state.branches[id].name, state.branches[id].seq], () => branchTitle(state, id, rows));
}

function valueTemplate(what, value) {
  return html`<span class="value">${guard([language(), what, value], () => show(what, value))}</span>`;
}

function differenceTemplate({ twins, parts }) {
  return html`<div class="legend-line"><strong class="minus">${twins[1]} − ${twins[0]}</strong>
    ${parts.map((part) => html`<span class="curve ${part}" style="--colour:var(--lab-text)">
      <span class="swatch"></span>${text(`curve_${part}`)}</span>`)}</div>`;
}
