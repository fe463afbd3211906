// Small drawings as SVG paths: curves without axes, bands, bars. Pure.
import { tick } from "./format.js";
import { language } from "./texts.js";

const SMALL = 1e-3; // below, a number is written with its power of ten

/** A number in little space: 0.0123, 4.5, 2.1E-6. */
export function brief(value, digits = 3, lang = language()) {
  if (value === 0 || !Number.isFinite(value) || Math.abs(value) >= SMALL) return tick(Number(value?.toPrecision(digits)), lang);
  return new Intl.NumberFormat(lang, { notation: "scientific", maximumFractionDigits: 1 }).format(value);
}

/** [from, to] of the x of several series; null where none has two different ones. */
export function spanOf(lists) {
  const ends = lists.filter((points) => points.length).map((points) => [points[0][0], points.at(-1)[0]]);
  if (!ends.length) return null;
  const span = [Math.min(...ends.map(([from]) => from)), Math.max(...ends.map(([, to]) => to))];
  return span[0] < span[1] ? span : null;
}

/** The y at x: of the point nearest to it; null without points. */
export function valueAt(points, x) {
  if (!points?.length) return null;
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= x) low = middle;
    else high = middle;
  }
  return x - points[low][0] < points[high][0] - x ? points[low][1] : points[high][1];
}

/** How a box of width × height shows x in `span` and y in [low, high]; y grows upwards; a log scale shows no y ≤ 0. */
export function boxOf(values, { span, width, height, log = false, from = null, to = null }) {
  const shows = (y) => Number.isFinite(y) && (!log || y > 0);
  const scaled = (y) => (log ? Math.log10(y) : y);
  const seen = values.filter(shows).map(scaled);
  const [low, high] = widened(from ?? Math.min(...seen), to ?? Math.max(...seen), log);
  const left = (x) => (width * (x - span[0])) / (span[1] - span[0]);
  const top = (y) => height - 1 - ((height - 2) * (scaled(y) - low)) / (high - low);
  return { left, top, shows };
}

/** What hardly changes lies in the middle and looks like it: at least half a power of ten, or 2 % of the value, is high. */
function widened(low, high, log) {
  const least = log ? 0.5 : 0.02 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const lacking = Math.max(0, least - (high - low)) / 2;
  return [low - lacking, high + lacking];
}

/** A line through the points; broken where there is nothing to show. */
export function linePath(points, box) {
  let pen = "M";
  return points.map(([x, y]) => {
    if (!box.shows(y)) {
      pen = "M";
      return "";
    }
    const step = `${pen}${round(box.left(x))} ${round(box.top(y))}`;
    pen = "L";
    return step;
  }).join("");
}

/** The area between two lines of the same x. */
export function bandPath(lower, upper, box) {
  const points = [...upper, ...lower.toReversed()].filter(([, y]) => box.shows(y));
  return points.length < 3 ? "" : `${linePath(points, box)}Z`;
}

/** Bars beside each other, the highest as high as the box. */
export function barsPath(counts, width, height) {
  const most = Math.max(1, ...counts);
  const each = width / counts.length;
  return counts.map((count, place) => (count ? bar(place * each, each, Math.max(1, (height * count) / most), height) : "")).join("");
}

function bar(left, width, tall, height) {
  return `M${round(left)} ${height}v${round(-tall)}h${round(width * 0.85)}V${height}Z`;
}

function round(value) {
  return Number(value.toFixed(2));
}
