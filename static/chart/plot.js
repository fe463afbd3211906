import uPlot from "uplot";
import { text } from "../lib/texts.js";
import { hueOf } from "../lib/tree.js";
import { Painter } from "./painter.js";
import { rangeOf, short, time } from "./scales.js";
import { columnsOf, reach } from "./trace.js";

const AXIS_WIDTH = 56; // px, the same in every chart, so that their epochs stand below each other
const SOFTER = 0.22; // share of the card in the colour of training, beside that of the test
const DASHES = { epoch: [7, 4], drawings: [2, 3], validation: [11, 3, 2, 3] }; // px
const TIMES = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 86_400, 864_000]; // s

/** A uPlot in `host`: axes, scales, cursor. The curves come from `lines()` and are painted above. `tell` hears draw(),
 * cursor(x or null), select([from, to]) and reset(). */
export function makePlot(host, curves, { what, log, tell, axis = "epochs", signed = false, lines = null }) {
  const look = getComputedStyle(host);
  const drawn = lines ?? (() => curves.map(fromPoints));
  const painter = new Painter((line) => styleOf(line, look));
  const range = ({ scales: { x } }) => rangeOf(what, ...reach(drawn(), [x.min, x.max], log), { log, signed });
  const options = {
    ...sizeOf(host),
    legend: { show: false },
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: { distr: log ? 3 : 1, range } },
    series: [{}, { paths: () => null, points: { show: false } }],
    axes: axes(what, look, axis),
    cursor: cursor(tell),
    hooks: hooks(tell, (plot) => painter.paint(plot, drawn())),
  };
  return new uPlot(options, [[], []], host);
}

export function sizeOf(host) {
  return { width: Math.max(120, host.clientWidth), height: Math.max(120, host.clientHeight) };
}

/** The colour of a curve: the hue of its Branch, softer for the mean of training. */
export function colour(curve, look) {
  const hue = look.getPropertyValue(hueOf(curve.rank)).trim();
  return curve.part === "epoch" ? mixed(hue, look.getPropertyValue("--lab-card").trim(), SOFTER) : hue;
}

function mixed(one, other, share) {
  const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [a, b] = [parts(one), parts(other)];
  return `rgb(${a.map((value, index) => Math.round(value * (1 - share) + b[index] * share)).join(" ")})`;
}

function fromPoints(curve) {
  return { ...curve, role: "plain", ...columnsOf(curve.points) };
}

/** Strokes: the present Branch strong, the others finer, the way that led here faint; batches and raw values behind. */
function styleOf(line, look) {
  const { part, role = "plain", present = true, to } = line;
  const batches = part === "train" && role !== "smooth";
  const faint = to === undefined ? 1 : 0.45;
  return {
    colour: colour(line, look), width: batches || role === "raw" ? 1 : present ? 2.25 : 1.75,
    alpha: faint * (role === "raw" ? 0.28 : batches ? 0.42 : 1), dash: DASHES[part] ?? [],
  };
}

function axes(what, look, axis) {
  const common = {
    stroke: look.getPropertyValue("--lab-muted").trim(), font: `12px ${look.fontFamily}`,
    grid: { stroke: look.getPropertyValue("--lab-grid").trim(), width: 1 }, ticks: { show: false },
  };
  const label = { label: text(`axis_${axis}`), labelSize: 18, labelGap: 0, labelFont: `12px ${look.fontFamily}`, size: 28 };
  const times = axis === "seconds" ? { incrs: TIMES, values: (plot, splits) => splits.map(time), space: 80 } : {};
  const values = (plot, splits) => splits.map((value) => (value === null ? "" : short(what, value)));
  return [{ ...common, ...label, space: 60, ...times }, { ...common, size: AXIS_WIDTH, values }];
}

function cursor(tell) {
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: 6 },
    points: { show: false },
    bind: { dblclick: () => () => tell.reset() },
  };
}

function hooks(tell, paint) {
  return {
    drawSeries: [paint],
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
