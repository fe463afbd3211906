const AHEAD = "300px"; // around what the window shows

/** Whether a component is in the window, or nearly: what nobody looks at asks nothing. */
export class Seen {
  #watch = null;

  constructor(host) {
    Object.assign(this, { host, now: false });
    host.addController(this);
  }

  hostConnected() {
    this.#watch = new IntersectionObserver((entries) => {
      this.now = entries.at(-1).isIntersecting;
      if (this.now) this.host.requestUpdate();
    }, { rootMargin: AHEAD });
    this.#watch.observe(this.host);
  }

  hostDisconnected() {
    this.#watch?.disconnect();
  }
}
