// Where the tree of a Run is drawn. Pure.
import { bestOf } from "../lib/best.js";
import { branchesIn, home } from "../lib/tree.js";

export const ROW = 40; // px between two Branches
export const LEFT = 18; // px before epoch 0
const WIDEST = 34; // px between two epochs
const EASY = 24; // px that are easy to hit; where they do not fit, the tree scrolls
const NARROWEST = 8.5; // px, with many epochs
const USUAL = 600; // px of a tree between the two
const LONGEST = 12_000; // px of a whole tree
const ROOMY = 14; // px between two epochs, enough for a bead each
const COARSE = 5; // epochs between two plain beads where there is not
const MOST = 400; // kept beads on one Branch
const TOGETHER = 11; // px; changes nearer than that share a diamond
const BETWEEN = [0.35, 0.45]; // of the way to the next epoch: where a change may stand, clear of both beads
const HALF = 0.85; // where a tip inside an epoch stands, however far it is

const place = (branch, epoch) => `${branch}:${epoch}`;

/** {step, width, height, limbs, here} in px: a limb per Branch and per fork to come; `room` is the width that is there. */
export function layout(state, run, room = 800) {
  const nodes = ordered(state, run);
  const last = Math.max(1, ...nodes.map((node) => Math.ceil(node.end)));
  const least = Math.min(EASY, Math.max(USUAL / last, Math.min(NARROWEST, LONGEST / last)));
  const step = Math.min(WIDEST, Math.max((room - 2 * LEFT) / last, least));
  const known = knownOf(state, run, nodes, step);
  const limbs = nodes.map((node, row) => limbOf(node, row, known));
  const here = known.here && { ...known.here, ...spot(limbs) };
  return { step, width: Math.round(2 * LEFT + last * step), height: nodes.length * ROW, limbs, here };
}

/** {row, at} of what is drawn where the Session stands. */
function spot(limbs) {
  const limb = limbs.find(({ beads, half }) => half?.here || beads.some(({ here }) => here));
  return { row: limb?.row ?? 0, at: [limb?.half, ...(limb?.beads ?? [])].find((stop) => stop?.here)?.at ?? 0 };
}

function knownOf(state, run, nodes, step) {
  return {
    state, x: (epoch) => LEFT + epoch * step, every: step < ROOMY ? COARSE : 1,
    rows: new Map(nodes.map((node, row) => [node.id, row])),
    kept: new Map(state.checkpoints.map((one) => [`${place(one.branch, one.epoch)}:${one.batch}`, one])),
    proofs: at(state.proofs), pinned: at(state.pinned), here: hereOf(state, run), best: starOf(state, run),
    forks: new Set(nodes.filter(({ parent }) => parent).map((node) => place(home(state, node.parent, node.epoch), node.epoch))),
  };
}

/** Which bead has the star: the best epoch on the way to where the Session stands. */
function starOf(state, run) {
  const { position } = state.session;
  const best = position?.run === run ? bestOf(state, position.branch) : null;
  return best && place(home(state, best.branch, best.epoch), best.epoch);
}

function at(rows) {
  return new Map(rows.map((row) => [place(row.branch, row.epoch), row]));
}

/** Branches and forks still to come, each below its parent; the one that leaves later stands nearer: lines never cross. */
function ordered(state, run) {
  const ids = branchesIn(state, run);
  const real = ids.map((id, rank) => ({ ...state.branches[id], id, rank, end: state.branches[id].tip.x }));
  const ghosts = state.plan.map((fork, number) => (
    { ...fork, id: `plan-${number}`, ghost: true, end: fork.epoch + fork.epochs }));
  const children = (parent) => [...real, ...ghosts].filter((node) => node.parent === parent);
  const limb = (node) => [node, ...children(node.id).sort((a, b) => b.epoch - a.epoch).flatMap(limb)];
  return real.filter(({ parent }) => !ids.includes(parent)).flatMap(limb);
}

/** Where the Session stands in this Run; `off`: training on from there starts a new Branch. */
function hereOf(state, run) {
  const { position, held } = state.session;
  const row = state.branches[position?.branch];
  if (position?.run !== run || !row) return null;
  const { branch, epoch, batch, x } = position;
  const tip = batch > 0 || (!held && begins(row));
  return { key: tip ? `${branch}:tip` : place(home(state, branch, epoch), epoch), branch, epoch, x, off: Array.isArray(held) };
}

/** Whether a Branch has left its parent and trained nothing yet. */
function begins({ parent, tip, epoch }) {
  return Boolean(parent) && tip.x <= epoch;
}

function limbOf(node, row, known) {
  const { x, rows, state } = known;
  const limb = { ...node, row, x0: x(node.epoch), x1: x(node.end), parentRow: null, beads: [], marks: [], half: null };
  if (node.parent) limb.parentRow = rows.get(home(state, node.parent, node.epoch)) ?? row;
  if (node.ghost) return limb;
  const half = node.tip.batch || begins(node) ? halfOf(node, known) : null;
  return { ...limb, x1: half?.at ?? limb.x1, beads: beadsOf(node, known), marks: marksOf(node, known), half };
}

/** The tip inside an epoch, or of a Branch that has just begun; drawn at one place, so that it does not creep. */
function halfOf(node, { x, kept, here }) {
  const { epoch, batch } = node.tip;
  const key = `${node.id}:tip`;
  return { ...node.tip, key, branch: node.id, half: true, tip: true, here: here?.key === key,
    kept: kept.has(`${place(node.id, epoch)}:${batch}`), at: x(epoch + HALF) };
}

/** The ends of epochs; where there is little room some plain ones are left out. */
function beadsOf(node, known) {
  const first = node.parent ? node.epoch + 1 : 0;
  const ends = Array.from({ length: Math.max(0, node.tip.epoch - first + 1) }, (_, index) => first + index);
  const stride = Math.ceil(ends.length / MOST);
  const every = ({ kept }) => (kept ? stride : Math.max(stride, known.every));
  const stays = (bead) => bead.special || bead.epoch === first || bead.epoch % every(bead) === 0;
  return ends.map((epoch) => beadOf(node, epoch, known)).filter(stays);
}

function beadOf(node, epoch, { x, kept, pinned, proofs, forks, here, best }) {
  const key = place(node.id, epoch);
  const bead = {
    key, branch: node.id, epoch, x: epoch, at: x(epoch), kept: kept.has(`${key}:0`), pinned: pinned.has(key),
    proof: proofs.get(key)?.state ?? null, fork: forks.has(key), tip: epoch === node.tip.epoch && !node.tip.batch,
    here: here?.key === key, best: best === key,
  };
  return { ...bead, special: bead.best || bead.pinned || bead.proof !== null || bead.fork || bead.tip || bead.here };
}

/** Changes of Settings on a Branch, neighbours together. */
function marksOf(node, { state, x }) {
  const marks = [];
  for (const marker of state.markers) {
    if (marker.branch !== node.id) continue;
    const epoch = Math.floor(marker.x);
    const left = x(epoch + Math.min(BETWEEN[1], Math.max(BETWEEN[0], marker.x - epoch)));
    const last = marks.at(-1);
    if (last && left - last.at < TOGETHER) last.markers.push(marker);
    else marks.push({ key: `${node.id}:change:${marker.seq}`, branch: node.id, x: marker.x, at: left, markers: [marker] });
  }
  return marks;
}

/** What the drawing depends on; while this stays the same, so does the tree. `room` in px. */
export function signature(state, run, room) {
  const branches = branchesIn(state, run).map((id) => {
    const { tip, last, name } = state.branches[id];
    return [id, tip.epoch, tip.batch > 0, last?.epoch, name];
  });
  const { position, held, status } = state.session;
  const sum = state.checkpoints.reduce((total, { seq }) => total + seq, 0);
  const here = position?.run === run ? [position.branch, position.epoch, Boolean(position.batch), Boolean(held), status] : [];
  const proofs = state.proofs.map((proof) => [proof.branch, proof.epoch, proof.state]);
  const kept = [sum, state.checkpoints.length];
  return JSON.stringify([run, room, branches, here, kept, state.pinned, proofs, state.plan, state.markers.length]);
}
