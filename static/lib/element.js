import { LitElement } from "lit";

/** Base of the components: light DOM, redrawn when the room or the look of the page changes; null-safe without a room. */
export class RoomElement extends LitElement {
  #host = null;
  #redraw = () => this.requestUpdate();

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#host = this.closest("lab-room");
    this.#host?.addEventListener("change", this.#redraw);
    globalThis.addEventListener("lab-look", this.#redraw);
    this.requestUpdate(); // it may have been moved here from another place
  }

  disconnectedCallback() {
    this.#host?.removeEventListener("change", this.#redraw);
    globalThis.removeEventListener("lab-look", this.#redraw);
    super.disconnectedCallback();
  }

  /** The lab-room around this component, or null: there is none, or its script is not here yet. */
  get room() {
    return this.#host?.connection ? this.#host : null;
  }

  /** The Snapshot, or null before it is here. */
  get state() {
    return this.room?.state ?? null;
  }

  get session() {
    return this.state?.session ?? null;
  }

  get online() {
    return this.room?.connection === "online";
  }

  get catalogue() {
    return this.room?.catalogue ?? null;
  }
}

/** Register a component unless its tag is taken, so that a script may be included twice. */
export function define(tag, element) {
  if (!customElements.get(tag)) customElements.define(tag, element);
}
