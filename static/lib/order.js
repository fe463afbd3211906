import { apply } from "./fold.js";

/** The log as this page has it: keeps Events in order, holds live ones back while catching up, sees gaps. */
export class Order {
  #held = [];

  state = null;
  catching = false;

  get seq() {
    return this.state ? this.state.seq : null;
  }

  /** From now on live Events wait for the answer to `join`. */
  hold() {
    this.catching = true;
  }

  /** Take one live Event; false where Events before it are missing. */
  receive(event) {
    if (this.catching || !this.state) {
      this.#held.push(event);
      return true;
    }
    return this.#take(event);
  }

  /** Take what `join` answered: a whole Snapshot or the Events since; false where something is still missing. */
  catchUp({ snapshot = null, events = [] }) {
    if (snapshot) this.state = snapshot;
    const waiting = [...events, ...this.#held].sort((a, b) => a.seq - b.seq);
    this.#held = [];
    this.catching = false;
    return waiting.every((event) => this.#take(event));
  }

  /** Forget everything: only a Snapshot helps now. */
  forget() {
    this.state = null;
    this.#held = [];
  }

  #take(event) {
    if (event.seq <= this.seq) return true;
    if (event.seq !== this.seq + 1) return false;
    apply(this.state, event.patch);
    this.state.seq = event.seq;
    return true;
  }
}
