import { ask } from "../lib/ask.js";

const RESTS = 250; // ms; what the cursor only passes over is not fetched
const KEPT = 60; // epochs

/** Histograms at the end of an earlier epoch of a Branch, fetched when the cursor rests there. */
export class Past {
  #found = new Map(); // "branch epoch" → {x, histograms}, or null while it is being fetched
  #timer = 0;

  /** What is known of this epoch; where nothing is, it is fetched, and `done` is called when it is here. */
  at(code, branch, epoch, done) {
    clearTimeout(this.#timer);
    const key = `${branch} ${epoch}`;
    if (this.#found.has(key)) return this.#found.get(key);
    this.#timer = setTimeout(() => this.#fetch(code, branch, epoch, key, done), RESTS);
    return null;
  }

  stop() {
    clearTimeout(this.#timer);
  }

  async #fetch(code, branch, epoch, key, done) {
    if (this.#found.size >= KEPT) this.#found.clear();
    this.#found.set(key, null);
    const answer = await ask(`/api/rooms/${code}/layers?${new URLSearchParams({ branch, epoch })}`);
    if (!answer.ok) return void this.#found.delete(key);
    this.#found.set(key, { x: answer.x, histograms: answer.histograms });
    done();
  }
}
