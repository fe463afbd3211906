import uPlot from "uplot";
import { count, duration, percent, tick } from "../lib/format.js";
import { text } from "../lib/texts.js";

const AXIS_WIDTH = 56; // px, the same in both charts
const STYLES = { validation: { width: 2.25, dash: [2, 3] }, test: { width: 2.25 }, epoch: { width: 1.75, dash: [6, 4] }, train: { width: 1, alpha: 0.45 } };
const DOTTED = 60; // a curve with more points has no dots
const TAG = 8; // px, radius of the number at the end of a line
const SYNC = "lab-compare"; // charts of this page share their cursor

/** A uPlot in `host`; `tell.cursor(x or null)` hears where the cursor stands. */
export function makePlot(host, curves, { what, axis, signed, tell }) {
  const look = getComputedStyle(host);
  const lines = curves.map((curve) => ({ ...curve, stroke: look.getPropertyValue(`--line-${curve.line + 1}`).trim() }));
  const options = {
    ...sizeOf(host),
    legend: { show: false },
    padding: [8, 20, 0, 0],
    scales: { x: { time: false }, y: { range: rangeOf(what, signed) } },
    series: [{}, ...lines.map(series)],
    axes: axes(what, axis, look),
    cursor: { y: false, drag: { x: true, y: false, dist: 6 }, points: { size: 8 }, sync: { key: SYNC, setSeries: false } },
    hooks: {
      draw: [(plot) => tags(plot, lines, look)],
      setCursor: [(plot) => tell.cursor(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
    },
  };
  return new uPlot(options, [[], ...curves.map(() => [])], host);
}

export function sizeOf(host) {
  return { width: Math.max(120, host.clientWidth), height: Math.max(120, host.clientHeight) };
}

function series({ stroke, part }) {
  const raw = part === "train";
  return { stroke, ...STYLES[part], points: { show: (plot, index) => !raw && few(plot, index), size: 6, fill: stroke } };
}

function few(plot, index) {
  let left = DOTTED;
  return (plot.data?.[index] ?? []).every((value) => value == null || left-- > 0);
}

function rangeOf(what, signed) {
  if (signed) return (plot, low, high) => padded(Math.min(0, low ?? 0), Math.max(0, high ?? 0));
  if (what === "accuracy") return (plot, low) => [low == null ? 0 : Math.floor(Math.max(0, low - 0.005) * 20) / 20, 1];
  return (plot, low, high) => [0, high > 0 ? high * 1.05 : 1];
}

function padded(low, high) {
  const more = (high - low) * 0.05 || 0.01;
  return [low - more, high + more];
}

function axes(what, axis, look) {
  const common = {
    stroke: look.getPropertyValue("--lab-muted").trim(), font: `12px ${look.fontFamily}`,
    grid: { stroke: look.getPropertyValue("--lab-grid").trim(), width: 1 }, ticks: { show: false },
  };
  const label = { label: text(`compare_axis_${axis}`), labelSize: 18, labelGap: 0, labelFont: `12px ${look.fontFamily}`, size: 28 };
  const show = what === "accuracy" ? (value) => percent(value).replace(/[.,]0/, "") : (value) => tick(value);
  return [{ ...common, ...label, space: 60, values: (plot, splits) => splits.map((x) => told(axis, x)) },
    { ...common, size: AXIS_WIDTH, values: (plot, splits) => splits.map((value) => (value == null ? "" : show(value))) }];
}

/** A place on the axis in words. */
export function told(axis, x) {
  if (x == null) return "";
  if (axis === "seconds") return x ? duration(x) : "0";
  return axis === "step" ? count(x) : tick(x);
}

/** The number of each line where it ends, so that nobody needs its colour; neighbours make room for each other. */
function tags(plot, lines, look) {
  const all = lines.flatMap((line, index) => end(plot, line, index + 1));
  const ends = all.filter((one, place) => one.line.line !== all[place - 1]?.line.line).sort((a, b) => a.y - b.y); // the first curve of each
  const size = TAG * devicePixelRatio;
  spread(ends, 2 * size, plot.bbox.top + plot.bbox.height - size);
  const { ctx } = plot;
  ctx.save();
  Object.assign(ctx, { textAlign: "center", textBaseline: "middle", font: `700 ${11 * devicePixelRatio}px ${look.fontFamily}` });
  for (const { x, y, line } of ends) {
    ctx.fillStyle = line.stroke;
    ctx.beginPath();
    ctx.arc(x, y, size, 0, 2 * Math.PI);
    ctx.fill();
    ctx.fillStyle = look.getPropertyValue("--lab-card").trim();
    ctx.fillText(String(line.line + 1), x, y + devicePixelRatio / 2);
  }
  ctx.restore();
}

/** Move what is sorted by y and would overlap apart, downwards as far as there is room, then upwards. */
function spread(ends, gap, bottom) {
  const near = (one, other) => other && Math.abs(one.x - other.x) < gap;
  ends.forEach((one, index) => { if (near(one, ends[index - 1])) one.y = Math.max(one.y, ends[index - 1].y + gap); });
  for (let index = ends.length - 1; index >= 0; index -= 1) {
    const [one, below] = [ends[index], ends[index + 1]];
    one.y = Math.min(one.y, near(one, below) ? below.y - gap : bottom);
  }
}

function end(plot, line, index) {
  const values = plot.data[index] ?? [];
  const { min, max } = plot.scales.x;
  const row = values.findLastIndex((value, at) => value != null && plot.data[0][at] <= max);
  if (row < 0 || plot.data[0][row] < min) return [];
  const size = TAG * devicePixelRatio;
  const x = plot.valToPos(plot.data[0][row], "x", true);
  return [{ line, x: Math.min(x, plot.bbox.left + plot.bbox.width - size) + size, y: plot.valToPos(values[row], "y", true) }];
}
