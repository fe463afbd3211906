import uPlot from "uplot";
import { nearest } from "../lib/curves.js";
import { percent, tick } from "../lib/format.js";
import { text } from "../lib/texts.js";

const AXIS_WIDTH = 56; // px, the same in every chart, so that their epochs stand below each other
const DOTTED = 60; // a curve with more points has no dots

/** A uPlot in `host`. `tell` hears draw(), cursor(x or null), select([from, to]) and reset(). */
export function makePlot(host, curves, { what, log, tell }) {
  const look = getComputedStyle(host);
  const options = {
    ...sizeOf(host),
    legend: { show: false },
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: { distr: log ? 3 : 1, range: rangeOf(what, log) } },
    series: [{}, ...curves.map((curve) => line(curve, look))],
    axes: axes(what, look),
    cursor: cursor(tell),
    hooks: hooks(tell),
  };
  return new uPlot(options, [[], ...curves.map(() => [])], host);
}

export function sizeOf(host) {
  return { width: Math.max(120, host.clientWidth), height: Math.max(120, host.clientHeight) };
}

/** The colour of a curve: one pair of hues (train, test) per Branch, from the stylesheet. */
export function colour(curve, look) {
  const side = curve.part === "test" ? "test" : "train";
  return look.getPropertyValue(`--curve-${side}-${curve.rank % 3}`).trim();
}

function line(curve, look) {
  const stroke = colour(curve, look);
  const raw = curve.part === "train";
  return {
    stroke, width: raw ? 1 : 2, alpha: raw ? 0.45 : 1, dash: curve.part === "epoch" ? [7, 4] : undefined,
    points: { show: (plot, index) => !raw && few(plot, index), size: 6, fill: stroke },
  };
}

function few(plot, index) {
  let left = DOTTED;
  return (plot.data?.[index] ?? []).every((value) => value == null || left-- > 0);
}

function rangeOf(what, log) {
  if (log) return (plot, low, high) => (low > 0 ? [digit(low, Math.floor), digit(high, Math.ceil)] : [0.01, 10]);
  if (what === "accuracy") return (plot, low) => [low == null ? 0 : Math.floor(Math.max(0, low - 0.005) * 20) / 20, 1];
  return (plot, low, high) => [0, high > 0 ? high * 1.05 : 1];
}

/** Rounded to one significant digit: a log axis starts its ticks at its minimum. */
function digit(value, round) {
  const decade = 10 ** Math.floor(Math.log10(value));
  return round((value / decade) * (round === Math.ceil ? 1.01 : 0.99)) * decade || decade;
}

function axes(what, look) {
  const common = {
    stroke: look.getPropertyValue("--lab-muted").trim(), font: `12px ${look.fontFamily}`,
    grid: { stroke: look.getPropertyValue("--lab-grid").trim(), width: 1 }, ticks: { show: false },
  };
  const label = { label: text("epoch"), labelSize: 18, labelGap: 0, labelFont: `12px ${look.fontFamily}`, size: 28 };
  return [{ ...common, ...label, space: 60 }, { ...common, size: AXIS_WIDTH, values: ticks(what) }];
}

function ticks(what) {
  const show = what === "accuracy" ? (value) => percent(value).replace(/[.,]0/, "") : (value) => tick(value);
  return (plot, splits) => splits.map((value) => (value == null ? "" : show(value)));
}

function cursor(tell) {
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: 6 },
    points: { size: 8 },
    bind: { dblclick: () => () => tell.reset() },
    dataIdx: (plot, index, row, x) => (index ? nearest(plot.data[0], plot.data[index], row, x) : row),
  };
}

function hooks(tell) {
  return {
    draw: [() => tell.draw()],
    setCursor: [(plot) => tell.cursor(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
    setSelect: [(plot) => select(plot, tell)],
  };
}

function select(plot, tell) {
  const { left, width } = plot.select;
  if (!width) return;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  tell.select([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
}
