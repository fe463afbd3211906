/** Commands that were sent and not yet answered; after a reconnect they are sent again under the same id. */
export class Outbox {
  #open = new Map();

  /** Keep a Command; the promise settles with its answer, whenever that comes. */
  add(envelope) {
    return new Promise((resolve) => this.#open.set(envelope.id, { envelope, resolve }));
  }

  has(id) {
    return this.#open.has(id);
  }

  settle(id, answer) {
    this.#open.get(id)?.resolve(answer);
    this.#open.delete(id);
  }

  unanswered() {
    return [...this.#open.values()].map((entry) => entry.envelope);
  }
}

/** A unique id of 22 letters; `randomUUID` is missing where the page comes over plain http from another machine. */
export function uniqueId(random = (bytes) => globalThis.crypto.getRandomValues(bytes)) {
  const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  return Array.from(random(new Uint8Array(22)), (byte) => alphabet[byte & 63]).join("");
}
