import { Loader } from "./loader.js";
import { PAGE } from "./view.js";

/** The examples of a gallery, part after part. */
export class List extends Loader {
  growing = false;
  #more = [];

  get examples() {
    return this.answer ? [...this.answer.examples, ...this.#more] : [];
  }

  get total() {
    return this.answer?.total ?? 0;
  }

  get left() {
    return Math.min(PAGE, this.total - this.examples.length);
  }

  get grown() {
    return this.#more.length > 0;
  }

  want(key, subject, ask) {
    const before = this.key;
    super.want(key, subject, ask);
    if (this.key !== before) this.#more = [];
  }

  /** The next part, appended where still the same is shown; `ask` takes the offset. */
  async more(ask) {
    if (this.growing || this.left <= 0) return;
    const { key } = this;
    this.growing = true;
    this.changed();
    const answer = await ask(this.examples.length);
    this.growing = false;
    if (key === this.key && answer.ok) this.#more = [...this.#more, ...answer.examples];
    if (key === this.key && !answer.ok) this.refused = answer.error;
    this.changed();
  }
}
