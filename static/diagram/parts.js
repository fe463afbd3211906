import { nothing, svg } from "lit";
import { SHIFT } from "../lib/glyphs.js";

const LONGEST = 13; // letters on end

// 16×16 around 0, as lines: what a layer does
const SIGNS = {
  relu: "M-6 4H0L5-5", leakyrelu: "M-6 5.5 0 3 5-5", gelu: "M-6 3.4C-3 3.6-2.4 5.2-.6 3.6 1.4 2 3.4-3 5-5", silu: "M-6 3C-3 4-2 5.4 0 3.4 2 1.4 3.6-3 5-5",
  tanh: "M-6 4.5C1 4.5-1-4.5 6-4.5", sigmoid: "M-6 4.5C2 4.5-2-4.5 6-4.5", softplus: "M-6 4.2C0 4.2 1 2 5-5",
  batchnorm: "M-6 4.5C-2 4.5-2.4-5 0-5S2 4.5 6 4.5", layernorm: "M-6 4.5C-2 4.5-2.4-5 0-5S2 4.5 6 4.5",
  groupnorm: "M-6 4.5C-2 4.5-2.4-5 0-5S2 4.5 6 4.5", position: "M-6 0c2-7 4-7 6 0s4 7 6 0",
  dropout: "M-5-5h.1M5-5h.1M-5 5h.1M5 5h.1M-2.4-2.4l4.8 4.8m0-4.8-4.8 4.8",
  spatialdropout: "M-6-5.5h4.5V-1H-6zM1.5 1H6v4.5H1.5zM1.5-5.5 6-1m0-4.5L1.5-1",
  lstm: "M-1-6a6 6 0 1 1-4.6 2.2M-6.4-6.6l.8 3.2 3.2-.6M-2 0h4M0-2v4", gru: "M-1-6a6 6 0 1 1-4.6 2.2M-6.4-6.6l.8 3.2 3.2-.6M-2 0h4",
  transformer: "M-6 5h.1M-2 5h.1M2 5h.1M6 5h.1M-6 2.5Q0-10 6 2.5M-6 2.5Q-4-4-2 2.5M-2 2.5Q2-5 6 2.5",
};

/** A narrow layer through which everything passes: its sign, and its title on end. */
export function chipTemplate({ row, w, h }, { title }) {
  return svg`<rect class="pill" x="0" y=${-h / 2} width=${w} height=${h} rx="8"></rect>
    ${signTemplate(row.kind, w / 2, -h / 2 + 15)}
    <text class="upright" transform="translate(${w / 2} 11) rotate(-90)" y="4">${short(title)}</text>`;
}

function signTemplate(kind, x, y) {
  return SIGNS[kind] ? svg`<path class="sign" transform="translate(${x} ${y})" d=${SIGNS[kind]}></path>` : nothing;
}

/** A box with the title of the layer on end. */
export function boxTemplate({ row, box, h, form }, { title }) {
  return svg`<rect class="pill" x="0" y=${-h / 2} width=${box} height=${h} rx="10"></rect>
    ${form === "unknown" ? svg`<text class="sign-text" x=${box / 2} y=${-h / 2 + 20}>?</text>` : signTemplate(row.kind, box / 2, -h / 2 + 17)}
    <text class="upright" transform="translate(${box / 2} 12) rotate(-90)" y="4">${short(title)}</text>`;
}

/** What fits on end: the first word, or its beginning. */
function short(title) {
  const [word] = title.split(/[ -]/);
  return word.length > LONGEST ? `${word.slice(0, LONGEST - 1)}…` : word;
}

/** A whole network made by others: it narrows from an image to a row of features. */
export function funnelTemplate({ box, h, layer }, { note }) {
  const [half, end] = [h / 2, h / 4];
  return svg`<path class="pill" d="M8 ${-half}L${box - 6} ${-end}Q${box} ${-end + 1} ${box} ${-end + 7}V${end - 7}Q${box} ${end - 1} ${box - 6} ${end}L8 ${half}Q0 ${half + 1} 0 ${half - 8}V${8 - half}Q0 ${-half - 1} 8 ${-half}Z"></path>
    ${[0.2, 0.4, 0.6, 0.8].map((part) => svg`<path class="rib" d="M${box * part} ${-half + 6 + (half - end) * part}V${half - 6 - (half - end) * part}"></path>`)}
    <text class="model" x=${box / 2} y="-2">${layer?.model ?? ""}</text>
    <text class="inside" x=${box / 2} y="14">${note}</text>`;
}

/** A framed picture, one sheet for each colour. */
export function inputTemplate({ h, sheet, shown }) {
  const sheets = Array.from({ length: shown }, (_, index) => shown - 1 - index);
  const [x, y, { w, h: high }] = [0, h / 2 - sheet.h, sheet];
  return svg`${sheets.map((one) => svg`<rect class="sheet s${shown === 3 ? one : "x"}" x=${one * SHIFT} y=${y - one * SHIFT} width=${w} height=${high} rx="3"></rect>`)}
    <path class="hill" d="M${x + 4} ${y + high - 4}l${w * 0.3} ${-high * 0.42} ${w * 0.22} ${high * 0.24} ${w * 0.16} ${-high * 0.16}L${x + w - 4} ${y + high - 4}z"></path>
    <circle class="sun" cx=${x + w * 0.68} cy=${y + high * 0.28} r=${Math.max(2, high * 0.08)}></circle>`;
}
