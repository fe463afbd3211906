import { ask } from "../lib/ask.js";

const KEPT = 40; // whole results; they never change, so they may as well be fetched again

/** The whole results, by the number of their Event; `done` is called when one is here. */
export class Results {
  #found = new Map(); // seq → answer, or null while it is on its way
  #done;

  constructor(done) {
    this.#done = done;
  }

  /** The result, or null: not here yet, or not to be had. */
  of(code, seq) {
    const answer = this.answer(code, seq);
    return answer?.ok ? answer.evaluation : null;
  }

  /** What the server answered, or null while it is on its way. */
  answer(code, seq) {
    if (!this.#found.has(seq)) this.#fetch(code, seq);
    return this.#found.get(seq) ?? null;
  }

  /** What could not be had is asked for once more. */
  forget() {
    for (const [seq, answer] of this.#found) if (answer && !answer.ok) this.#found.delete(seq);
    this.#done();
  }

  async #fetch(code, seq) {
    if (this.#found.size >= KEPT) this.#found.delete(this.#found.keys().next().value);
    this.#found.set(seq, null);
    this.#found.set(seq, await ask(`/api/rooms/${code}/evaluations/${seq}`));
    this.#done();
  }
}
