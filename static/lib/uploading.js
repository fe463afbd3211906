// Brings a file to the server in chunks, whatever happens to the line: after each break it asks how much is there, and goes on.
import { OFFLINE } from "./ask.js";

const LONGEST_PAUSE = 10_000; // ms between two tries
const CHUNK_WITHIN = 60_000; // ms for one chunk
const WINDOW = 8; // chunks that the speed is taken from
const TOKEN = "no_token";
// what passes by waiting
const AGAIN = ["offline", "busy", "too_often", "storage_failed", "restarting", "internal", "wrong_offset", TOKEN];
// a folder, or a file that has changed or gone since it was chosen
const UNREADABLE = { code: "unreadable", message: "", hint: "" };
const SAMPLED = 64 * 1024; // bytes at both ends that tell files apart

/** Tries one after another wait longer: 0.5 s, 1 s, 2 s … 10 s. */
export function pauseAfter(failures) {
  return Math.min(LONGEST_PAUSE, 250 * 2 ** failures);
}

/** Which file this is: the same again has the same print. No secret, only a means to go on with it later. */
export async function printOf(file) {
  const ends = [file.slice(0, SAMPLED), file.slice(Math.max(0, file.size - SAMPLED))];
  let [one, two] = [0x811c9dc5, 0x1000193];
  const about = new TextEncoder().encode(`${file.name}\n${file.size}\n${file.lastModified ?? 0}`);
  for (const part of [about, ...await Promise.all(ends.map(bytesOf))]) {
    for (const byte of part) {
      one = Math.imul(one ^ byte, 0x1000193);
      two = Math.imul(two ^ byte, 0x5bd1e995) + 1;
    }
  }
  return [one, two].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

function readable(blob) {
  return blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}

/** Seconds until all is there, from [[time in ms, bytes], …] of the newest chunks; NaN while nobody can tell. */
export function secondsLeft(seen, bytes) {
  const [first, last] = [seen[0], seen.at(-1)];
  const speed = last && last[0] > first[0] ? (1000 * (last[1] - first[1])) / (last[0] - first[0]) : 0;
  return speed > 0 ? (bytes - last[1]) / speed : NaN;
}

/** One file on its way. `line`: {fetch, token(), renew(), wait(ms, signal), now()}; `tell` hears {have, bytes, left, broken};
 *  broken: null, or the error that is waited out. */
export class Uploading {
  id = null; // as the server calls it, for whoever wants to take it back
  #file;
  #line;
  #tell;
  #signal;
  #have = 0;
  #chunk = 1_000_000;
  #seen = [];
  #trouble = null; // what went wrong last
  #failures = 0; // since the last chunk arrived
  #forgotten = 0; // how often the server no longer knew it

  constructor(file, line, { tell = () => {}, signal = null } = {}) {
    [this.#file, this.#line, this.#tell, this.#signal] = [file, line, tell, signal];
  }

  /** Resolves with {ok: true, id} once all is there, or with the refusal; `cancelled` where the signal says so. */
  async go() {
    const print = await printOf(this.#file).catch(() => null);
    if (print === null) return { ok: false, error: UNREADABLE };
    while (!this.#signal?.aborted) {
      const answer = this.id === null ? await this.#begin(print) : await this.#next();
      if (answer.ok && this.#have >= this.#file.size) return { ok: true, id: this.id };
      if (!answer.ok && !(await this.#mends(answer.error))) return answer;
    }
    return { ok: false, error: { code: "cancelled", message: "", hint: "" } };
  }

  async #begin(print) {
    const { name, size } = this.#file;
    const answer = await this.#ask("POST", "/api/uploads", JSON.stringify({ name, bytes: size, of: print }));
    if (!answer.ok) return answer;
    [this.id, this.#chunk] = [answer.id, answer.chunk ?? this.#chunk];
    this.#seen = [];
    return this.#took(answer);
  }

  async #next() {
    const from = this.#have;
    const part = this.#file.slice(from, from + this.#chunk);
    return this.#took(await this.#ask("PUT", `/api/uploads/${this.id}?at=${from}`, part));
  }

  #took(answer) {
    if (!answer.ok) return answer;
    if (answer.have > this.#have) this.#failures = 0;
    this.#have = answer.have;
    this.#seen = [...this.#seen.slice(-WINDOW), [this.#line.now(), this.#have]];
    this.#report();
    return answer;
  }

  #report() {
    const [{ size: bytes }, broken] = [this.#file, this.#failures ? this.#trouble : null];
    this.#tell({ have: this.#have, bytes, left: broken ? NaN : secondsLeft(this.#seen, bytes), broken });
  }

  /** After a failure: whether it is worth going on. Then all is set for it. */
  async #mends(error) {
    if (this.#signal?.aborted) return true; // the loop sees it
    if (error.code === "not_found" && this.id !== null) return this.#anew();
    if (!AGAIN.includes(error.code)) return false;
    await this.#rest(error);
    if (this.id !== null && !this.#signal?.aborted) await this.#look();
    return true;
  }

  async #rest(error) {
    this.#trouble = error;
    this.#failures += 1;
    this.#seen = [];
    this.#report();
    await this.#line.wait(pauseAfter(this.#failures), this.#signal);
    if (error.code === TOKEN && !this.#signal?.aborted) await this.#line.renew();
  }

  /** How much is there? Where that cannot be asked either, the next chunk will find out. */
  async #look() {
    const answer = await this.#ask("GET", `/api/uploads/${this.id}`);
    if (answer.ok) this.#took(answer);
    else if (answer.error.code === "not_found") this.#anew();
  }

  /** The server has forgotten it. Once is bad luck, again and again is not. */
  #anew() {
    [this.id, this.#have] = [null, 0];
    this.#forgotten += 1;
    return this.#forgotten < 4;
  }

  async #ask(method, path, body = undefined) {
    const kind = body instanceof Blob ? "application/octet-stream" : "application/json";
    const headers = { "X-Lockstep-Token": this.#line.token(), ...(body === undefined ? {} : { "Content-Type": kind }) };
    const signals = [AbortSignal.timeout(CHUNK_WITHIN), this.#signal].filter(Boolean);
    try {
      const answer = await (await this.#line.fetch(path, { method, headers, body, signal: AbortSignal.any(signals) })).json();
      return typeof answer?.ok === "boolean" ? answer : { ok: false, error: OFFLINE };
    } catch {
      return { ok: false, error: body instanceof Blob && !(await readable(body)) ? UNREADABLE : OFFLINE };
    }
  }
}
