import { OFFLINE } from "../lib/ask.js";
import { uniqueId } from "../lib/outbox.js";

/** Questions about the network: nothing changes by them, so a break of the line ends them. */
export class Asking {
  #open = new Map();

  /** Resolves with the answer, `{ok: true, …}` or the error shape; a newer question of the same kind may overtake it. */
  ask(socket, name, args) {
    if (!socket?.connected) return Promise.resolve({ ok: false, error: OFFLINE });
    const id = uniqueId();
    const answered = new Promise((resolve) => this.#open.set(id, resolve));
    socket.emit("ask", { id, name, args }, (taken) => taken.ok || this.settle({ id, answer: taken }));
    return answered;
  }

  settle({ id, answer }) {
    this.#open.get(id)?.(answer);
    this.#open.delete(id);
  }

  /** The line broke: nobody will answer. */
  lose() {
    for (const id of [...this.#open.keys()]) this.settle({ id, answer: { ok: false, error: OFFLINE } });
  }
}
