import { persist } from "../lib/examples.js";

const RESTS = 3000; // ms between answers about the same thing: while it trains, it changes all the time

/** One question at a time of one kind; the newest wish counts, and what is shown stays until its next answer is here. */
export class Loader {
  answer = null;
  refused = null;
  busy = false;
  key = null; // of what is shown or on its way
  #subject = null;
  #number = 0;
  #rest = 0;
  #timer = 0;

  constructor(changed, rests = RESTS) {
    this.changed = changed;
    this.rests = rests;
  }

  /** Ask unless `key` is as before; what is shown goes where `subject` is another. `calm`: of the same one nothing newer is needed. */
  want(key, subject, ask, calm = false) {
    if (key === this.key) return;
    const other = subject !== this.#subject;
    if (!other && calm && this.key !== null) return;
    if (!other && Date.now() < this.#rest) return this.#later();
    if (other) this.answer = this.refused = null;
    Object.assign(this, { key, busy: true });
    this.#subject = subject;
    this.#rest = Date.now() + this.rests;
    this.#ask(ask);
  }

  /** Nothing is wanted. */
  none() {
    Object.assign(this, { key: null, answer: null, refused: null, busy: false });
    this.#subject = null;
    this.#number += 1;
    clearTimeout(this.#timer);
  }

  /** Ask the same once more at the next chance. */
  again() {
    Object.assign(this, { key: null, refused: null });
    this.#rest = 0;
    this.changed();
  }

  async #ask(ask) {
    const number = (this.#number += 1);
    const answer = await persist(ask, () => number === this.#number);
    if (number !== this.#number) return;
    if (answer.error?.code === "offline") this.key = null; // asked again when the line is back
    else Object.assign(this, { answer: answer.ok ? answer : null, refused: answer.error ?? null });
    this.busy = false;
    this.changed();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.changed, this.#rest - Date.now());
  }
}
