import { PASSED_OVER } from "../lib/ask.js";

const REST = 40; // ms between two questions: all components of a page share what the server takes in a second
const AGAIN = 250; // ms, where a question was passed over

/** Keeps an answer up to date: one question is under way at a time, and the next is about what there is by then. */
export class Live {
  #host;
  #question;
  #dirty = false;
  #flying = false;

  /** `question()` resolves with [name, args] of what there is now, or null; `host.answered(answer)` hears each answer, null of nothing. */
  constructor(host, question) {
    this.#host = host;
    this.#question = question;
  }

  get busy() {
    return this.#dirty || this.#flying;
  }

  /** Something has changed. */
  ask() {
    this.#dirty = true;
    this.go();
  }

  /** Go on, if anything is left to ask. */
  async go() {
    if (this.#flying || !this.#dirty || !this.#host.online) return;
    this.#flying = true;
    this.#dirty = false;
    const rest = await this.#once();
    await new Promise((resolve) => setTimeout(resolve, rest));
    this.#flying = false;
    this.go();
  }

  async #once() {
    const asked = await this.#question();
    const answer = asked ? await this.#host.room?.ask(...asked) : null;
    if (!answer?.ok && PASSED_OVER.includes(answer?.error.code)) {
      this.#dirty = true;
      return AGAIN;
    }
    this.#host.answered(answer);
    return REST;
  }
}
