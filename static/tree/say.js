// What stands on the tree, in words.
import { clock, epoch as fraction, percent, who } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { sentence } from "../lib/tree.js";

/** {bead, mark}: the label of each on one Branch. */
export function labels(state, branch, rows) {
  const tested = new Map(state.series[branch]?.test_accuracy ?? []);
  return { bead: (bead) => beadLabel(bead, tested.get(bead.epoch)), mark: ({ markers }) => markLabel(markers, branch, rows) };
}

function beadLabel(bead, accuracy) {
  const where = bead.half ? text("tree_inside", { epoch: bead.epoch + 1 }) : text("at_epoch", { epoch: bead.epoch });
  const said = [text("tree_branch", { branch: bead.branch }), where];
  if (!bead.half && Number.isFinite(accuracy)) said.push(text("tree_tested", { accuracy: percent(accuracy) }));
  if (bead.half || bead.epoch > 0) said.push(text(bead.kept ? "tree_kept" : "tree_again"));
  if (bead.best) said.push(text("tree_best_epoch"));
  if (bead.pinned) said.push(text("tree_pinned"));
  if (bead.proof) said.push(text(`proof_${bead.proof}`));
  said.push(...["fork", "tip", "here"].filter((kind) => bead[kind]).map((kind) => text(`tree_${kind}`)));
  return said.join(", ");
}

function markLabel(markers, branch, rows) {
  const changes = markers.map((marker) => `${who(marker.by)}: ${sentence(marker.changes, rows)}`).join("; ");
  return `${text("tree_branch", { branch })}, ${text("at_epoch", { epoch: fraction(markers[0].x) })}, ${changes}`;
}

/** "Ada · epoch 2.40 · 12:30:05" */
export function signed({ by, x, at }) {
  return `${who(by)} · ${text("at_epoch", { epoch: fraction(x) })} · ${clock(at)}`;
}
