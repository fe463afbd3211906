// <lab-diagram of="run|draft">: the network as a drawing that lives while it trains.
import { html, nothing } from "lit";
import { datasetOf } from "../lib/datasets.js";
import { layout } from "../lib/diagram.js";
import { RoomElement, define } from "../lib/element.js";
import { text, words } from "../lib/texts.js";
import { headTemplate } from "./head.js";
import { hintTemplate, place } from "./hint.js";
import { legendTemplate } from "./legend.js";
import { lookAt, networkTemplate, standingOf } from "./network.js";
import { Sources } from "./sources.js";
import { next, nodeAt } from "./steps.js";
import { Gestures, STEP, fitOf } from "./zoom.js";

const COARSE = 24; // px; the rows are laid out anew when the width changes by that
const OPENING = new Set(["Enter", " "]);
const NONE = new Set();

class Diagram extends RoomElement {
  static properties = {
    of: { type: String },
    zoom: { state: true }, // times the natural size, null: the width is filled
    space: { state: true }, hint: { state: true }, stop: { state: true }, selected: { state: true }, toggled: { state: true },
  };

  #sources = new Sources();
  #gestures = new Gestures(this);
  #plan = null;
  #drawn = []; // what the plan was made for
  #linked = null; // where linked components meet
  #pick = ({ detail }) => { if (detail.from !== this) this.#picked(detail.at); };
  #sizes = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    Object.assign(this, { of: "run", zoom: null, space: 0, hint: null, stop: null, selected: null, toggled: NONE });
  }

  connectedCallback() {
    super.connectedCallback();
    this.#linked = this.meeting;
    this.#linked.addEventListener("lab-layer", this.#pick);
  }

  disconnectedCallback() {
    this.#linked.removeEventListener("lab-layer", this.#pick);
    this.#sizes.disconnect();
    this.#sources.stop();
    super.disconnectedCallback();
  }

  /** Pixels of the page for one of the drawing. */
  get scale() {
    return this.zoom ?? fitOf(this.#plan.width, this.space);
  }

  zoomTo(scale) {
    this.zoom = scale;
  }

  render() {
    const { state } = this;
    if (!state) return html``;
    const shown = this.#shown(state);
    return html`<section class="lab-card diagram" aria-label=${text("diagram")}>
      ${headTemplate(shown?.report, { zoom: (times) => this.#scaled(times), whole: () => { this.zoom = null; } })}
      <div class="diagram-box">
        <div class="diagram-view ${this.zoom ? "zoomed" : ""}" @wheel=${this.#gestures.wheel} @pointerdown=${this.#gestures.down} @pointermove=${this.#gestures.move} @pointerup=${this.#gestures.up}
          @touchstart=${this.#gestures.touch} @touchmove=${this.#gestures.touch} @touchend=${this.#gestures.untouch}
          @click=${this.#click} @keydown=${this.#key} @pointerover=${this.#over} @pointerleave=${() => { this.hint = null; }}
          @focusin=${this.#focus} @focusout=${() => { this.hint = null; }}>
          ${shown && this.space ? this.#drawing(state, shown) : html`<p class="diagram-wait">${text("diagram_wait")}</p>`}
        </div>
        ${this.#hintTemplate(shown, state)}
      </div>
      ${shown ? legendTemplate(shown, state) : nothing}
    </section>`;
  }

  updated() {
    const box = this.querySelector(".diagram-view");
    if (!box) return;
    this.#sizes.observe(box);
    this.#gestures.settle(box);
    const hint = this.querySelector(".hint");
    const layer = this.#element(this.hint);
    if (hint && layer) place(hint, layer, this.querySelector(".diagram-box"));
  }

  /** {blueprint, report, live}: what is drawn, and whether it is what the Session trains. */
  #shown(state) {
    const draft = this.of === "draft" ? state.draft : null;
    if (draft) return { blueprint: draft.blueprint, report: draft.report, live: this.#sources.same(draft.blueprint, state) };
    const found = this.#sources.report(this.room.code, state, () => this.requestUpdate());
    return found && { ...found, live: true };
  }

  /** The places change with the Blueprint, the width, and what is opened; all else only where it has changed. */
  #drawing(state, { blueprint, report, live }) {
    const dataset = datasetOf(blueprint, this.catalogue);
    const drawn = [report, blueprint.images ?? dataset, this.toggled, this.space];
    if (!this.#plan || drawn.some((one, index) => one !== this.#drawn[index])) {
      this.#plan = layout({ blueprint, report }, { dataset, toggled: this.toggled, room: this.space });
      this.#drawn = drawn;
    }
    return networkTemplate(this.#plan, { ...this.#view(state, { report, live }), scale: this.scale, hatch: `diagram-hatch-${this.of}` });
  }

  #view(state, { report, live }) {
    return { state, report, live, looks: live ? state.layers : {}, selected: this.selected, entry: this.#entry(), kinds: this.catalogue?.kinds };
  }

  #hintTemplate(shown, state) {
    const node = shown && this.#plan?.nodes.find(({ key }) => key === this.hint);
    if (!node || node.form === "classes") return nothing;
    const view = this.#view(state, shown);
    const kind = view.kinds?.[node.row?.kind];
    const facts = { title: words(kind?.title), help: words(kind?.help), ...standingOf(node, view), error: shown.report.error, look: lookAt(view.looks, node) };
    return html`<div class="hint" aria-hidden="true">${hintTemplate(node, facts)}</div>`;
  }

  get #box() { return this.querySelector(".diagram-view"); }

  #element(key) {
    return key ? this.querySelector(`[data-key="${key}"]`) : null;
  }

  /** Where the tab key enters. */
  #entry() {
    const keys = [this.stop, this.selected, "0"];
    return keys.find((key) => this.#plan.nodes.some((node) => node.at && node.key === key));
  }

  #scaled(times) {
    this.#gestures.zoom(this.#box, this.scale * times);
  }

  #over = ({ target }) => {
    this.hint = target.closest(".layer")?.dataset.key ?? null;
  };

  #focus = ({ target }) => {
    const { key } = target.closest(".layer")?.dataset ?? {};
    if (key) Object.assign(this, { stop: key, hint: key });
  };

  #click = ({ target }) => {
    const key = target.closest(".layer")?.dataset.key;
    if (key && !this.#gestures.moved) this.#choose(key);
  };

  #key = (event) => {
    const { key } = event;
    const zoom = { "+": () => this.#scaled(STEP), "=": () => this.#scaled(STEP), "-": () => this.#scaled(1 / STEP), 0: () => { this.zoom = null; } }[key];
    const on = event.target.closest(".layer")?.dataset.key;
    const to = on && next(this.#plan.nodes, on, key);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (zoom) zoom();
    else if (to) this.#element(to)?.querySelector(".hit").focus();
    else if (on && OPENING.has(key)) this.#choose(on);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the space bar starts and stops the training elsewhere
  };

  /** Point at a layer, or no longer; a block opens or closes. */
  #choose(key) {
    const node = this.#plan.nodes.find((one) => one.key === key);
    if (!node?.at) return;
    const block = Boolean(node.layers);
    if (block) this.toggled = new Set(this.toggled.has(key) ? [...this.toggled].filter((one) => one !== key) : [...this.toggled, key]);
    Object.assign(this, { selected: this.selected === key && !block ? null : key, stop: key });
    const at = this.selected === null ? null : node.at;
    this.meeting.dispatchEvent(new CustomEvent("lab-layer", { detail: { at, from: this } }));
  }

  /** Another component points at a layer. */
  #picked(at) {
    const node = nodeAt(this.#plan?.nodes ?? [], at);
    this.selected = node?.key ?? null;
    const box = this.#box;
    if (node && box) box.scrollTo({ left: (node.x + node.w / 2) * this.scale - box.clientWidth / 2, top: (node.y * this.scale) - box.clientHeight / 2 });
  }

  #measure() {
    const width = this.#box?.clientWidth ?? 0;
    if (width > 0 && Math.abs(width - this.space) > COARSE) this.space = width;
  }
}

define("lab-diagram", Diagram);
