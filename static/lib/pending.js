/** Settings that were asked for and are not in effect yet. Only an Event (or a refusal) ends the wait. */
export class Pending {
  #asked = new Map();

  get(name) {
    return this.#asked.get(name)?.value;
  }

  has(name) {
    return this.#asked.has(name);
  }

  get size() {
    return this.#asked.size;
  }

  ask(id, changes) {
    const { reason, ...settings } = changes;
    for (const [name, value] of Object.entries(settings)) this.#asked.set(name, { id, value, accepted: false });
  }

  /** The Command was answered: refused ends the wait; accepted ends it where the value holds already. */
  answer(id, ok, settings) {
    for (const [name, asked] of this.#of(id)) {
      asked.accepted = true;
      if (!ok || same(settings?.[name], asked.value)) this.#asked.delete(name);
    }
  }

  /** An Event changed settings: what was asked is there, or was overtaken by a later wish. */
  changed(changes) {
    for (const [name, { to }] of Object.entries(changes ?? {})) {
      const asked = this.#asked.get(name);
      if (asked && (asked.accepted || same(to, asked.value))) this.#asked.delete(name);
    }
  }

  /** A Snapshot came: whatever holds by now needs no waiting. */
  compare(settings) {
    for (const [name, asked] of this.#asked) {
      if (same(settings[name], asked.value)) this.#asked.delete(name);
    }
  }

  #of(id) {
    return [...this.#asked].filter(([, asked]) => asked.id === id);
  }
}

/** Equal values; of what a map asks for, each entry (null: none) is in the other. */
function same(held, asked) {
  if (Array.isArray(asked) || asked === null || typeof asked !== "object") return JSON.stringify(held) === JSON.stringify(asked);
  return Object.entries(asked).every(([name, value]) => (held?.[name] ?? null) === value);
}
