export const STEPS = 1000; // places a slider has
const SMALLEST = 1e-6; // first value above zero of a log0 scale without steps, as a share of the last

/** Where on the slider a value stands, 0…STEPS. */
export function toSlider(row, value) {
  const [low, high] = bounds(row);
  if (row.scale === "linear") return STEPS * share(value, low, high);
  if (value <= 0) return 0;
  return Math.max(first(row), STEPS * share(Math.log(value), Math.log(low), Math.log(high)));
}

/** The value at a place of the slider: a plain number with two significant digits, or whole steps. */
export function fromSlider(row, place) {
  if (place >= STEPS) return row.maximum;
  if (place <= 0) return row.minimum;
  const [low, high] = bounds(row);
  const part = place / STEPS;
  if (row.scale === "linear") return tidy(row, low + part * (high - low));
  if (place < first(row)) return 0;
  return tidy(row, Number((low * (high / low) ** part).toPrecision(2)));
}

/** The next value in a direction (1, -1): a hundredth of the slider, at least one step. */
export function nudge(row, value, direction) {
  const place = Math.min(STEPS, Math.max(0, toSlider(row, value) + (direction * STEPS) / 100));
  const next = fromSlider(row, place);
  return next === value ? tidy(row, value + direction * row.step) : next;
}

function first(row) {
  return row.scale === "log0" ? 1 : 0; // place 0 is the zero stop
}

function bounds(row) {
  const above = row.step || row.maximum * SMALLEST;
  return [row.scale === "log0" ? above : row.minimum, row.maximum];
}

function share(value, low, high) {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

function tidy(row, value) {
  const stepped = row.step ? Math.round(value / row.step) * row.step : value;
  return Number(Math.min(row.maximum, Math.max(row.minimum, stepped)).toPrecision(6));
}
