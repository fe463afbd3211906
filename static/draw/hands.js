import { SIDE, placeOf, widthOf } from "../lib/pad.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [SMALL, LARGE] = [2, 8]; // pixels that an arrow key moves the cursor; with Shift

/** Mouse, finger, pen and keys on the pad. `tell` hears changed() with every bit of ink, and ended() after each stroke. */
export class Hands {
  #drawn;
  #tell;
  #pointer = null; // the one that draws
  #brush = 10;

  cursor = { x: SIDE / 2, y: SIDE / 2 }; // of the keys

  constructor(drawn, tell) {
    this.#drawn = drawn;
    this.#tell = tell;
  }

  set brush(width) {
    this.#brush = width;
  }

  down(event) {
    if (this.#pointer !== null || event.button > 0) return;
    event.preventDefault();
    event.currentTarget.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#drawn.begin(this.#point(event));
    this.#tell.changed();
  }

  move(event) {
    if (event.pointerId !== this.#pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length ? all : [event]) this.#drawn.move(this.#point(each, event.currentTarget));
    this.#tell.changed();
  }

  up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#end();
  }

  key(event) {
    const step = STEPS[event.key];
    if (step) this.#step(step, event.shiftKey ? LARGE : SMALL);
    else if (event.key === " " || event.key === "Enter") this.#press();
    else if (event.key === "Escape") this.lift();
    else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
    else return;
    event.preventDefault();
    this.#tell.changed();
  }

  /** The pen leaves the pad. */
  lift() {
    if (this.#drawn.drawing && this.#pointer === null) this.#end();
  }

  undo() {
    this.#drawn.undo();
    this.#end();
  }

  clear() {
    this.#drawn.end();
    this.#drawn.clear();
    this.#end();
  }

  #end() {
    this.#drawn.end();
    this.#tell.changed();
    this.#tell.ended();
  }

  #press() {
    if (this.#drawn.drawing) this.lift();
    else this.#drawn.begin({ ...this.cursor, width: this.#brush });
  }

  #step([right, down], size) {
    const within = (value) => Math.min(Math.max(value, 0), SIDE);
    this.cursor = { x: within(this.cursor.x + right * size), y: within(this.cursor.y + down * size) };
    this.#drawn.move({ ...this.cursor, width: this.#brush });
  }

  #point(event, target = event.currentTarget) {
    return { ...placeOf(event, target.getBoundingClientRect()), width: widthOf(this.#brush, event) };
  }
}
