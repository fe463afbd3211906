import { html, nothing, svg } from "lit";
import { guard } from "lit/directives/guard.js";
import { percent } from "../lib/format.js";
import { language, text } from "../lib/texts.js";
import { aboutBranch, branchTitle, changeOf, differences, hueOf, sentence, settingsAt } from "../lib/tree.js";
import { LEFT, ROW } from "./layout.js";
import { labels } from "./say.js";

export const TOP = 24; // px for the numbers of the epochs
const CORNER = 10; // px, radius of a bend
const APART = 44; // px between two numbers
const ROOMY = 14; // px between two epochs, enough for large beads
const STAR = "M0-5 1.5-1.6 5-1.4 2.3.9 3.2 4.4 0 2.5-3.2 4.4-2.3.9-5-1.4-1.5-1.6z";
const PROOFS = {
  same: "m-3 0 2.2 2.4L3.2-2.6", differs: "m-2.6-2.6 5.2 5.2m0-5.2-5.2 5.2",
  failed: "M0-3v3.4M0 2.6v.4", running: "M-3 0h.1M0 0h.1M3 0h.1",
};

const hue = (rank) => `--hue:var(${hueOf(rank)}, var(--lab-accent))`;

const y = (row) => TOP + row * ROW + ROW / 2;

/** The tree as SVG: lines first, then what stands on them. */
export function treeTemplate(plan, { state, rows, label }) {
  const { width, height, limbs, step } = plan;
  return svg`<svg class="limbs ${step < ROOMY ? "dense" : ""}" width=${width} height=${height + TOP} role="group"
      viewBox="0 0 ${width} ${height + TOP}" aria-label=${label}>
    <g aria-hidden="true">${numbers(plan)}${limbs.map((limb) => line(limb, step))}</g>
    ${limbs.map((limb) => guard([signatureOf(limb, state), language()], () => limbTemplate(limb, { state, rows, step })))}
    ${limbs.map((limb) => (limb.half ? halfTemplate(limb, { state, rows, step }) : nothing))}
  </svg>`;
}

function numbers({ step, width }) {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((count) => count * step >= APART) ?? 5000;
  const epochs = Array.from({ length: Math.floor((width - 2 * LEFT) / step / every) + 1 }, (_, index) => index * every);
  return epochs.map((epoch) => [epoch, LEFT + epoch * step]).map(([epoch, left]) => svg`
    <text class="number" x=${left} y="14">${epoch}</text><line class="rule" x1=${left} x2=${left} y1="20" y2="100%"></line>`);
}

function line(limb, step) {
  const { row, parentRow, x0, x1, ghost, rank } = limb;
  const bend = Math.min(CORNER, step * 0.6);
  const [up, down] = [y(parentRow ?? row), y(row)];
  const start = parentRow === null ? `M${x0} ${down}` : `M${x0} ${up}V${down - bend}Q${x0} ${down} ${x0 + bend} ${down}`;
  const kind = ghost ? "line ghost" : "line";
  return svg`<path class=${kind} style=${ghost ? "" : hue(rank)} d="${start}H${Math.max(x1, x0 + bend)}"></path>`;
}

/** A limb is drawn anew only when this changes. */
function signatureOf({ row, beads, marks, x0, rank, id }, state) {
  const flags = beads.map((one) => [one.at, one.kept, one.pinned, one.proof, one.fork, one.tip, one.here, one.best].join(" "));
  const changes = marks.map(({ at, markers }) => [at, markers.length]);
  return [id, row, rank, x0, state.branches[id]?.last?.epoch, flags, changes].join();
}

function limbTemplate(limb, { state, rows, step }) {
  if (limb.ghost) return nothing;
  const say = labels(state, limb.id, rows);
  return svg`<g class="limb" style=${hue(limb.rank)}>
    ${limb.beads.map((bead) => beadTemplate(bead, limb, say.bead(bead), step))}
    ${limb.marks.map((mark) => markTemplate(mark, limb, say.mark(mark)))}
  </g>`;
}

function halfTemplate(limb, { state, rows, step }) {
  const label = labels(state, limb.id, rows).bead(limb.half);
  return svg`<g class="limb" style=${hue(limb.rank)}>${beadTemplate(limb.half, limb, label, step)}</g>`;
}

function beadTemplate(bead, { row }, label, step) {
  const r = (step < ROOMY ? 3.2 : 6) + (bead.fork || bead.tip ? 1.2 : 0);
  const kinds = ["kept", "half", "here", "tip", "fork"].filter((kind) => bead[kind]).join(" ");
  return svg`<g class="bead ${kinds}" data-stop=${bead.key} role="button" tabindex="-1" aria-haspopup="dialog"
      aria-label=${label} transform="translate(${bead.at.toFixed(1)} ${y(row)})">
    <circle class="hit" r=${Math.max(r + 2, Math.min(14, step / 2))}></circle>
    ${bead.here ? svg`<circle class="halo" r=${r + 5}></circle>` : nothing}
    <circle class="dot" r=${r}></circle>
    ${bead.half ? svg`<path class="cut" d="M0 ${-r}A${r} ${r} 0 0 1 0 ${r}Z"></path>` : nothing}
    ${bead.pinned ? svg`<path class="pin" d="M0 ${-r - 2}V${-r - 6}M-2.5 ${-r - 6}h5v-4h-5z"></path>` : nothing}
    ${bead.best ? svg`<path class="star" transform="translate(0 ${-r - (bead.pinned ? 16 : 7)})" d=${STAR}></path>` : nothing}
    ${bead.proof ? proof(bead.proof, bead.here ? r + 4 : r) : nothing}
  </g>`;
}

function proof(state, r) {
  return svg`<path class="proof ${state}" transform="translate(0 ${r + 7}) scale(1.15)" d=${PROOFS[state]}></path>`;
}

function markTemplate({ key, at, markers }, { row }, label) {
  return svg`<g class="mark" data-stop=${key} role="button" tabindex="-1" aria-haspopup="dialog" aria-label=${label}
      transform="translate(${at.toFixed(1)} ${y(row)})">
    <circle class="hit" r="9"></circle><path class="diamond" d="M0-5.5 5.5 0 0 5.5-5.5 0z"></path>
    ${markers.length > 1 ? svg`<text class="many" y="-8">${markers.length}</text>` : nothing}
  </g>`;
}

/** The column of names: tick to compare, number and name, the newest test accuracy. */
export function namesTemplate(plan, { state, rows, ticked, tick }) {
  const name = (limb) => nameTemplate(limb, { state, rows, on: ticked.has(limb.id), tick });
  return html`<ul class="names" style="padding-top:${TOP}px">${plan.limbs.map((limb) => html`
    <li class=${limb.ghost ? "ghost" : ""}>${limb.ghost ? ghostName(limb, state, rows) : name(limb)}</li>`)}</ul>`;
}

function nameTemplate(limb, { state, rows, on, tick }) {
  const { id, rank, half, beads } = limb;
  const { name, parent } = state.branches[id];
  const about = name || !parent ? aboutBranch(state, id, rows) : changeOf(state, id, rows);
  const stop = (half ?? beads.at(-1))?.key;
  const others = Object.keys(state.branches).length > 1;
  return html`<label class="tick"><input type="checkbox" class="form-check-input" .checked=${on} ?hidden=${!others}
      aria-label=${text("tree_tick", { branch: id })} @change=${() => tick(id)}></label>
    <button type="button" class="name" data-opens=${stop} aria-haspopup="dialog" title=${branchTitle(state, id, rows)} style=${hue(rank)}>
      <span class="two-lines"><span class="swatch"></span><strong>${id}</strong>
        <span class="about">${about}</span></span></button>
    <span class="score">${state.branches[id].last ? percent(state.branches[id].last.test.accuracy) : ""}</span>`;
}

function ghostName(limb, state, rows) {
  return html`<span class="name"><span class="two-lines about">${planned(limb, state, rows)}</span></span>`;
}

/** A fork to come, in words. */
export function planned({ parent, epoch, epochs, settings }, state, rows) {
  const changes = sentence(differences(settingsAt(state, parent, epoch), settings), rows);
  return text("tree_planned", { parent, epoch, epochs, changes: changes || text("branch_same") });
}
