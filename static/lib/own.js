import { ask } from "./ask.js";
import { datasetOf, ownRow } from "./datasets.js";

/** The own images that a room can learn from, as the server lists them; asked for anew whenever those of the room change. */
export class Own {
  own = []; // of this room: rows like those of the table, with {networks, bytes, shared, by, at}
  shared = []; // of other rooms
  quota = null;
  refused = null;
  known = false;
  #host;
  #of = null; // what the list is of
  #coming = null;
  #wanted = false;

  constructor(host) {
    this.#host = host;
  }

  get rows() {
    const here = new Set(this.own.map(({ name }) => name));
    return [...this.own, ...this.shared.filter(({ name }) => !here.has(name))];
  }

  find(name) {
    return this.rows.find((one) => one.name === name) ?? null;
  }

  /** Those of the table, own images, and the one of this Blueprint, should it be gone from the shelf. */
  all(blueprint = null) {
    const datasets = [...(this.#host.catalogue?.datasets ?? []), ...this.rows];
    const mine = datasetOf(blueprint, { datasets });
    return !mine || datasets.some(({ name }) => name === mine.name) ? datasets : [...datasets, mine];
  }

  /** From now on it is wanted; asked for at once, since other rooms' images change without a word. Resolves when it is here. */
  want() {
    this.#wanted = true;
    return this.follow(true);
  }

  /** Call it whenever the room may have changed; resolves when the list is that of now. */
  follow(again = false) {
    const { state, room, online } = this.#host;
    if (!this.#wanted || !state || !online) return null;
    const of = JSON.stringify([room.code, state.images ?? {}]);
    if (of !== this.#of || again) {
      this.#of = of;
      this.#coming = this.#fetch(room.code, of);
    }
    return this.#coming;
  }

  async #fetch(code, of) {
    const answer = await ask(`/api/rooms/${code}/images`);
    if (of !== this.#of) return this.#coming;
    this.refused = answer.ok ? null : answer.error;
    this.known ||= answer.ok;
    if (answer.ok) Object.assign(this, { own: answer.own.map(rowOf), shared: answer.shared.map(rowOf), quota: answer.quota });
    this.#host.requestUpdate();
    return null;
  }
}

function rowOf({ name, images, ...more }) {
  return { ...ownRow(name, images), ...more };
}

/** A network of the first ones for a dataset: {blueprint, out: what comes out of each layer}; null where there is none. */
export function networkFor(networks, name, row) {
  return row.networks?.[name] ?? networks[name]?.[row.name] ?? null;
}
