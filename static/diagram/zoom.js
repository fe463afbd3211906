// The view of the diagram: how large it is drawn, and moving it about.

export const STEP = 1.25;
const [LEAST, MOST] = [0.2, 3];
const LARGEST_FIT = 1.25; // a small network is not blown up
const WHEEL = 0.0022; // of the logarithm, per pixel of the wheel
const DRAG = 4; // px before it is one

/** The size at which the whole width is seen. */
export function fitOf(width, room) {
  return Math.min(LARGEST_FIT, room / width);
}

export function bounded(scale) {
  return Math.min(MOST, Math.max(LEAST, scale));
}

/** Zooming and panning of one scrolled box; `view` has `scale` (now) and `zoomTo(scale)`, which redraws. */
export class Gestures {
  #view;
  #anchor = null; // {x, y} of the drawing that stays at {left, top} of the box
  #drag = null;
  #pinch = null;
  moved = false; // whether the last press of a button was a drag

  constructor(view) {
    this.#view = view;
  }

  /** What lies under a place of the page stays there while the size changes. */
  zoom(box, scale, at = null) {
    const around = box.getBoundingClientRect();
    const [left, top] = at ? [at.x - around.left, at.y - around.top] : [box.clientWidth / 2, box.clientHeight / 2];
    const now = this.#view.scale;
    this.#anchor = { x: (box.scrollLeft + left) / now, y: (box.scrollTop + top) / now, left, top };
    this.#view.zoomTo(bounded(scale));
  }

  /** To be called when the new size is drawn. */
  settle(box) {
    if (!this.#anchor || !box) return;
    const { x, y, left, top } = this.#anchor;
    this.#anchor = null;
    box.scrollTo(x * this.#view.scale - left, y * this.#view.scale - top);
  }

  wheel = (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom(event.currentTarget, this.#view.scale * Math.exp(-event.deltaY * WHEEL), { x: event.clientX, y: event.clientY });
  };

  down = (event) => {
    if (event.pointerType !== "mouse" || event.button) return;
    const { currentTarget: box, clientX, clientY } = event;
    this.moved = false;
    this.#drag = { x: clientX + box.scrollLeft, y: clientY + box.scrollTop, from: [clientX, clientY] };
  };

  move = (event) => {
    const { currentTarget: box, clientX, clientY, buttons } = event;
    if (!this.#drag || !buttons) return void (this.#drag = null);
    if (!this.moved && Math.hypot(clientX - this.#drag.from[0], clientY - this.#drag.from[1]) < DRAG) return;
    if (!this.moved) box.setPointerCapture(event.pointerId);
    this.moved = true;
    box.scrollTo(this.#drag.x - clientX, this.#drag.y - clientY);
  };

  up = () => {
    this.#drag = null;
  };

  /** Two fingers: as far apart as they are, so large it is. */
  touch = (event) => {
    if (event.touches.length !== 2) return void (this.#pinch = null);
    event.preventDefault();
    const [one, two] = event.touches;
    const apart = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
    if (!this.#pinch) this.#pinch = { apart, scale: this.#view.scale };
    const at = { x: (one.clientX + two.clientX) / 2, y: (one.clientY + two.clientY) / 2 };
    this.zoom(event.currentTarget, (this.#pinch.scale * apart) / this.#pinch.apart, at);
  };

  untouch = () => {
    this.#pinch = null;
  };
}
