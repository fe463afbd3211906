// Which layer is chosen, where the focus goes when the list has changed, and which layer the other components show.
import { idAt, pathOf } from "../lib/network.js";

export class Focus {
  #host;
  #pressed = false; // the focus comes by a pointer, whose click selects
  #follow = null; // the layer that comes in sight once it is drawn
  #at = null; // the layer pointed at

  constructor(host) {
    this.#host = host;
  }

  /** Choose a layer; `show`: it comes in sight, `focus`: and gets the focus. */
  select(id, show = false, focus = false) {
    this.#host.selected = id;
    if (show || focus) this.#follow = { id, focus };
    this.#host.requestUpdate();
  }

  /** A pointer is down: a click will follow. */
  press() {
    this.#pressed = true;
    addEventListener("pointerup", () => setTimeout(() => { this.#pressed = false; }), { once: true });
  }

  enter = ({ target }) => {
    const id = idOf(target);
    if (!this.#pressed && id && id !== this.#host.selected) this.select(id);
    this.#pointAt(id);
  };

  point = (event) => this.#pointAt(event.type === "pointerleave" ? null : idOf(event.target));

  /** After a drawing. */
  follow() {
    const row = this.#follow && this.row(this.#follow.id);
    if (!row) return;
    const { focus } = this.#follow;
    this.#follow = null;
    row.scrollIntoView({ block: "nearest" });
    if (focus) row.querySelector(".row-box").focus({ preventScroll: true });
  }

  /** From layer to layer, into its values; whether the key meant anything. */
  walk(key, id, box) {
    const { entries } = this.#host;
    const number = entries.findIndex((one) => one.id === id);
    const { closed, path } = entries[number];
    const to = { ArrowDown: number + 1, ArrowUp: number - 1, Home: 0, End: entries.length - 1 }[key];
    if (to !== undefined) this.select(entries[to]?.id ?? id, false, true);
    else if (key === "Enter") box.querySelector(".cells input, .cells select, .fixes button")?.focus();
    else if (key === "ArrowRight" && closed) this.#host.fold(id, false);
    else if (key === "ArrowLeft" && closed === false) this.#host.fold(id, true);
    else if (key === "ArrowLeft" && path.length > 1) this.select(idAt(this.#host.ids, path.slice(0, -1)), false, true);
    else return false;
    return true;
  }

  row(id) {
    return id ? this.#host.querySelector(`[data-id=${id}]`) : null;
  }

  #pointAt(id) {
    if (id === this.#at) return;
    this.#at = id;
    this.#host.pointAt(id ? pathOf(this.#host.ids, id) : null);
  }
}

export function idOf(element) {
  return element.closest?.("[data-id]")?.dataset.id ?? null;
}
