import { exampleOf, imageOf } from "../lib/examples.js";
import { same } from "../lib/chosen.js";
import { marksOn } from "../lib/review.js";
import { Loader } from "./loader.js";
import { Wishes } from "./marks.js";

const KINDS = ["example", "drawing"];

/** The example this page looks at: what the model says of it, its history, its marks, and showing it to the room. */
export class Chosen {
  #shown = { showing: false, refused: null, image: null };

  constructor(host) {
    this.host = host;
    const changed = () => host.requestUpdate();
    this.passport = new Loader(changed);
    this.said = new Loader(changed);
    this.wishes = new Wishes(host);
  }

  stop() {
    this.passport.none();
    this.said.none();
  }

  get image() {
    const { image } = this.host.chosen;
    return KINDS.includes(image?.kind) ? image : null;
  }

  /** Whose words are shown: the model of the list, or where there is no list that of the page. */
  get model() {
    return this.host.shelf.model ?? this.host.chosen.model;
  }

  is(example) {
    return same(imageOf(example), this.image);
  }

  pick(example) {
    this.host.choose({ image: imageOf(example), label: example.label });
  }

  /** Ask for what is not known of it. */
  look() {
    const { image, host } = this;
    const { state, room, key } = host;
    this.wishes.compare(state.seq);
    if (image?.kind === "example") this.#history(image);
    else this.passport.none();
    if (!image || host.list.examples.some((one) => this.is(one))) return this.said.none();
    const { model } = this;
    const subject = JSON.stringify([key, image]);
    this.said.want(JSON.stringify([subject, model]), subject, () => room.ask("classify", { model, image }));
  }

  #history({ split, number }) {
    const { state, room, key } = this.host;
    const done = Object.values(state.evaluations ?? {}).filter((one) => one.split === split && one.state === "done").length;
    const ends = state.checkpoints.filter(({ batch }) => batch === 0);
    const subject = `${key} ${split} ${number}`;
    const { model } = this;
    this.passport.want(JSON.stringify([subject, ends.length, ends.at(-1), done]), subject,
      () => room.ask("passport", { model, split, number }), this.host.away);
  }

  get example() {
    const listed = this.host.list.examples.find((one) => this.is(one));
    if (listed || !this.said.answer) return listed ?? null;
    const { softmax, prediction, image } = this.said.answer;
    const meant = this.host.state.drawings?.[this.image?.drawing]?.label;
    const label = this.passport.answer?.label ?? this.host.chosen.label ?? meant;
    if (!Number.isInteger(label)) return null;
    return { label, prediction, softmax, image, confidence: softmax[prediction], loss: -Math.log(softmax[label]) };
  }

  get view() {
    const { image, host } = this;
    const { showing, refused } = this.#shown;
    const picture = this.said.answer?.image ?? this.passport.answer?.image;
    const { named, state, online, present } = host;
    return { named, state, online, present, image, picture, example: image && this.example, passport: this.history,
      marks: image && this.marksView(image), show: this.show, showing, refused, shown: same(this.#shown.image, image) };
  }

  get history() {
    const { answer, refused, busy } = this.passport;
    return { answer, refused, busy };
  }

  /** What the marks of an example need to be drawn; null where it cannot be marked. */
  marksView(image, keys = false) {
    const example = exampleOf(image);
    if (!example) return null;
    const { state, key, room, online, present } = this.host;
    return { example, rows: marksOn(state, key, example), me: room.person, online, present, keys, ...this.wishes.of(example),
      send: (mark, note) => this.wishes.send(image, mark, note) };
  }

  rowsOf(example) {
    return marksOn(this.host.state, this.host.key, exampleOf(imageOf(example)));
  }

  /** Show it to everybody in the room. */
  show = async () => {
    const { image, host } = this;
    this.#set({ showing: true, refused: null, image: null });
    const answer = await host.room.send("show_example", { image, model: host.chosen.model });
    this.#set({ showing: false, refused: answer.ok ? null : answer.error, image: answer.ok ? image : null });
  };

  #set(values) {
    Object.assign(this.#shown, values);
    this.host.requestUpdate();
  }
}
