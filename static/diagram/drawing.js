import { nothing, svg } from "lit";
import { FRAME } from "../lib/diagram.js";
import { CELL, PITCH, RADIUS, SHIFT } from "../lib/glyphs.js";
import { text } from "../lib/texts.js";
import { boxTemplate, chipTemplate, funnelTemplate, inputTemplate } from "./parts.js";

const LOCK = { body: "M-4-.6h8v5.4h-8z", bow: "M-2.4-.6v-1.8a2.4 2.4 0 0 1 4.8 0v1.8" };

/** One node of the diagram: what stands for the layer, its name, and how many of its units are drawn. */
export function nodeTemplate(node, view) {
  const { x, y, up, down, w, form } = node;
  if (form === "classes") return classesTemplate(node, view);
  const kinds = ["frozen", "selected"].filter((kind) => view[kind]).concat(["wrong", "muted"].filter((kind) => node[kind])).join(" ");
  return svg`<g class="layer form-${form} ${node.at ? "pick" : ""} ${kinds}" data-key=${node.key} transform="translate(${x} ${y})">
    <rect class="hit" x="-5" y=${-up - 4} width=${w + 10} height=${up + down + 8} rx="9"
      role=${node.at ? "button" : "img"} tabindex=${node.at ? (view.stop ? 0 : -1) : nothing} aria-label=${view.said}
      aria-pressed=${node.at ? view.selected : nothing} aria-expanded=${node.layers ? form === "frame" : nothing}></rect>
    <g aria-hidden="true">
      ${bodyTemplate(node, view)}
      ${view.frozen ? frozenTemplate(node, view) : nothing}
      ${node.wrong ? svg`<g class="alarm" transform="translate(${w + 2} ${-up - 2})"><circle r="9"></circle><path d="M0-4.6V.8M0 4v.4"></path></g>` : nothing}
      ${labelTemplate(node, view)}
    </g>
  </g>`;
}

function bodyTemplate(node, view) {
  const { form } = node;
  if (form === "chip") return chipTemplate(node, view);
  if (form === "unknown") return boxTemplate({ ...node, box: node.w }, view);
  if (form === "input") return inputTemplate(node);
  if (form === "frame" || form === "block") return blockTemplate(node, view);
  if (form !== "box" && form !== "backbone") return unitsTemplate(node, node.w, view.tints);
  const out = unitsTemplate(node.given, node.w, view.tints);
  return svg`${form === "box" ? boxTemplate(node, view) : funnelTemplate(node, view)}
    <path class="wire" d="M${node.box} 0h${node.gap - 3}"></path>${out}`;
}

/** What a layer gives, right-aligned in the width: maps, neurons, steps or words, each unit in its tint. */
function unitsTemplate(glyph, width, tints) {
  const left = width - glyph.w;
  if (glyph.form === "maps") return mapsTemplate(glyph, left, tints);
  if (glyph.form === "neurons") return neuronsTemplate(glyph, left, tints);
  return stripTemplate(glyph, left, tints);
}

/** The first map is in front, at the lower left. */
function mapsTemplate({ h, sheet, shown }, left, tints) {
  return Array.from({ length: shown }, (_, index) => shown - 1 - index).map((unit) => svg`
    <rect class="unit ${tints[unit]}" x=${left + unit * SHIFT} y=${h / 2 - sheet.h - unit * SHIFT} width=${sheet.w} height=${sheet.h}
      rx="2.5"></rect>`);
}

function neuronsTemplate({ dots, w, more, h }, left, tints) {
  const middle = left + w / 2;
  return svg`${dots.map((dot, unit) => svg`<circle class="unit ${tints[unit]}" cx=${middle} cy=${dot} r=${RADIUS}></circle>`)}
    ${more ? svg`<path class="more" d="M${middle} ${h / 2 + 2}v.1m0 4v.1m0 4v.1"></path>` : nothing}`;
}

function stripTemplate({ form, rows, columns, h }, left, tints) {
  if (form === "words") {
    return Array.from({ length: columns }, (_, step) => svg`<rect class="unit x" x=${left + step * 11} y="-7" width="9" height="14" rx="3"></rect>`);
  }
  return Array.from({ length: rows }, (_, unit) => svg`<path class="unit cells ${tints[unit]}"
    d=${Array.from({ length: columns }, (_, step) => cell(left + step * CELL, unit * CELL - h / 2)).join("")}></path>`);
}

function cell(x, y) {
  const side = CELL - 1.6;
  return `M${x} ${y}h${side}v${side}h${-side}z`;
}

/** Closed: a frame around what comes out. Open: a frame around its layers. Over both goes the skip. */
function blockTemplate(node, view) {
  const { w, up, down, form, given, layers } = node;
  const [top, foot] = [-up, down - (node.more ?? 0)];
  const open = form === "frame";
  return svg`<rect class="frame" x="0" y=${top} width=${w} height=${foot - top} rx="12"></rect>
    <path class="skip" d="M4 0V${top + 22}Q4 ${top + 10} 16 ${top + 10}H${w - 16}Q${w - 4} ${top + 10} ${w - 4} ${top + 22}V-7"></path>
    <g class="plus" transform="translate(${w - 4} 0)"><circle r="6.5"></circle><path d="M-3.4 0h6.8M0-3.4v6.8"></path></g>
    ${open ? svg`<path class="wire" d="M4 0h${FRAME.side - 5}M${w - FRAME.side} 0h${FRAME.side - 10}"></path>` : svg`${unitsTemplate(given, (w + given.w) / 2, view.tints)}
      <text class="inside" x=${w / 2} y=${foot - 9}>${text("diagram_layers", { count: layers })}</text>`}`;
}

function frozenTemplate({ w, up, down, more = 0 }, { hatch }) {
  return svg`<rect class="hatch" x="-3" y=${-up - 2} width=${w + 6} height=${up + down - more + 4} rx="6" fill="url(#${hatch})"></rect>
    <g class="lock" transform="translate(${w - 1} ${-up - 3})"><circle r="10"></circle><path class="body" d=${LOCK.body}></path><path class="bow" d=${LOCK.bow}></path></g>`;
}

function labelTemplate({ form, w, down, name, count }, view) {
  if (form === "chip") return nothing;
  return svg`<text class="name" x=${w / 2} y=${down + 17}>${name}</text>
    ${count ? svg`<text class="count" x=${w / 2} y=${down + 31}>${text("diagram_shown", count)}</text>` : nothing}
    ${view.open === undefined ? nothing : svg`<path class="fold" d=${view.open ? "m-3 1.5 3-3 3 3" : "m-3-1.5 3 3 3-3"}
      transform="translate(${w / 2 + name.length * 3.6 + 8} ${down + 13})"></path>`}`;
}

/** The names of the classes beside their neurons. */
function classesTemplate({ x, y, names, count }, { dots }) {
  const at = (index) => dots?.[index] ?? (index - (names.length - 1) / 2) * PITCH;
  return svg`<g class="classes" transform="translate(${x} ${y})" aria-hidden="true">
    ${names.map((name, index) => svg`<text x="0" y=${at(index) + 4}>${name.length > 16 ? `${name.slice(0, 15)}…` : name}</text>`)}
    ${count ? svg`<text class="count" x="0" y=${at(names.length - 1) + 20}>${text("diagram_shown", count)}</text>` : nothing}
  </g>`;
}
