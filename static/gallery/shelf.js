import { same } from "../lib/chosen.js";
import { evaluationOf, newestEpoch } from "../lib/examples.js";
import { MOST_ONLY, numbersWith } from "../lib/review.js";
import { text } from "../lib/texts.js";
import { List } from "./list.js";
import { Loader } from "./loader.js";
import { argsOf } from "./view.js";

/** Which model the gallery shows, and its examples. What is in use does not change under the hand; what is newer is offered. */
export class Shelf {
  model = null; // {branch, epoch} that is shown
  newer = null; // a later epoch than that, offered
  empty = null; // why there is nothing to ask for

  #pinned = null; // a model that was asked for from elsewhere, and which one the page looked at then

  constructor(host) {
    this.host = host;
    const changed = () => host.requestUpdate();
    this.list = new List(changed);
    this.mine = new Loader(changed, 0);
  }

  stop() {
    this.list.none();
    this.mine.none();
  }

  /** Show the newest at the next look. */
  renew() {
    this.model = null;
    this.list.again();
  }

  /** Show this model until the page looks at another one; null: the page's own. */
  pin(model) {
    this.#pinned = model ? { model, chosen: this.host.chosen.model } : null;
    this.renew();
  }

  /** Ask for what should be shown and is not. */
  look() {
    this.#settle();
    const { view } = this.host;
    const only = this.#only(view.mark);
    this.empty = this.model ? (only?.length === 0 ? text("gallery_none_marked") : null) : this.#why();
    if (this.empty) return this.stop();
    if (this.host.review.opened) return this.#progress(only);
    const evaluation = evaluationOf(this.host.state, this.model, view.split);
    const subject = JSON.stringify([view, this.host.chosen.model, this.model.branch, this.host.key]);
    const key = JSON.stringify([subject, this.model.epoch, evaluation?.state === "done" ? evaluation.seq : 0, only]);
    this.list.want(key, subject, () => this.#ask(argsOf(view, this.model, only)));
  }

  more() {
    const args = argsOf(this.host.view, this.model, this.#only(this.host.view.mark));
    return this.list.more((offset) => this.#ask({ ...args, offset }));
  }

  /** How many of the whole list one has marked oneself; null while that is not known. */
  get progress() {
    return this.mine.answer?.total ?? null;
  }

  #ask(args) {
    return this.host.room.ask("gallery", args);
  }

  #settle() {
    const { chosen } = this.host;
    if (!same(this.#pinned?.chosen, chosen.model)) this.#pinned = null;
    const newest = this.#pinned?.model ?? this.#chosen();
    const follows = chosen.model === "now" && !this.#pinned && newest?.branch === this.model?.branch;
    const held = this.model && newest && (this.host.review.opened || (follows && (this.#inUse || this.host.away)));
    if (!held) this.model = newest;
    this.newer = held && newest.epoch !== this.model.epoch ? newest : null;
  }

  #chosen() {
    const { state, chosen } = this.host;
    return chosen.model === "now" ? newestEpoch(state) : typeof chosen.model === "string" ? null : chosen.model;
  }

  /** Somebody looks closely at it. */
  get #inUse() {
    const { examples, grown } = this.list;
    return grown || this.host.matches(":focus-within") || examples.some((one) => this.host.one.is(one));
  }

  #why() {
    const { chosen, session } = this.host;
    if (chosen.model === "untrained") return text("gallery_untrained");
    return text(session.status === "training" ? "gallery_first" : "gallery_nothing");
  }

  #only(mark) {
    if (!mark) return null;
    const { state, key, view, room } = this.host;
    return numbersWith(state, key, view.split, mark, room.person).slice(0, MOST_ONLY);
  }

  /** The same list, only what one has marked: its total is all that is wanted. */
  #progress(only) {
    const { state, key, view, room } = this.host;
    const own = numbersWith(state, key, view.split, "mine", room.person).filter((number) => !only || only.includes(number));
    const asked = own.slice(0, MOST_ONLY);
    const subject = JSON.stringify([view, this.model]);
    const none = async () => ({ ok: true, total: 0 });
    this.mine.want(`${subject} ${asked}`, subject,
      asked.length ? () => this.#ask(argsOf(view, this.model, asked, 0, 1)) : none);
  }
}
