// What hands ask for, one after another. Each wish is worked out when its turn comes, from the network as it is then;
// of several wishes about the same field only the last is sent.

/** A wish: {command, make, key?, value?, again?, done?}; make() gives the arguments, or null where it no longer makes sense;
 * done(ok) hears how it ended. */
export class Desk {
  #host;
  #waiting = [];
  #going = null; // what is being asked, or answered but not here yet
  #last = { key: null, seq: 0 }; // the field typed into last, and the Event that came of it
  #stays = 0; // how often a hand has left a field
  #arrivals = [];

  constructor(host) {
    this.#host = host;
  }

  get busy() {
    return Boolean(this.#going);
  }

  /** Whether something about this field is asked for and not here yet. */
  has(key) {
    return Boolean(this.#find(key));
  }

  /** The value asked for, or undefined. */
  wanted(key) {
    return this.#find(key)?.value;
  }

  ask(wish) {
    const overtaken = this.#waiting.filter(({ key }) => key && key === wish.key);
    this.#waiting = [...this.#waiting.filter((one) => !overtaken.includes(one)), { ...wish, stay: this.#stays }];
    overtaken.forEach(({ done }) => done?.(false));
    if (!this.#going) this.#work();
    else this.#host.requestUpdate();
  }

  /** The hand has left the field: what is typed there later is a step of its own. */
  rest() {
    this.#stays += 1;
    this.#last = { key: null, seq: 0 };
  }

  /** Called whenever another Snapshot is drawn. */
  arrived() {
    this.#arrivals = this.#arrivals.filter(({ here, go }) => !here() || go());
  }

  #find(key) {
    return this.#waiting.findLast((wish) => wish.key === key) ?? (this.#going?.key === key ? this.#going : null);
  }

  async #work() {
    while ((this.#going = this.#waiting.shift() ?? null)) {
      this.#host.requestUpdate();
      await this.#do(this.#going);
    }
    this.#host.requestUpdate();
  }

  async #do(wish) {
    const made = wish.make();
    if (!made) return wish.done?.(false);
    const seq = this.#seq;
    const args = wish.command === "edit_draft" ? this.#based(made, wish.key) : made;
    const answer = await this.#host.room.send(wish.command, args);
    if (!answer.ok) return this.#refused(wish, answer.error, seq);
    await this.#until(() => this.#host.seen >= answer.seq);
    this.#last = { key: wish.stay === this.#stays ? (wish.key ?? null) : null, seq: this.#seq };
    wish.done?.(true);
  }

  /** Of the draft as drawn; what is asked for is about that one. */
  get #seq() {
    return this.#host.base?.seq ?? 0;
  }

  /** Typing on in the same field, with nothing in between, is one step of undo. */
  #based(edits, key) {
    const seq = this.#seq;
    const continues = Boolean(key) && key === this.#last.key && seq === this.#last.seq;
    return { edits, seq, ...(continues ? { continues } : {}) };
  }

  /** Somebody was faster: a value of a layer that is still there is asked for once more, everything else is explained. */
  async #refused(wish, error, seq) {
    if (error.code === "stale" && wish.again) {
      await this.#until(() => this.#seq !== seq);
      this.#waiting.unshift({ ...wish, again: false });
      return;
    }
    [wish, ...this.#waiting.splice(0)].forEach(({ done }) => done?.(false));
    this.#host.refuse(error);
  }

  #until(here) {
    return here() ? null : new Promise((go) => this.#arrivals.push({ here, go }));
  }
}
