// From curves to lines: with their start at the fork, finer points, smoothing and the chosen axis; made anew only where needed.
import { axisOf } from "../lib/axes.js";
import { curvesOf, difference, refine, startOf, usualBranches, wayCurves } from "../lib/curves.js";
import { seedAt, smooth, valueOf } from "../lib/smooth.js";
import { pointsAlong, upTo, wayOf } from "../lib/tree.js";
import { columnsOf } from "./trace.js";

/** Keeps what was made until what it was made from changes; hidden curves cost nothing. */
export class Lines {
  #kept = new Map();

  /** {curves, usual, wanted, axis, lines} for `view`: {state, what, choice, weight, axis, twins, fine(curve)}. */
  of(view) {
    const { state, what, choice } = view;
    const curves = curvesOf(state, what);
    const usual = usualBranches(state);
    const wanted = curves.filter((curve) => choice.shows(curve, usual));
    const lines = view.twins ? this.#differences(view, curves) : this.#all(view, wanted);
    const axis = this.axis(state, state?.session.position?.branch, view.axis);
    return { curves, usual, wanted, axis, lines: lines.sort((a, b) => height(a) - height(b)) };
  }

  /** The axis of a Branch: each has its own way. */
  axis(state, branch, kind) {
    if (kind === "epochs" || !branch) return this.#keep("epochs", [], () => axisOf("epochs"));
    const way = wayOf(state, branch).map((one) => state.series[one.branch]?.[kind]);
    return this.#keep(`${branch} ${kind}`, way.flatMap(versionOf), () => axisOf(kind, pointsAlong(state, branch, kind)));
  }

  #all(view, wanted) {
    const shown = new Set(wanted.map(({ branch }) => branch));
    const curves = [...wayCurves(view.state, wanted, shown), ...wanted];
    return curves.flatMap((curve) => this.#lines(curve, this.#points(curve, view), view));
  }

  #lines(curve, points, view) {
    const { weight, state } = view;
    const axis = this.axis(state, curve.branch, view.axis);
    const line = (role, made) => this.#keep(`${curve.key} ${role}`, [points, axis, weight, curve.present], () => (
      { ...curve, key: `${curve.key} ${role}`, role, ...columnsOf(made(), axis) }));
    if (!weight || curve.part !== "train") return [line("plain", () => points)]; // all others are means already
    return [line("raw", () => points), line("smooth", () => this.#smoothed(curve, points, view))];
  }

  /** The points of a curve, beginning at its fork; the same array as long as nothing in it has changed. */
  #points(curve, { state, fine }) {
    const start = this.#start(curve, state);
    const finer = fine(curve) ?? null;
    return this.#keep(`${curve.key} points`, [...versionOf(curve.points), finer, start, curve.to], () => {
      const own = upTo(refine(curve.points, finer), curve.to ?? Infinity);
      return start ? [start, ...own] : [...own];
    });
  }

  #start({ branch, series, part, points }, state) {
    const { parent, epoch } = state.branches[branch];
    if (part === "rate") return this.#keep(`${branch} rate`, [points[0]], () => points[0] && [epoch, points[0][1]]);
    if (!parent) return null;
    const way = wayOf(state, parent).map((one) => state.series[one.branch]?.[series]);
    return this.#keep(`${branch}.${series} start`, way.flatMap(versionOf), () => startOf(state, branch, series));
  }

  /** A Branch goes on from where the average of its parent stood at the fork. */
  #smoothed({ branch, series, twins }, points, { state, weight }) {
    const { parent, epoch } = state.branches[branch];
    const seed = parent && !twins ? seedAt(pointsAlong(state, parent, series), weight, epoch) : null;
    return seed ? [[epoch, valueOf(seed, weight)], ...smooth(points.slice(1), weight, seed)] : smooth(points, weight);
  }

  /** Of two twins what the second has more than the first, part by part. */
  #differences(view, curves) {
    const [one, two] = view.twins.map((branch) => curves.filter((curve) => curve.branch === branch));
    return two.flatMap((curve, index) => {
      const both = [this.#points(one[index], view), this.#points(curve, view)];
      const points = this.#keep(`difference ${curve.part}`, both, () => difference(...both));
      return this.#lines({ ...curve, key: `difference.${curve.part}`, present: true, twins: view.twins }, points, view);
    });
  }

  #keep(key, from, make) {
    const known = this.#kept.get(key);
    if (known && known.from.length === from.length && known.from.every((one, index) => one === from[index])) return known.value;
    const value = make();
    this.#kept.set(key, { from, value });
    return value;
  }
}

/** Arrays grow in place, so their length and end say whether they are the same. */
function versionOf(points) {
  return points ? [points, points.length, points.at(-1)?.[0]] : [null];
}

/** What lies above: single batches at the bottom, the present Branch on top. */
function height({ part, role, present, to }) {
  const raw = role === "raw" || (part === "train" && role === "plain");
  return (raw ? 0 : 10) + (present ? 2 : 0) - (to === undefined ? 0 : 1);
}
