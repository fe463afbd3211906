// <lab-spotlight away>: the example that somebody shows to the room, offered or followed; `away`: it is looked at on another page.
import { html, nothing } from "lit";
import { paintAll } from "../lib/canvas.js";
import { datasetOf } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { examplesKey, nameOf, thumbnail } from "../lib/examples.js";
import { who } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { lightOf } from "../lib/spotlight.js";
import { text } from "../lib/texts.js";

const HASH = "#spotlight"; // of the address: look at it as soon as the page is here
const SENTENCES = { new: "spotlight_shows", known: "spotlight_last", mine: "spotlight_mine" };

class Spotlight extends RoomElement {
  static properties = { away: { type: Boolean }, follow: { state: true }, known: { state: true } };

  #since = null; // seq of the room when this page opened
  #dealt = 0; // seq of the spotlight that was looked at or dismissed
  #asked = 0; // seq of the spotlight whose image is here or on its way
  #gone = 0; // seq of the spotlight that was dismissed

  constructor() {
    super();
    this.follow = false; // for this page only
    this.known = null; // {seq, image, label}
  }

  willUpdate() {
    if (!this.state) return;
    this.#since ??= this.state.seq;
    const light = this.#light;
    if (light === "new" && this.follow && !this.away) this.#look(false);
    if (light !== "none" && light !== "other" && location.hash === HASH && !this.away) this.#arrive();
    if (light !== "none" && light !== "other" && this.online) this.#learn();
  }

  render() {
    const light = this.#light;
    const { spotlight } = this.state ?? {};
    if (light === "none" || light === "other" || this.#gone === spotlight.seq) return nothing;
    return html`<section class="spotlight ${light}" aria-label=${text("spotlight")} data-light=${light}>
      ${this.known?.image ? html`<canvas .picture=${this.known.image} aria-hidden="true"></canvas>` : nothing}
      <p role="status">${text(SENTENCES[light], { name: who(spotlight.by), what: this.#what(spotlight) })}</p>
      ${light === "mine" ? nothing : this.#hands(light)}
      <button type="button" class="tool" aria-label=${text("close")} @click=${this.#dismiss}>${icon("close")}</button>
    </section>`;
  }

  updated() {
    paintAll(this);
  }

  get #light() {
    const { state, room } = this;
    if (!state) return "none";
    const key = examplesKey(state.blueprint, this.catalogue?.datasets);
    return lightOf(state.spotlight, { me: room.person, key, since: this.#since ?? state.seq, dealt: this.#dealt });
  }

  #hands(light) {
    const look = light === "new" ? "btn-primary" : "btn-outline-secondary";
    const there = `/room/${this.room.code}/inside${HASH}`;
    if (this.away) return html`<div class="hands"><a class="btn btn-sm ${look}" href=${there}>${text("spotlight_look")}</a></div>`;
    return html`<div class="hands"><label class="follow" title=${text("spotlight_follow_help")}>
        <input type="checkbox" class="form-check-input" role="switch" .checked=${this.follow}
          @change=${({ target }) => { this.follow = target.checked; }}>${text("spotlight_follow")}</label>
      <button type="button" class="btn btn-sm ${look}" @click=${() => this.#look(true)}>${text("spotlight_look")}</button></div>`;
  }

  #what({ image, seq }) {
    const what = nameOf(image);
    const known = this.known?.seq === seq ? this.known : null;
    if (!Number.isInteger(known?.label)) return what;
    const classes = datasetOf(this.state.blueprint, this.catalogue)?.classes;
    const label = classes?.[known.label] ?? String(known.label);
    return text(image.kind === "drawing" ? "spotlight_meant" : "spotlight_labelled", { what, label });
  }

  /** Choose it on this page. */
  #look(scroll) {
    const { image, model, seq } = this.state.spotlight;
    const label = this.known?.seq === seq ? this.known.label : null;
    this.#dealt = seq;
    this.choose({ image, model, label });
    if (scroll) this.meeting.querySelector("lab-explain")?.scrollIntoView({ block: "start", behavior: "smooth" });
  }

  #arrive() {
    history.replaceState(null, "", location.pathname + location.search);
    this.#look(true);
  }

  #dismiss() {
    this.#dealt = this.#gone = this.state.spotlight.seq;
    this.requestUpdate();
  }

  async #learn() {
    const { seq, image } = this.state.spotlight;
    if (seq === this.#asked) return;
    this.#asked = seq;
    const found = await thumbnail(this.room, image);
    if (seq === this.#asked) this.known = { seq, ...found };
  }
}

define("lab-spotlight", Spotlight);
