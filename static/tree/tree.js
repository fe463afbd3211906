// <lab-tree>: the Branches of a Run as a tree. Each epoch is a bead: what it is, going back to it, trying something else there.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { RoomElement, define } from "../lib/element.js";
import { language, text } from "../lib/texts.js";
import { home } from "../lib/tree.js";
import { ROW, layout, signature } from "./layout.js";
import { namesTemplate, treeTemplate } from "./limbs.js";
import { beadMenu, changeMenu } from "./menu.js";
import { compareTemplate, footTemplate, linkIn, plansTemplate, whereTemplate } from "./parts.js";
import { oneStop, place, reveal } from "./place.js";
import { runsTemplate } from "./runs.js";
import { next, stops } from "./steps.js";

const COARSE = 16; // px; the tree is fitted anew when its width changes by that
const OPENING = new Set(["Enter", " "]);

class Tree extends RoomElement {
  static properties = {
    run: { state: true }, // another than the present one, or null
    menu: { state: true }, // what is open: {branch, epoch, half, markers, from, form}
    ticked: { state: true }, busy: { state: true }, refused: { state: true }, width: { state: true },
  };

  #plan = null;
  #drawn = ""; // what the plan was made for
  #stop = null; // where the tab key enters
  #seen = ""; // what was brought in sight
  #sizes = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    Object.assign(this, { run: null, menu: null, ticked: new Set(), busy: false, refused: null, width: 800 });
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
    super.disconnectedCallback();
  }

  get rows() { return this.catalogue?.settings ?? []; }

  render() {
    const { state } = this;
    if (!state) return html``;
    const run = state.runs[this.run] ? this.run : (state.session.position?.run ?? Object.keys(state.runs).at(-1));
    return html`<section class="lab-card tree" aria-label=${text("tree")}>
      <header class="tree-head"><h2><lab-infobox label=${text("tree")} text=${text("tree_help")}></lab-infobox></h2>
        ${runsTemplate(state, run, this.catalogue, (id) => { this.run = id; })}
        ${compareTemplate(this.ticked, state, linkIn(this.room))}</header>
      ${run ? this.#body(state, run) : html`<p class="fine">${text("tree_empty")}</p>`}
      ${this.#menu(state)}
    </section>`;
  }

  updated(changed) {
    const box = this.querySelector(".tree-scroll");
    if (box) this.#sizes.observe(box);
    this.#enter();
    this.#reveal(box);
    if (changed.has("menu") && this.menu && !this.querySelector(".menu").matches(":popover-open")) this.#show();
  }

  #body(state, run) {
    const { rows, busy, menu, refused } = this;
    const hands = { send: (...wish) => this.#send(...wish), busy };
    const click = ({ target }) => this.#open(target.closest("[data-stop], [data-opens]"));
    return html`${whereTemplate(state, rows, hands)}
      <div class="tree-scroll ${state.session.status}" @click=${click} @keydown=${this.#key} @pointerover=${this.#point}
          @focusin=${this.#point} @pointerleave=${() => this.point(null)} @focusout=${() => this.point(null)}>
        ${this.#tree(state, run)}</div>
      ${plansTemplate(state, rows, hands)}${footTemplate(state, this.catalogue?.limits?.quota, menu ? null : refused)}`;
  }

  /** Drawn anew only when something in it has changed. */
  #tree(state, run) {
    const drawn = `${language()}${signature(state, run, this.width)}`;
    if (drawn !== this.#drawn) this.#plan = layout(state, run, this.width);
    this.#drawn = drawn;
    const view = { state, rows: this.rows, ticked: this.ticked, tick: (id) => this.#tick(id), label: text("tree_of") };
    return guard([drawn, this.ticked], () => html`${namesTemplate(this.#plan, view)}${treeTemplate(this.#plan, view)}`);
  }

  #menu(state) {
    const { menu, busy, refused, rows } = this;
    const hands = {
      send: (...wish) => this.#send(...wish), close: () => this.querySelector(".menu").hidePopover(), link: linkIn(this.room),
      form: (form, setting = null) => Object.assign(this, { menu: { ...this.menu, form, setting }, refused: null }),
    };
    const view = { state, rows, hands, busy, refused };
    return html`<div class="menu" popover role="dialog" aria-label=${text("tree_menu")} @toggle=${this.#toggled}>
      ${!state.branches[menu?.branch] ? nothing : menu.markers ? changeMenu(menu, view) : beadMenu(menu, view)}</div>`;
  }

  #show() {
    const box = this.querySelector(".menu");
    box.showPopover();
    place(box, this.menu.from);
    box.querySelector("h3")?.focus({ preventScroll: true });
  }

  #toggled({ newState }) {
    if (newState !== "closed" || !this.menu) return;
    const { from } = this.menu;
    Object.assign(this, { menu: null, refused: null });
    if (document.activeElement === document.body) from.focus?.({ preventScroll: true });
  }

  async #send(name, args = {}, close = false) {
    Object.assign(this, { busy: true, refused: null });
    const answer = await this.room.send(name, args);
    Object.assign(this, { busy: false, refused: answer.ok ? null : answer.error });
    if (!answer.ok || !this.menu) return;
    if (close) this.querySelector(".menu").hidePopover();
    else this.menu = { ...this.menu, form: null };
  }

  #tick(id) {
    this.ticked = new Set(this.ticked.has(id) ? [...this.ticked].filter((one) => one !== id) : [...this.ticked, id]);
  }

  #find(key) {
    return this.#plan?.limbs.flatMap(stops).find((stop) => stop.key === key) ?? null;
  }

  #element(key) {
    return key ? this.querySelector(`[data-stop="${key}"]`) : null;
  }

  #open(from) {
    if (!from) return;
    const key = from.dataset.stop ?? from.dataset.opens;
    const { branch, epoch, half = false, markers = null } = this.#find(key);
    this.#stop = key;
    Object.assign(this, { refused: null, menu: { branch, epoch, half, markers, from, form: null } });
  }

  #key(event) {
    const key = event.target.dataset?.stop;
    if (!key) return;
    const to = next(this.#plan.limbs, key, event.key);
    if (to) this.#element(to)?.focus();
    if (OPENING.has(event.key)) this.#open(event.target);
    if (to || OPENING.has(event.key) || event.key.startsWith("Arrow")) event.preventDefault();
  }

  /** One stop of the tab key: what had the focus last, else where the Session stands, else the first tip. */
  #enter() {
    const keys = [this.#stop, this.#plan?.here?.key, this.#plan?.limbs[0]?.beads.at(-1)?.key];
    oneStop(this, keys.map((key) => this.#element(key)).find(Boolean));
  }

  #point(event) {
    const key = event.target.closest("[data-stop]")?.dataset.stop;
    if (!key) return;
    if (event.type === "focusin") this.#stop = key;
    this.#enter();
    this.point(this.#find(key)?.x ?? null);
  }

  /** Another component points at an epoch: show the nearest bead on the way to where the Session stands. */
  pointed(x) {
    this.querySelector("[data-near]")?.removeAttribute("data-near");
    const branch = this.session?.position?.branch;
    if (x === null || !this.state?.branches[branch]) return;
    const epoch = Math.round(x);
    this.#element(`${home(this.state, branch, epoch)}:${epoch}`)?.setAttribute("data-near", "");
  }

  /** Where the Session stands comes in sight whenever that has changed. */
  #reveal(box) {
    const { here } = this.#plan ?? {};
    const seen = `${here?.key} ${this.width}`;
    if (!box || !here || seen === this.#seen) return;
    this.#seen = seen;
    reveal(box, here.at, here.row * ROW, this.querySelector(".names").offsetWidth);
  }

  #measure() {
    const width = (this.querySelector(".tree-scroll")?.clientWidth ?? 0) - (this.querySelector(".names")?.offsetWidth ?? 0);
    if (width > 0 && Math.abs(width - this.width) > COARSE) this.width = width;
  }
}

define("lab-tree", Tree);
