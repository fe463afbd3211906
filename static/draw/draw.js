// <lab-draw>: a pad, or a picture; the very image that the network gets of it, what it says, and why, while one draws.
import { html, nothing } from "lit";
import { datasetOf } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { momentOf, placeText } from "../lib/moment.js";
import { Drawn, SIDE, inkRgba } from "../lib/pad.js";
import { paint } from "../lib/plane.js";
import { Pace } from "../lib/queries.js";
import { text } from "../lib/texts.js";
import { Hands } from "./hands.js";
import { Kept, keepTemplate, keptTemplate } from "./kept.js";
import { Live } from "./live.js";
import { padTemplate } from "./pad.js";
import { pictureTemplate, send } from "./picture.js";
import { paintSeen, saysTemplate, seenTemplate } from "./seen.js";
import { Source } from "./source.js";

const METHOD = "input_x_gradient"; // one pass, and sharp on small images, too
const FOLLOW = 1000; // ms between questions about the same drawing while the network trains

class Draw extends RoomElement {
  static properties = {
    brush: { state: true }, inverted: { state: true }, paper: { state: true }, heat: { state: true }, share: { state: true }, pixel: { state: true },
    answer: { state: true }, error: { state: true }, busy: { state: true }, message: { state: true },
  };

  #drawn = new Drawn();
  #source = new Source(this.#drawn);
  #hands = new Hands(this.#drawn, { changed: () => this.#inked(), ended: () => this.#show() });
  #live = new Live(this, () => this.#question());
  #pace = new Pace(this, FOLLOW);
  #kept = new Kept(this);
  #about = ""; // what the last question was about, beside the image
  #dataset = "";

  constructor() {
    super();
    Object.assign(this, { brush: 10, inverted: false, paper: true, heat: true, share: 0.5, pixel: null });
    Object.assign(this, { answer: null, error: null, busy: false, message: "" });
  }

  /** The dataset of the model. */
  get #row() {
    const { runs, branches, blueprint } = this.state;
    const of = runs?.[branches?.[this.chosen.model?.branch]?.run]?.blueprint ?? blueprint;
    return datasetOf(of, this.catalogue);
  }

  get #grey() {
    return this.#row?.shape[0] === 1;
  }

  /** The method in words. */
  get #told() {
    return this.catalogue.methods?.find(({ name }) => name === METHOD);
  }

  willUpdate() {
    if (!this.state) return;
    const { model } = this.chosen;
    if ((this.#row?.name ?? "") !== this.#dataset) this.#begin();
    const about = JSON.stringify([model, this.heat, this.#pace.let(momentOf(this.state, model, true))]);
    if (about !== this.#about && this.#source.something) this.#live.ask();
    this.#about = about;
    this.#live.go();
  }

  updated() {
    this.#paintPad();
    paintSeen(this.querySelector(".seen canvas"), this);
    this.#kept.paint();
  }

  #begin() {
    this.#dataset = this.#row?.name ?? ""; // another one: what was seen is none of its images
    this.#source.begin(this.#grey ? "pad" : "picture");
    Object.assign(this, { answer: null, error: null, message: "" });
  }

  async #question() {
    const image = await this.#source.image(this.inverted);
    const { model } = this.chosen;
    if (!image) return null;
    return this.heat ? ["explain", { model, image, method: METHOD }] : ["classify", { model, image }];
  }

  answered(answer) {
    if (answer?.error?.code === "cannot_explain" && this.heat) return this.#change({ heat: false }); // the bars at least
    if (!answer || !this.#source.something) Object.assign(this, { answer: null, error: null });
    else Object.assign(this, answer.ok ? { answer, error: null } : { error: answer.error });
  }

  #inked() {
    this.#source.draw();
    this.message = "";
    this.requestUpdate(); // paints the pad, too
    this.#live.ask();
  }

  #paintPad() {
    const canvas = this.querySelector(".pad canvas");
    const look = `${this.#drawn.version} ${this.inverted}`;
    if (!canvas || canvas.look === look) return;
    canvas.look = look;
    paint(canvas, inkRgba(this.#drawn.ink, this.inverted), SIDE, SIDE);
  }

  /** Ask about what there is now, and let all components of the page look at it. */
  async #show(label = null) {
    this.#live.ask();
    const image = await this.#source.image(this.inverted);
    if (image) this.choose({ image, label });
  }

  #change(values) {
    Object.assign(this, values);
    if ("paper" in values) this.#take(this.#source.picture?.file);
    if ("inverted" in values) this.#show();
  }

  async #take(file) {
    if (!file || !this.room || this.busy) return;
    Object.assign(this, { busy: true, error: null, message: "" });
    const found = await send(this.room, file, this.#grey && this.paper);
    Object.assign(this, { busy: false, error: found.error ?? null });
    if (!found.ok) return;
    this.#source.take({ file, pixels: found.pixels });
    this.#show();
  }

  async #keep(label) {
    const image = this.#source.fresh && await this.#source.image(this.inverted);
    if (!image || !this.room) return;
    this.busy = true;
    const answer = await this.room.send("keep_drawing", { image, label });
    Object.assign(this, { busy: false, error: answer.error ?? null });
    if (!answer.ok) return;
    if (image.kind === "pad") this.#hands.clear();
    else this.#begin();
    this.message = text("draw_kept_now", { name: this.#named(label) });
  }

  #select(id) {
    this.#source.choose(id);
    this.message = "";
    this.#show(this.state.drawings[id]?.label ?? null);
  }

  async #drop(id) {
    const answer = await this.room?.send("drop_drawing", { drawing: id });
    if (answer?.ok) this.#begin();
    else this.error = answer?.error ?? null;
  }

  #named = (number) => this.#row?.classes[number] ?? String(number);

  render() {
    if (!this.state || !this.#row) return html``;
    this.#hands.brush = this.brush;
    const change = (values) => this.#change(values);
    const { answer, error, brush, inverted, heat, share, pixel } = this;
    const seen = { answer, heat, share, pixel, method: this.#told, change, read: (found) => { this.pixel = found; } };
    return html`<section class="lab-card drawing" aria-label=${text("draw_title")}>
      <header class="draw-head">
        <h2><lab-infobox label=${text("draw_title")} text=${text(this.#grey ? "draw_help" : "draw_help_colour")}></lab-infobox></h2>
        <p class="aside">${placeText(answer?.place)}</p>
      </header>
      <p class="refusal" role="alert">${error ? `${error.message || text("offline")} ${error.hint}` : nothing}</p>
      <div class="draw-parts">
        ${this.#grey ? padTemplate({ drawn: this.#drawn, hands: this.#hands, brush, inverted }, change) : this.#pictures(change)}
        ${seenTemplate(seen)}
        ${saysTemplate({ answer, named: this.#named, calm: !this.#drawn.drawing })}
      </div>
      ${this.#more(change)}
    </section>`;
  }

  #pictures(change) {
    const view = { grey: this.#grey, paper: this.paper, busy: this.busy, shown: this.#source.picture !== null };
    return pictureTemplate(view, (file) => this.#take(file), change);
  }

  #more(change) {
    const { busy, message } = this;
    const able = this.#source.fresh && this.#row.name === this.state.blueprint.dataset;
    const view = { rows: this.#kept.rows(), selected: this.#source.kept, named: this.#named, person: this.room.person };
    return html`<div class="draw-more">
      ${keepTemplate({ classes: this.#row.classes, able, busy, message }, (label) => this.#keep(label))}
      ${this.#grey ? this.#pictures(change) : nothing}
      <div class="room-drawings">${keptTemplate(view, { choose: (id) => this.#select(id), drop: (id) => this.#drop(id) })}</div>
    </div>`;
  }
}

define("lab-draw", Draw);
