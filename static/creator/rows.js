import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { amount, bytes, sides } from "../lib/amounts.js";
import { icon } from "../lib/icons.js";
import { after, countOf, equal, place, step, within } from "../lib/network.js";
import { language, text, words } from "../lib/texts.js";
import { fieldTemplate } from "./editor.js";
import { shape } from "./icons.js";
import { wrongTemplate } from "./wrong.js";

const LONG = 12; // letters of a name that needs a smaller type

/** The layers, top to bottom; a row is made anew only where something in it has changed. */
export function rowsTemplate(entries, view, hands) {
  return html`<ol class="net" aria-label=${text("layer_list")} @click=${hands.click} @keydown=${hands.key} @input=${hands.type}
      @change=${hands.choose} @focusin=${hands.enter} @focusout=${hands.leave} @pointerdown=${hands.press}
      @pointerover=${hands.point} @pointerleave=${hands.point}>
    ${repeat(entries, ({ id }) => id, (entry) => {
      const look = lookOf(entry, view);
      return guard([look.sign], () => rowTemplate(entry, look, view));
    })}
  </ol>`;
}

/** All that a row shows, in one text to compare by. */
function lookOf({ id, path, layer, row, closed, last, alone }, view) {
  const { selected, pointed, error, kinds, desk, typed, batch, online, stop } = view;
  const kind = kinds.get(layer.kind);
  const state = ({ name }) => fieldState(`${id}.${name}`, layer[name], desk, typed);
  const fields = (kind?.fields ?? []).map((field) => [field, state(field)]);
  const ill = error && (closed ? within(error.at, path) : equal(error.at, path)) ? error : null;
  const values = fields.map(([, one]) => [one.value, one.typed, one.pending, one.problem]);
  const chosen = selected === id;
  const inside = closed === null ? null : countOf(layer.layers);
  const muted = Boolean(error) && (after(path, error.at) || (row?.out ?? null) === null);
  const { layers: _, ...numbers } = row ?? {};
  const sign = JSON.stringify([path, values, numbers, chosen, pointed === id, ill, muted, closed, last, alone, inside, batch,
    online, stop === id, language()]);
  return { kind, fields, ill, chosen, pointed: pointed === id, inside, muted, tab: stop === id ? 0 : -1, sign };
}

function fieldState(key, value, desk, typed) {
  const own = typed.get(key);
  const wanted = desk.wanted(key);
  const asked = wanted === undefined ? (value ?? null) : wanted;
  return { value: asked, typed: own?.text, problem: own?.problem, pending: desk.has(key) };
}

function rowTemplate(entry, look, view) {
  const { id, path, row, layer } = entry;
  const name = row?.name ?? layer.kind;
  const title = words(look.kind?.title) || layer.kind;
  const marks = [look.chosen && "chosen", look.pointed && "pointed", look.ill && "ill", look.muted && !look.ill && "muted"];
  const kept = entry.alone && path.length > 1; // a block is never empty
  return html`<li class="layer ${marks.filter(Boolean).join(" ")}" data-id=${id} data-path=${path.join(".")}
      data-depth=${path.length - 1} data-name=${name} data-open=${entry.closed === false || nothing}>
    <div class="row-box" role="group" tabindex=${look.tab} aria-label=${spoken(entry, name, title)}>
      <span class="grip" title=${text("handle", { name })} data-grip>${shape("grip")}</span>
      <div class="who"><span class="number">${place(path)}</span>${foldTemplate(entry, name)}
        <span class="names"><strong class=${name.length > LONG ? "long" : ""}>${name}</strong>
          <span class="title" title=${words(look.kind?.help)}>${title}</span></span></div>
      <div class="cells">${cells(row, name, look)}</div>
      ${outcomeTemplate(row, view, look)}
      <button type="button" class="tool drop" data-do="remove" tabindex=${look.tab} ?disabled=${!view.online || kept}
        aria-label=${text("take_out_of", { name })} title=${text("take_out")}>${shape("remove")}</button>
      ${look.chosen ? actsTemplate(entry, look, view) : nothing}
      ${look.ill ? wrongTemplate(look.ill, view) : nothing}
    </div>
  </li>`;
}

function cells(row, name, { fields, inside, tab }) {
  const one = ([field, state]) => fieldTemplate(field, { ...state, stop: tab, options: row?.options?.[field.name] ?? null,
    label: text("field_of", { field: words(field.label), name }) });
  return html`${fields.map(one)}${inside === null ? nothing
    : html`<span class="holds">${text("block_holds", { count: inside })}</span>`}`;
}

function spoken({ path, row }, name, title) {
  const said = text("layer_says", { place: place(path), name, title });
  return row?.out ? `${said}, ${text("layer_gives", { shape: sides(row.out) })}` : `${said}, ${text("does_not_fit")}`;
}

function foldTemplate({ closed }, name) {
  if (closed === null) return nothing;
  const label = text(closed ? "block_open" : "block_shut", { name });
  return html`<button type="button" class="tool fold" data-do="fold" tabindex="-1" aria-expanded=${!closed} aria-label=${label}
    title=${label}>${shape(closed ? "shut" : "open")}</button>`;
}

function outcomeTemplate(row, { batch, limits }, { ill }) {
  if (!row?.out) return html`<div class="outcome none">${text(ill ? "does_not_fit" : "unknown_after")}</div>`;
  const form = row.words ? text("gives_words", { shape: sides(row.out) }) : sides(row.out);
  const weights = row.parameters ? text("weights_of", { count: amount(row.parameters) }) : text("no_weights");
  const macs = row.macs ? text("macs_of", { count: amount(row.macs) }) : "";
  return html`<div class="outcome">
    <span class="shape" title=${text("shape_help")}>${form}</span>
    <span title=${text("total_parameters_help")}>${weights}</span>
    <span class="memory" title=${text("total_memory_help")}>${bytes(memoryOf(row, batch, limits))}</span>
    <span title=${text("sees_help")}>${row.reach ? text("sees", { size: sides(row.reach) }) : text("sees_all")}</span>
    <span title=${text("total_macs_help")}>${macs}</span>
  </div>`;
}

/** Bytes that one layer needs while it trains. */
function memoryOf({ parameters, kept }, batch, { parameter_bytes: fixed, kept_bytes: each }) {
  return parameters * fixed + kept * each * batch;
}

/** What can be done with the chosen layer. */
function actsTemplate({ path }, { kind }, { layers, online }) {
  const act = (name, key, way) => {
    const off = !online || (way !== undefined && !step(layers, path, way));
    return html`<button type="button" class="btn btn-outline-secondary btn-sm" data-do=${name} ?disabled=${off}>
      ${name === "duplicate" ? icon("copy") : shape(name)}${text(key)}</button>`;
  };
  const nested = path.length > 1 || layers.some((one) => one.layers);
  return html`<div class="acts">${act("up", "move_up", -1)}${act("down", "move_down", 1)}
    ${nested ? html`${act("in", "move_in", "in")}${act("out", "move_out", "out")}` : nothing}
    ${act("duplicate", "duplicate")}
    <p class="about">${words(kind?.help)}</p></div>`;
}
