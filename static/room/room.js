// <lab-room code token person name>: THE connection. Joins, orders, folds, sends; the only user of Socket.IO.
// Components inside find it with closest("lab-room"), listen to "change" and read state, people, connection, pending.
import { io } from "socket.io-client";
import { OFFLINE } from "../lib/ask.js";
import { define } from "../lib/element.js";
import { Order } from "../lib/order.js";
import { Outbox, uniqueId } from "../lib/outbox.js";
import { Pending } from "../lib/pending.js";
import { Asking } from "./asking.js";
import { Http } from "./http.js";

const ANSWER_WITHIN = 8000; // ms; a line that is silent for longer is given up
const AGAIN_AFTER = 400; // ms before the next try to catch up
const REFUSED_AFTER = 3; // refusals in a row before the page says so
const REFUSED_PAUSE = 5000; // ms between tries from then on

class Room extends HTMLElement {
  #order = new Order();
  #outbox = new Outbox();
  #http = new Http(this);
  #asking = new Asking();
  #catalogue = null;
  #socket = null;
  #frame = 0;
  #refusals = 0;
  #unlisten = null;

  people = [];
  pending = new Pending();
  connection = "connecting"; // connecting · online · reconnecting · refused
  refusal = null; // why the room could not be entered

  get code() {
    return this.getAttribute("code");
  }

  get person() {
    return this.getAttribute("person");
  }

  get name() {
    return this.getAttribute("name") ?? "";
  }

  get state() {
    return this.#order.state;
  }

  get catalogue() {
    return (this.#catalogue ??= JSON.parse(document.getElementById("catalogue")?.textContent || "null"));
  }

  connectedCallback() {
    if (!this.code || this.#socket) return;
    const auth = (give) => give({ token: this.getAttribute("token") });
    this.#socket = io({ transports: ["websocket"], auth, forceNew: true, reconnectionDelay: 300, reconnectionDelayMax: 3000 });
    this.#socket.on("connect", () => this.#join());
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("connect_error", () => this.#refused());
    this.#socket.on("event", (event) => this.#take(event));
    this.#socket.on("answer", (answer) => this.#asking.settle(answer));
    this.#socket.on("presence", ({ people }) => this.#change({ people }));
    this.#listen();
    this.#change({});
  }

  disconnectedCallback() {
    this.#unlisten?.abort();
    this.#socket?.disconnect();
    this.#socket = null;
  }

  /** Send a Command; resolves with the answer, `{ok: true, seq}` or the error shape. */
  async send(name, args = {}) {
    if (this.connection !== "online") return { ok: false, error: OFFLINE };
    const envelope = { id: uniqueId(), name, args };
    const answered = this.#outbox.add(envelope);
    if (name === "set_settings") this.pending.ask(envelope.id, args);
    this.#post(envelope);
    this.#change({});
    const answer = await answered;
    this.pending.answer(envelope.id, answer.ok, this.state?.settings);
    this.#change({});
    return answer;
  }

  /** Give this person another name; everybody sees it. */
  async rename(name) {
    const answer = await this.#http.rename(name);
    if (!answer.ok) return answer;
    this.setAttribute("name", answer.name);
    this.#join();
    return answer;
  }

  /** Ask about the network; resolves with the answer, `{ok: true, …}` or the error shape. Nothing changes. */
  ask = (name, args) => this.#asking.ask(this.#socket, name, args);

  /** Finer points of a window of one series, or null. */
  points = (...window) => this.#http.points(...window); // branch, series, from, to, max

  #listen() {
    this.#unlisten = new AbortController();
    const { signal } = this.#unlisten;
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake(), { signal });
    addEventListener("online", () => this.#wake(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#wake(), { signal });
  }

  #wake() {
    if (this.#socket?.connected) this.#join();
    else this.#socket?.connect();
  }

  async #join() {
    const socket = this.#socket;
    this.#order.hold();
    const wish = { room: this.code, since: this.#order.seq, name: this.name || null };
    try {
      const answer = await socket.timeout(ANSWER_WITHIN).emitWithAck("join", wish);
      if (socket !== this.#socket) return;
      if (answer.ok) await this.#catchUp(answer);
      else this.#shut(answer.error);
    } catch {
      if (socket?.connected) socket.disconnect().connect(); // a dead line that still looks open
    }
  }

  #shut(refusal) {
    if (!this.state) this.#change({ connection: "refused", refusal });
    this.#again(REFUSED_PAUSE);
  }

  async #catchUp(answer) {
    this.#refusals = 0;
    if (answer.seq < (this.#order.seq ?? 0)) this.#order.forget(); // the room's log begins anew
    const whole = answer.snapshot || !this.#order.state;
    const found = whole ? await this.#http.snapshot() : answer;
    if (whole && !found.ok) return this.#again();
    if (!this.#fold(() => this.#order.catchUp(found))) return this.#again();
    this.pending.compare(this.state.settings);
    this.#change({ connection: "online", refusal: null });
    this.#outbox.unanswered().forEach((envelope) => this.#post(envelope));
  }

  #again(after = AGAIN_AFTER) {
    setTimeout(() => this.#socket?.connected && this.#join(), after);
  }

  #take(event) {
    const waits = this.#order.catching;
    if (!this.#fold(() => this.#order.receive(event))) return this.#join();
    if (!waits) this.pending.changed(event.data?.changes);
    this.#change({});
  }

  /** A patch that does not fit means that this copy is wrong: drop it, the next join brings the whole. */
  #fold(change) {
    try {
      return change();
    } catch (error) {
      console.error(error);
      this.#order.forget();
      return false;
    }
  }

  #post(envelope) {
    this.#socket.timeout(ANSWER_WITHIN).emit("command", envelope, (late, answer) => {
      if (!late) this.#outbox.settle(envelope.id, answer);
      else if (this.#outbox.has(envelope.id) && this.connection === "online") this.#post(envelope);
    });
  }

  #lost(reason) {
    this.#asking.lose();
    this.#change({ connection: "reconnecting" });
    if (reason === "io server disconnect") this.#socket.connect();
  }

  async #refused() {
    const socket = this.#socket;
    if (!socket || socket.active) return this.#change({ connection: this.state ? "reconnecting" : "connecting" });
    this.#refusals += 1; // not the network: the server said no, most likely the token is too old
    if (this.#refusals > REFUSED_AFTER) this.#change({ connection: "refused" });
    await this.#http.renew();
    setTimeout(() => socket === this.#socket && socket.connect(), this.#refusals > 1 ? REFUSED_PAUSE : 0);
  }

  #change(values) {
    Object.assign(this, values);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.dispatchEvent(new Event("change"));
    });
  }
}

define("lab-room", Room);
