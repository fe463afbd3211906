// Questions of a component about the network. One is under way at a time, the newest that is wanted comes next.
import { PASSED_OVER } from "./ask.js";

const AGAIN_AFTER = 600; // ms, where a question was lost or overtaken
const MOST_LOST = 2; // times in a row that one is asked again whose process has ended: it may be the question that ends it
const SOON = 20_000; // ms; what had no answer for longer is too much to be asked again
const KEPT = 16; // answers of a page, so that components share them, and the way back is fast
const PASSING = new Set([...PASSED_OVER, "offline"]);
const LOST = new Set(["no_answer", "no_examiner"]);
const answers = new WeakMap(); // by room

function shared(room, key, name, args) {
  const kept = answers.get(room) ?? new Map();
  answers.set(room, kept);
  const found = kept.get(key) ?? room.ask(name, args);
  kept.delete(key);
  kept.set(key, found);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  found.then((answer) => answer.ok || kept.delete(key));
  return found;
}

/** The answer to a question that its component wants at the moment: `answer`, or `error`, and whether a newer one is awaited. */
export class Query {
  #host;
  #name;
  #wanted = null; // {key, args, moment}
  #done = null; // key of what is shown
  #flying = false;
  #lost = 0; // in a row

  answer = null;
  error = null;
  about = null; // {args, moment} of the answer

  constructor(host, name) {
    this.#host = host;
    this.#name = name;
  }

  get busy() {
    return Boolean(this.#wanted) && this.#wanted.key !== this.#done;
  }

  /** Ask this, unless it has been asked; another `moment`: ask anew. Without args nothing is wanted. */
  want(args, moment = "") {
    this.#wanted = args ? { args, moment, key: JSON.stringify([this.#name, args, moment]) } : null;
    if (!args) this.#show(null, null, null, null);
    this.#next();
  }

  async #next() {
    const { room } = this.#host;
    if (this.#flying || !this.busy || !room) return;
    this.#flying = true;
    const [wanted, since] = [this.#wanted, performance.now()];
    const answer = await shared(room, wanted.key, this.#name, wanted.args);
    if (this.#passes(answer, performance.now() - since)) await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    else if (this.#wanted) this.#take(wanted, answer);
    this.#flying = false;
    if (this.#host.isConnected) this.#next();
  }

  /** Whether this was no answer yet, and the question is asked again. */
  #passes({ ok, error }, milliseconds) {
    if (ok || PASSING.has(error.code)) return !ok;
    if (!LOST.has(error.code) || milliseconds > SOON) return false;
    this.#lost += 1;
    return this.#lost <= MOST_LOST;
  }

  #take({ key, args, moment }, answer) {
    this.#lost = 0;
    if (answer.ok) this.#show(key, answer, null, { args, moment });
    else this.#show(key, null, answer.error, null);
    this.#host.requestUpdate();
  }

  #show(key, answer, error, about) {
    this.#done = key;
    Object.assign(this, { answer, error, about });
  }
}

/** Lets a value through at most once in `every` ms; its component is redrawn when the newest may come. */
export class Pace {
  #shown;
  #next = 0; // when another one may come
  #timer = 0;

  constructor(host, every) {
    Object.assign(this, { host, every });
  }

  let(value) {
    const rest = this.#next - performance.now();
    if (value === this.#shown) return this.#shown;
    if (rest <= 0) {
      this.#shown = value;
      this.#next = performance.now() + this.every;
    } else {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.host.requestUpdate(), rest);
    }
    return this.#shown;
  }
}
