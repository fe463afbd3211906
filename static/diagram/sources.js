import { ask } from "../lib/ask.js";

const AGAIN = 4000; // ms until a request that failed is made again

/** What the diagram asks the server for: the report of the present Run, once. */
export class Sources {
  #wanted = ""; // the Run and Blueprint whose report is wanted
  #found = null; // {blueprint, report} of that, or null
  #text = [null, ""]; // a Blueprint, and the same as text
  #compared = []; // two Blueprints, and whether they are the same
  #timers = new Set();

  /** The report of the present Run, null until it is here; then `done` is called. */
  report(code, state, done) {
    if (this.#text[0] !== state.blueprint) this.#text = [state.blueprint, JSON.stringify(state.blueprint)];
    const wanted = `${code} ${state.session.position?.run} ${this.#text[1]}`;
    if (wanted !== this.#wanted) {
      this.#wanted = wanted;
      this.#fetch(code, wanted, done);
    }
    return this.#found;
  }

  /** Whether a Blueprint is that of the present Run. */
  same(blueprint, state) {
    const [one, other] = this.#compared;
    if (one !== blueprint || other !== state.blueprint) {
      this.#compared = [blueprint, state.blueprint, JSON.stringify(blueprint) === JSON.stringify(state.blueprint)];
    }
    return this.#compared[2];
  }

  stop() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#wanted = "";
  }

  async #fetch(code, wanted, done) {
    const answer = await ask(`/api/rooms/${code}/report`);
    if (wanted !== this.#wanted) return;
    if (answer.ok) {
      this.#found = { blueprint: answer.blueprint, report: answer.report };
      return void done();
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (wanted === this.#wanted) this.#fetch(code, wanted, done);
    }, AGAIN);
    this.#timers.add(timer);
  }
}
