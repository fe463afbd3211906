import { nothing, svg } from "lit";
import { fanPaths, inset, round, windowOf } from "../lib/edges.js";
import { largestOf, tintOf } from "../lib/tints.js";

const CORNER = 12;

/** What joins two layers, and the shape of what flows there. */
export function edgeTemplate(edge, sample) {
  const drawn = { fan, spread, beam, pass, flow }[edge.kind](edge, sample);
  return svg`<g class="edge ${edge.muted ? "muted" : ""}">${drawn}
    ${edge.shape ? svg`<text class="shape" x=${round(edge.x)} y=${round(edge.y)}>${edge.shape}</text>` : nothing}</g>`;
}

/** Every neuron to every neuron; the weights as colour and strength where they are known. */
function fan(edge, sample) {
  const largest = sample ? largestOf(sample.values) : 0;
  const paths = fanPaths(edge, sample, (value) => tintOf(value, largest));
  return paths.map(([tint, d]) => svg`<path class="weight ${tint}" d=${d}></path>`);
}

function spread({ from, to }) {
  const x = to.x + inset(to);
  const start = from.x + from.w;
  const half = Math.min(from.h / 2, 40);
  return svg`<path class="wire" d=${to.takes.map((dot, index) => {
    const up = to.takes.length > 1 ? (index / (to.takes.length - 1) - 0.5) * 2 * half : 0;
    return `M${round(start)} ${round(from.y + up)}C${round(start + 20)} ${round(from.y + up)} ${round(x - 20)} ${round(to.y + dot)} ${round(x)} ${round(to.y + dot)}`;
  }).join("")}></path>`;
}

/** What a window looks at is drawn over the layers, see `windowTemplate`. */
function beam(edge) {
  return flow(edge);
}

/** The window on the map before, and the place it becomes on the map after. */
export function windowTemplate({ to, origin }) {
  const map = front(origin, origin.sheet);
  const [high, wide] = origin.out.slice(-2).map((pixels) => Math.min(1, windowOf(to.layer) / pixels));
  const side = { w: Math.max(4, map.w * wide), h: Math.max(4, map.h * high) };
  const [x, y] = [round(map.x + (map.w - side.w) * 0.6), round(map.y + (map.h - side.h) * 0.4)];
  const target = front(to, to.sheet);
  const [tx, ty] = [round(target.x + target.w * 0.32), round(target.y + target.h * 0.45)];
  const [right, low] = [round(x + side.w), round(y + side.h)];
  return svg`<path class="beam" d="M${right} ${y}L${tx} ${ty}L${right} ${low}z"></path>
    <rect class="window" x=${x} y=${y} width=${round(side.w)} height=${round(side.h)} rx="1"></rect>
    <circle class="window" cx=${tx} cy=${ty} r="2.2"></circle>`;
}

/** The map in front: lower left. */
function front(node, sheet) {
  return { x: node.x, y: node.y + node.h / 2 - sheet.h, w: sheet.w, h: sheet.h };
}

function pass({ from, to }) {
  if (!from.dots) return flow({ from, to });
  const [x1, x2] = [from.x + from.w - inset(from), to.x + inset(to) - (to.form === "classes" ? 3 : 0)];
  const dots = to.form === "classes" ? from.dots.slice(0, to.names.length) : from.dots;
  return svg`<path class="wire" d=${dots.map((dot) => `M${round(x1)} ${round(from.y + dot)}H${round(x2)}`).join("")}></path>`;
}

function flow({ from, to }) {
  const [x1, x2, y] = [round(from.x + from.w), round(to.x), from.y];
  return svg`<path class="wire" d="M${x1} ${y}H${x2 - 1}"></path>${x2 - x1 > 20 ? svg`<path class="tip" d="M${x2 - 7} ${y - 4}l5 4-5 4"></path>` : nothing}`;
}

/** From the end of a row around to the start of the next. */
export function turnTemplate({ from, to, y, left, right, shape, muted }) {
  const r = CORNER;
  return svg`<g class="edge ${muted ? "muted" : ""}">
    <path class="wire" d="M${round(from.x)} ${from.y}H${right - r}q${r} 0 ${r} ${r}V${y - r}q0 ${r} ${-r} ${r}H${left + r}q${-r} 0 ${-r} ${r}V${to.y - r}q0 ${r} ${r} ${r}H${round(to.x) - 2}"></path>
    <path class="tip" d="M${round(to.x) - 7} ${to.y - 4}l5 4-5 4"></path>
    ${shape ? svg`<text class="shape on-line" x=${(left + right) / 2} y=${y + 4}>${shape}</text>` : nothing}</g>`;
}
