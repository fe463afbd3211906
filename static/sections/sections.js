// <lab-sections of="draw explain …">: the way around a long page; shows where one is. `of`: ids of its parts.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { text } from "../lib/texts.js";

const LOOK_AFTER = 700; // ms; after a jump the chosen part stays marked while the page glides there
const NEAR = 48; // px below the bar from where on a part counts as reached

class Sections extends RoomElement {
  static properties = { of: {}, here: { state: true } };

  #frame = 0;
  #gliding = 0;
  #look = () => { this.#frame ||= requestAnimationFrame(() => this.#find()); };

  connectedCallback() {
    super.connectedCallback();
    addEventListener("scroll", this.#look, { passive: true });
    addEventListener("resize", this.#look);
  }

  disconnectedCallback() {
    removeEventListener("scroll", this.#look);
    removeEventListener("resize", this.#look);
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#gliding);
    super.disconnectedCallback();
  }

  get #names() {
    return (this.of ?? "").split(/\s+/).filter(Boolean);
  }

  render() {
    if (!this.state) return nothing;
    const here = this.here ?? this.#names[0];
    return html`<nav aria-label=${text("sections")}><ul>
      ${this.#names.map((name) => html`<li><a href="#${name}" aria-current=${name === here ? "location" : nothing}
        @click=${() => this.#jump(name)}>${text(`section_${name}`)}</a></li>`)}
    </ul></nav>`;
  }

  /** On a phone the mark may lie outside of the row: bring it in, without moving the page. */
  updated(changed) {
    if (!changed.has("here")) return;
    const row = this.querySelector("ul");
    const mark = row?.querySelector("[aria-current]");
    if (mark) row.scrollLeft = mark.offsetLeft - (row.clientWidth - mark.offsetWidth) / 2;
  }

  #jump(name) {
    this.here = name;
    clearTimeout(this.#gliding);
    this.#gliding = setTimeout(() => { this.#gliding = 0; this.#look(); }, LOOK_AFTER);
  }

  #find() {
    this.#frame = 0;
    if (this.#gliding) return;
    const edge = (this.closest(".inside-bar") ?? this).getBoundingClientRect().bottom + NEAR;
    const tops = this.#names.map((name) => ({ name, top: document.getElementById(name)?.getBoundingClientRect().top ?? Infinity }));
    const reached = tops.filter(({ top }) => top <= edge);
    const chosen = tops.find(({ name }) => name === this.here)?.top;
    if (chosen >= 0 && chosen < innerHeight / 2 && location.hash === `#${this.here}`) return; // not all parts can reach the top
    const end = scrollY > 0 && innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
    const furthest = Math.max(...reached.map(({ top }) => top));
    this.here = (end ? tops.at(-1) : reached.find(({ top }) => top === furthest) ?? tops[0])?.name;
  }
}

define("lab-sections", Sections);
