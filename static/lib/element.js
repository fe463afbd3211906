import { LitElement } from "lit";
import { chooseAt, chosenAt } from "./chosen.js";

/** Base of the components: light DOM, redrawn when the room or the look of the page changes; null-safe without a room. */
export class RoomElement extends LitElement {
  #host = null;
  #meeting = null; // where linked components meet: the room, or this one alone
  #hear = ({ detail }) => detail.from !== this && this.pointed(detail.x);
  #redraw = () => this.requestUpdate();

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#host = this.closest("lab-room");
    this.#host?.addEventListener("change", this.#redraw);
    this.#meeting = this.#host ?? this;
    this.#meeting.addEventListener("lab-cursor", this.#hear);
    this.#meeting.addEventListener("lab-chosen", this.#redraw);
    globalThis.addEventListener("lab-look", this.#redraw);
    this.requestUpdate(); // it may have been moved here from another place
  }

  disconnectedCallback() {
    this.#host?.removeEventListener("change", this.#redraw);
    this.#meeting.removeEventListener("lab-cursor", this.#hear);
    this.#meeting.removeEventListener("lab-chosen", this.#redraw);
    globalThis.removeEventListener("lab-look", this.#redraw);
    super.disconnectedCallback();
  }

  get meeting() {
    return this.#meeting;
  }

  /** Show the others one place: x in epochs, null: none any more. */
  point(x) {
    this.#meeting?.dispatchEvent(new CustomEvent("lab-cursor", { detail: { x, from: this } }));
  }

  /** What this page looks at: `{image, model, beside, layer, label}`, see lib/chosen.js. */
  get chosen() {
    return chosenAt(this.#meeting);
  }

  choose(changes) {
    chooseAt(this.#meeting, changes, this);
  }

  /** Another component points at x. */
  pointed() {}

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
