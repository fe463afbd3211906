import { Chart, Decimation, LinearScale, LineController, LineElement, PointElement } from "chart.js";
import { makePlot } from "/static/chart/plot.js";
import { columnsOf } from "/static/chart/trace.js";

const SERIES = 6;
const BATCHES = 938; // per epoch
const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];

/** Six noisy falling curves. grid "shared": the same x for all; "own": no x in common, as after many changes of batch size. */
export function series(points, grid) {
  return HUES.map((colour, index) => {
    const shift = grid === "own" ? index / SERIES : 0;
    const curve = { key: `c${index}`, rank: index >> 1, part: "train", colour, points: [] };
    curve.grow = () => {
      const x = (curve.points.length + shift) / BATCHES;
      curve.points.push([x, 2 * Math.exp(-x / 3) + 0.3 * Math.random() + index * 0.1]);
    };
    for (let n = 0; n < points; n += 1) curve.grow();
    return curve;
  });
}

/** As lab-chart draws: the page's own code. */
export function uplot(host, curves) {
  const tell = { draw() {}, cursor() {}, select() {}, reset() {} };
  let lines = [];
  const plot = makePlot(host, curves, { what: "loss", log: false, tell, lines: () => lines });
  return () => plot.batch(() => {
    lines = curves.map((curve) => ({ ...curve, role: "plain", ...columnsOf(curve.points) }));
    const end = Math.max(...lines.map(({ xs }) => xs.at(-1)));
    plot.setData([[0, end], [null, null]], false);
    plot.setScale("x", { min: 0, max: end });
  });
}

/** Chart.js as its documentation advises for much data: no animation, no parsing, decimation. */
export function chartjs(host, curves) {
  Chart.register(Decimation, LinearScale, LineController, LineElement, PointElement);
  const canvas = host.appendChild(document.createElement("canvas"));
  const datasets = curves.map(({ colour }) => ({ data: [], borderColor: colour, borderWidth: 1, pointRadius: 0 }));
  const decimation = { enabled: true, algorithm: "lttb", samples: 1000 };
  const chart = new Chart(canvas, {
    type: "line",
    data: { datasets },
    options: { animation: false, parsing: false, normalized: true, maintainAspectRatio: false, scales: { x: { type: "linear" } }, plugins: { decimation } },
  });
  return () => {
    curves.forEach(({ points }, index) => { chart.data.datasets[index].data = points.map(([x, y]) => ({ x, y })); });
    chart.update("none");
  };
}
