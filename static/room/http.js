import { OFFLINE, ask } from "../lib/ask.js";

/** The requests beside the socket; `element` is the lab-room, whose attributes hold code, token and person. */
export class Http {
  #element;

  constructor(element) {
    this.#element = element;
  }

  snapshot() {
    return ask(`/api/rooms/${this.#element.code}`);
  }

  /** Finer points of a window of one series, or null. */
  async points(branch, series, from, to, max) {
    const query = new URLSearchParams({ branch, series, from, to, max });
    const answer = await ask(`/api/rooms/${this.#element.code}/points?${query}`);
    return answer.ok ? answer.points : null;
  }

  /** Fetch a new connect token; an old one is refused after a while. */
  async renew() {
    const answer = await ask("/api/session");
    if (!answer.ok) return;
    this.#element.setAttribute("token", answer.token);
    this.#element.setAttribute("person", answer.person);
  }

  async rename(name) {
    const answer = await this.#save(name);
    if (answer.ok || answer.error.code === OFFLINE.code) return answer;
    await this.renew();
    return this.#save(name);
  }

  #save(name) {
    const headers = { "Content-Type": "application/json", "X-Lockstep-Token": this.#element.getAttribute("token") };
    return ask("/api/session", { method: "POST", headers, body: JSON.stringify({ name }) });
  }
}
