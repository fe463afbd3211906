const PATIENCE = 300; // ms after the last zoom before finer points are fetched
const WANTED = 2000; // points in the window

/** Finer points of the zoomed window, fetched once the hand rests. */
export class Fine {
  #timer = 0;
  #found = new Map();

  /** Forget the old window and fetch the new one; `done` is called when there is something to draw. */
  look(room, curves, window, done) {
    clearTimeout(this.#timer);
    this.#found = new Map();
    if (!room || !window) return;
    const found = this.#found;
    this.#timer = setTimeout(async () => {
      await Promise.all(curves.filter(({ part }) => part === "train").map((curve) => this.#load(room, curve, window, found)));
      if (found === this.#found) done();
    }, PATIENCE);
  }

  of(curve) {
    return this.#found.get(curve.key);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  async #load(room, curve, [from, to], found) {
    const points = await room.points(curve.branch, curve.series, from, to, WANTED);
    if (points?.length) found.set(curve.key, { points });
  }
}
