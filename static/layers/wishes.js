/** Layers for which something was asked (frozen: true or false; dropout: a share, or null) and is not in effect yet. */
export class Wishes {
  #open = new Set();

  has(name) {
    return [...this.#open].some(({ wanted }) => name in wanted);
  }

  get(name) {
    return [...this.#open].findLast(({ wanted }) => name in wanted)?.wanted[name];
  }

  add(wanted, settings) {
    const wish = { wanted, before: fingerprint(settings), accepted: false };
    this.#open.add(wish);
    return wish;
  }

  answer(wish, ok) {
    wish.accepted = ok;
    if (!ok) this.#open.delete(wish);
  }

  /** What is in effect needs no waiting; nor does what somebody else has overtaken. */
  compare(settings) {
    for (const wish of this.#open) {
      const overtaken = wish.accepted && fingerprint(settings) !== wish.before;
      if (overtaken || Object.entries(wish.wanted).every(([name, value]) => holds(settings, name, value))) this.#open.delete(wish);
    }
  }
}

function holds({ frozen, dropouts }, name, value) {
  if (typeof value === "boolean") return (frozen ?? []).includes(name) === value;
  return (dropouts?.[name] ?? null) === value;
}

function fingerprint({ frozen, dropouts }) {
  return JSON.stringify([frozen, dropouts]);
}
