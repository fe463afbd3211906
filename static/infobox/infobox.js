// <lab-infobox label text>: a term with a small button that explains it. Works by mouse, touch and keyboard.
import { html, LitElement } from "lit";
import { define } from "../lib/element.js";
import { text } from "../lib/texts.js";

const GAP = 8; // px between button, box and the edge of the window

class Infobox extends LitElement {
  static properties = { label: {}, text: {} };

  #place = (event) => event.newState === "open" && requestAnimationFrame(() => this.#move());

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    globalThis.addEventListener("lab-look", this.#redraw);
  }

  disconnectedCallback() {
    globalThis.removeEventListener("lab-look", this.#redraw);
    super.disconnectedCallback();
  }

  #redraw = () => this.requestUpdate();

  render() {
    if (!this.text) return html`<span class="info-label">${this.label}</span>`;
    return html`<span class="info-label">${this.label}</span><button type="button" class="info-button"
      aria-label=${text("explain", { term: this.label })}>?</button>
      <div class="info-box" popover @toggle=${this.#place}><strong>${this.label}</strong><p>${this.text}</p></div>`;
  }

  updated() {
    const button = this.querySelector(".info-button");
    if (button) button.popoverTargetElement = this.querySelector(".info-box");
  }

  #move() {
    const box = this.querySelector(".info-box");
    const near = this.querySelector(".info-button").getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const left = Math.min(Math.max(GAP, near.left - 16), innerWidth - width - GAP);
    const below = near.bottom + GAP + height < innerHeight;
    box.style.left = `${left}px`;
    box.style.top = `${below ? near.bottom + GAP : Math.max(GAP, near.top - GAP - height)}px`;
  }
}

define("lab-infobox", Infobox);
