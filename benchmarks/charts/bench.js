// One library in one page: six series of 10,000 points that grow by a point each, drawn whenever update() is called.
import { series, uplot, chartjs } from "./candidates.js";

const asked = new URLSearchParams(location.search);
const host = document.getElementById("host");
const curves = series(Number(asked.get("points")), asked.get("grid"));
const draw = { uplot, chartjs }[asked.get("library")](host, curves);
const PERIOD = 100; // ms, ten updates a second

function grow() {
  curves.forEach((curve) => curve.grow());
}

function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** Make `count` updates on schedule; returns how long they took and how long each needed to be painted. */
async function run(count) {
  const begun = performance.now();
  const waits = [];
  for (let number = 0; number < count; number += 1) {
    const due = begun + number * PERIOD;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const start = performance.now();
    grow();
    draw();
    await painted();
    waits.push(performance.now() - start);
  }
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, begun + count * PERIOD - performance.now())));
  return { seconds: (performance.now() - begun) / 1000, waits };
}

draw();
await painted();
globalThis.bench = { run };
document.body.dataset.ready = "yes";
