// What mouse, finger and keys do in the creator; each becomes an edit that is worked out when its turn comes.
import { at, beside, idAt, incoming, made, next, pathOf, step, target } from "../lib/network.js";
import { Drag } from "./drag.js";
import { Focus, idOf } from "./focus.js";
import { Typing } from "./typing.js";

const MOVES = { up: -1, down: 1, in: "in", out: "out" };
const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
const WORDS = "input:not([type]), input[type=search], textarea, dialog[open] *"; // here Ctrl Z belongs to the field

export class Hands {
  #host;
  #focus;

  constructor(host) {
    this.#host = host;
    this.#focus = new Focus(host);
    const { type, choose, leave } = new Typing(host);
    const { enter, point } = this.#focus;
    Object.assign(this, { type, choose, leave, enter, point });
  }

  get #layers() {
    return this.#host.base.blueprint.layers;
  }

  #path(id) {
    return id ? pathOf(this.#host.ids, id) : null;
  }

  // ── the whole network

  undo = () => this.#back("undo_edit");
  redo = () => this.#back("redo_edit");
  open = (name) => this.#host.open(name);
  sheet = () => { this.#host.sheet = !this.#host.sheet; };
  clear = () => this.#host.edit(() => [{ op: "load", blueprint: { ...this.#host.base.blueprint, layers: [] } }]);
  dataset = ({ target: { value } }) => this.#learn(value);
  images = () => this.#host.meeting.dispatchEvent(new CustomEvent("lab-images"));
  brought = ({ detail: { name, images } }) => this.#learn(name, images);
  follow = () => this.#focus.follow();

  seed = ({ target: field }) => {
    const seed = Number(field.value);
    if (field.value.trim() && field.validity.valid) this.#host.edit(() => [{ op: "seed", seed }]);
    else field.value = this.#host.base.blueprint.seed;
  };

  validation = (validation) => this.#host.edit(() => [{ op: "validation", validation }]);

  showError = () => {
    const row = this.#host.querySelector(".layer.ill");
    row?.scrollIntoView({ block: "center" });
    row?.querySelector(".fixes button")?.focus({ preventScroll: true });
  };

  anywhere(event) {
    const key = event.key.toLowerCase();
    const mine = (event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y");
    if (!mine || !this.#host.online || event.target.closest?.(WORDS)) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.redo();
    else this.undo();
  }

  #learn(name, images = this.#host.datasets.find((one) => one.name === name)?.images) {
    return this.#host.edit(() => [{ op: "dataset", dataset: name, ...(images ? { images } : {}) }]);
  }

  #back(command) {
    this.#host.typed.clear();
    this.#host.ask({ command, make: () => ({}) });
  }

  // ── the palette

  chip = ({ target: pressed }) => {
    const chip = pressed.closest("[data-kind]");
    if (chip) this.#add(chip.dataset.kind, () => next(this.#layers, this.#path(this.#host.selected)));
  };

  lift = (event) => {
    const chip = event.target.closest("[data-kind]");
    if (!chip || chip.disabled || event.button || event.pointerType === "touch") return;
    this.#drag(event, chip.textContent.trim(), (gap) => this.#add(chip.dataset.kind, () => gap));
  };

  async #add(kind, where) {
    let path = null;
    const make = () => {
      path = where();
      return [{ op: "add", at: path, layer: made(this.#host.kinds.get(kind), incoming(this.#host.base.report, path)) }];
    };
    if (await this.#host.edit(make)) this.#focus.select(idAt(this.#host.ids, path), true);
  }

  #drag(event, name, drop) {
    new Drag(event, { list: this.#host.querySelector("ol.net"), name, drop });
  }

  // ── a layer

  click = ({ target: pressed }) => {
    const id = idOf(pressed);
    const act = pressed.closest("[data-do]");
    const fix = act?.dataset.fix;
    if (fix) this.#host.edit(() => this.#host.base.report.error?.fixes[fix]?.edits ?? null);
    else if (act?.dataset.do === "fold") this.#host.fold(id, act.getAttribute("aria-expanded") === "true");
    else if (act) this.#act(act.dataset.do, id);
    else if (id) this.#focus.select(id);
  };

  press = (event) => {
    this.#focus.press();
    if (!event.target.closest("[data-grip]") || event.button || !this.#host.online) return;
    event.preventDefault();
    const [id, { name }] = [idOf(event.target), event.target.closest("[data-id]").dataset];
    this.#drag(event, name, (gap) => this.#move(id, (path) => target(path, gap)));
  };

  key = (event) => {
    const [id, box] = [idOf(event.target), event.target.closest(".row-box")];
    if (!id) return;
    const free = event.target === box; // and none of its fields
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    const act = wish(event, free);
    if (act && this.#host.online) this.#act(act, id, true);
    else if (!free && event.key === "Escape") box.focus();
    else if (!free || !plain || !this.#focus.walk(event.key, id, box)) return;
    event.preventDefault();
  };

  #act(name, id, focus = false) {
    if (name in MOVES) this.#move(id, (path) => step(this.#layers, path, MOVES[name]), focus);
    if (name === "duplicate") this.#duplicate(id, focus);
    if (name === "remove") this.#remove(id, focus);
  }

  async #move(id, where, focus = false) {
    const make = () => {
      const path = this.#path(id);
      const to = path && at(this.#layers, path).layer && where(path);
      return to ? [{ op: "move", at: path, to }] : null;
    };
    if (!(await this.#host.edit(make))) return;
    this.#unfold(this.#path(id) ?? []);
    this.#focus.select(id, true, focus);
  }

  /** Open the blocks around a place, so that what went in there can be seen. */
  #unfold(path) {
    for (let depth = 1; depth < path.length; depth++) this.#host.fold(idAt(this.#host.ids, path.slice(0, depth)), false);
  }

  async #duplicate(id, focus) {
    const done = await this.#host.edit(() => this.#with(id, (path) => ({ op: "duplicate", at: path })));
    const path = done && this.#path(id);
    if (path) this.#focus.select(idAt(this.#host.ids, beside(path, 1)), true, focus);
  }

  async #remove(id, focus) {
    const ids = this.#host.entries.filter((one) => one.id === id || !this.#inside(one, id)).map((one) => one.id);
    const neighbour = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1] ?? null;
    const gone = await this.#host.edit(() => this.#with(id, (path) => ({ op: "remove", at: path })));
    if (gone) this.#focus.select(this.#path(neighbour) ? neighbour : null, false, focus);
  }

  #inside({ path }, id) {
    return this.#path(id)?.every((number, level) => path[level] === number);
  }

  #with(id, make) {
    const path = this.#path(id);
    return path ? [make(path)] : null;
  }
}

/** What a key wants of a layer; `free`: it is not one of its fields that hears it. */
function wish({ key, altKey, ctrlKey, metaKey }, free) {
  if (altKey) return ARROWS[key] ?? null;
  if ((ctrlKey || metaKey) && key.toLowerCase() === "d") return "duplicate";
  return free && (key === "Delete" || key === "Backspace") ? "remove" : null;
}
