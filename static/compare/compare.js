// <lab-compare>: curves of up to eight Branches of any rooms over each other; the whole choice stands in the address.
import { html, nothing } from "lit";
import { ask } from "../lib/ask.js";
import { MOST, branchFor, curvesOf, differing, keyOf, live, pasted, readChoice, validates, valueAt, writeChoice } from "../lib/compare.js";
import { RoomElement, define } from "../lib/element.js";
import { loss, percent } from "../lib/format.js";
import { text } from "../lib/texts.js";
import { Chart } from "./chart.js";
import { adderTemplate, lineTemplate, missingTemplate, switchesTemplate } from "./choose.js";
import { told } from "./plot.js";
import { differencesTemplate, resultsTemplate, tag } from "./sheet.js";

const EVERY = 3000; // ms between looks at rooms that train
const CHARTS = ["loss", "accuracy"];

class Compare extends RoomElement {
  static properties = { choice: { state: true }, said: { state: true }, x: { state: true } };

  #lines = [];
  #curves = new Map(); // loss, accuracy → what is drawn
  #rooms = new Map(); // code → answer of the server; asked for again while something trains
  #asked = new Set();
  #charts = new Map();
  #timer = 0;
  #table = null;
  #read = () => { this.choice = readChoice(location.search); };
  #wake = () => document.hidden || this.#look();

  connectedCallback() {
    super.connectedCallback();
    this.#read();
    addEventListener("popstate", this.#read);
    document.addEventListener("visibilitychange", this.#wake);
    this.#timer = setInterval(() => this.#wake(), EVERY);
  }

  disconnectedCallback() {
    removeEventListener("popstate", this.#read);
    document.removeEventListener("visibilitychange", this.#wake);
    clearInterval(this.#timer);
    this.#charts.forEach((chart) => chart.stop());
    this.#charts.clear();
    super.disconnectedCallback();
  }

  get #rows() {
    return (this.#table ??= JSON.parse(document.getElementById("catalogue")?.textContent || "null")?.settings ?? []);
  }

  /** All lines with the Snapshot of their room, or the problem there is with it. */
  #linesNow() {
    return this.choice.lines.map((line) => {
      const answer = this.#rooms.get(line.room);
      const state = answer?.snapshot ?? null;
      const problem = !answer ? "loading" : !answer.ok ? (answer.error.code === "not_found" ? "room" : "offline")
        : state.branches[line.branch] ? null : Object.keys(state.branches).length ? "branch" : "empty";
      return { ...line, state, problem };
    });
  }

  get #good() {
    return this.#lines.filter(({ problem }) => problem === null);
  }

  /** Whether the curves are to be drawn as differences from one of the lines. */
  get #signed() {
    return this.#good.some((line) => keyOf(line) === this.choice.against);
  }

  willUpdate(changed) {
    if (onlyCursor(changed)) return;
    for (const { room } of this.choice.lines) if (!this.#rooms.has(room)) this.#fetch(room);
    this.#lines = this.#linesNow();
    this.#curves = new Map(CHARTS.map((what) => [what, curvesOf(this.#good, this.choice, what)]));
  }

  async #fetch(room) {
    if (this.#asked.has(room)) return null;
    this.#asked.add(room);
    const answer = await ask(`/api/rooms/${room}`);
    this.#asked.delete(room);
    if (answer.ok || !this.#rooms.get(room)?.ok) this.#rooms.set(room, answer);
    this.requestUpdate();
    return answer;
  }

  #look() {
    const rooms = new Set(this.choice.lines.map(({ room }) => room));
    for (const room of rooms) {
      const answer = this.#rooms.get(room);
      if (!answer?.ok || live(answer.snapshot)) this.#fetch(room);
    }
  }

  render() {
    const good = this.#good;
    const hands = { swap: (line, branch) => this.#swap(line, branch), drop: (line) => this.#drop(line) };
    const taken = this.choice.lines.map(keyOf);
    return html`<section class="lab-card choose" aria-label=${text("compare")}>
        <h2>${text("compare")}</h2>
        <p class="lead-in">${text(["compare_none", "compare_one"][taken.length] ?? "compare_lead")}</p>
        <ol class="lines">${good.map((line, index) => lineTemplate(line, index, taken, this.#rows, hands))}</ol>
        ${missingTemplate(this.#lines.filter(({ problem }) => problem), hands.drop)}
        ${adderTemplate(taken.length >= MOST, this.said, (event) => this.#add(event))}
        ${good.length ? switchesTemplate(this.choice, good, (change) => this.#go(change)) : nothing}
      </section>
      <div class="compare-charts" ?hidden=${!good.length}>${CHARTS.map((what) => this.#chart(what, good))}</div>
      ${good.length ? this.#sheets(good) : nothing}`;
  }

  updated(changed) {
    if (!this.#good.length || !this.isConnected || onlyCursor(changed)) return;
    const tell = { cursor: (x) => { this.x = x; } };
    for (const what of CHARTS) {
      if (!this.#charts.has(what)) this.#charts.set(what, new Chart(this.querySelector(`[data-chart=${what}] .plot`)));
      const { axis } = this.choice;
      this.#charts.get(what).show(this.#curves.get(what), { what, axis, signed: this.#signed, tell });
    }
  }

  #chart(what, good) {
    const title = text(this.#signed ? "compare_difference" : "compare_of", { what: text(what) });
    const empty = good.length && !this.#curves.get(what).some(({ points }) => points.length);
    return html`<section class="lab-card" data-chart=${what} aria-label=${title}>
      <header><h2>${title}</h2><p class="readout">${this.#values(what)}</p></header>
      <div class="stage"><div class="plot" tabindex="0" role="group" aria-label="${title}. ${text("compare_keys")}"
        @keydown=${(event) => this.#charts.get(what)?.key(event) && event.preventDefault()}></div>
        ${empty ? html`<p class="chart-empty">${text("compare_no_points")}</p>` : nothing}</div>
    </section>`;
  }

  /** The exact values at the cursor, of the first kind of curve that is shown. */
  #values(what) {
    const { parts, axis } = this.choice;
    const [part] = parts;
    if (this.x === null || this.x === undefined) return parts.map((one) => html`<span class="key ${one}">${text(`compare_${one}`)}</span>`);
    const show = what === "accuracy" ? percent : loss;
    const first = this.#curves.get(what).filter((curve) => curve.part === part);
    return html`${told(axis, this.x)}: ${first.map(({ line, points }) => html`<span class="at">${tag(line)} ${show(valueAt(points, this.x) ?? NaN)}</span>`)}`;
  }

  #sheets(good) {
    const splits = good.some(validates) ? ["validation", "test"] : ["test"];
    return html`${splits.map((split) => html`<section class="lab-card"><h2>${text(`compare_results_${split}`)}</h2>${resultsTemplate(good, this.#rows, split)}</section>`)}
      ${good.length > 1 ? html`<section class="lab-card"><h2>${text("compare_differences")}</h2>
        ${differencesTemplate(good, differing(good), this.#rows)}</section>` : nothing}`;
  }

  #go(change) {
    this.said = null;
    const choice = { ...this.choice, ...change };
    history.pushState(null, "", location.pathname + writeChoice(choice));
    this.#read();
  }

  #drop(line) {
    this.#go({ lines: this.choice.lines.filter((one) => keyOf(one) !== keyOf(line)) });
  }

  #swap(line, branch) {
    const against = this.choice.against === keyOf(line) ? `${line.room}.${branch}` : this.choice.against;
    this.#go({ against, lines: this.choice.lines.map((one) => (keyOf(one) === keyOf(line) ? { room: line.room, branch } : one)) });
  }

  async #add(event) {
    event.preventDefault();
    const form = event.target;
    const wishes = pasted(new FormData(form).get("what"));
    const lines = [...this.choice.lines];
    for (const { room, branch } of wishes) lines.push({ room, branch: branch ?? await this.#branch(room, lines) });
    const known = lines.filter((line) => line.branch);
    if (known.length > this.choice.lines.length) {
      this.#go({ lines: known });
      form.reset();
    } else this.said = text(wishes.length ? "compare_nothing" : "compare_unreadable");
  }

  async #branch(room, lines) {
    const answer = this.#rooms.get(room) ?? await this.#fetch(room);
    return branchFor(answer?.snapshot, lines.filter((one) => one.room === room).map((one) => one.branch));
  }
}

/** The cursor moves with every frame: then nothing is computed or drawn anew but the values beside it. */
function onlyCursor(changed) {
  return changed.size === 1 && changed.has("x");
}

define("lab-compare", Compare);
