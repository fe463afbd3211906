// What a gallery shows: order, split and filters; its tabs, chips, and the question it asks. Pure.
import { loss, percent } from "../lib/format.js";
import { brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";

export const PAGE = 24; // examples asked for at once
export const TABS = ["wrong", "confident", "smallest_loss", "largest_loss", "closest"];
export const START = Object.freeze({
  split: "test", order: "confident", wrong: true, label: null, prediction: null, low: 0, high: 1, mark: null });

/** A loss in words, `short` in little space; where it is beyond all numbers, the server says null. */
export function lossWords(value, short = false) {
  if (value === null) return "∞";
  return short ? brief(value, value < 0.01 ? 2 : 3) : loss(value);
}

/** The tab of a view: what is falsely predicted is an order of its own. */
export function tabOf({ order, wrong }) {
  return order === "confident" && wrong ? "wrong" : order;
}

export function withTab(view, tab) {
  return { ...view, order: tab === "wrong" ? "confident" : tab, wrong: tab === "wrong" };
}

/** The view that another component asks for; what it does not say is left open. */
export function opened({ split = "test", label = null, prediction = null, low = 0, high = 1, wrong = false } = {}) {
  return { ...START, split, label, prediction, low: low ?? 0, high: high ?? 1, wrong: Boolean(wrong) };
}

/** Filters that hide something: [{name, words, without}], `without`: the view that has it no more. */
export function chipsOf(view, named) {
  const say = (name, values) => text(`gallery_chip_${name}`, values);
  const chips = [];
  if (view.split !== "test") chips.push(["split", { value: text(`gallery_split_${view.split}`) }, { split: "test" }]);
  if (view.label !== null) chips.push(["label", { value: named(view.label) }, { label: null }]);
  if (view.prediction !== null) chips.push(["prediction", { value: named(view.prediction) }, { prediction: null }]);
  const [low, high] = [percent(view.low), percent(view.high)];
  if (view.low > 0 || view.high < 1) chips.push(["confidence", { low, high }, { low: 0, high: 1 }]);
  if (view.mark) chips.push(["mark", { value: text(`review_mark_${view.mark}`) }, { mark: null }]);
  if (view.wrong && (chips.length || view.order !== "confident")) chips.push(["wrong", {}, { wrong: false }]);
  return chips.map(([name, values, change]) => ({ name, words: say(name, values), without: { ...view, ...change } }));
}

/** The view with nothing hidden, in the same order. */
export function cleared(view) {
  return { ...START, order: view.order, wrong: false };
}

/** Args of the question; `only`: numbers, or null for all. */
export function argsOf({ mark, ...view }, model, only, offset = 0, count = PAGE) {
  return { model, ...view, only, offset, count };
}
