// <lab-evaluator>: what stored models do with every example of a split: numbers, classes, matrix, curves; two of them side by side.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { same } from "../lib/chosen.js";
import { RoomElement, define } from "../lib/element.js";
import {
  classesOf, comparable, drawingsOf, evaluationOf, latestOn, listed, splitsOf, targetOf,
} from "../lib/evaluation.js";
import { settled } from "../lib/models.js";
import { language, text } from "../lib/texts.js";
import { calibrationTemplate } from "./calibration.js";
import { curvesTemplate, weakest } from "./curves.js";
import { jobTemplate } from "./job.js";
import { matrixTemplate } from "./matrix.js";
import { numbersTemplate } from "./numbers.js";
import { pastTemplate } from "./past.js";
import { Results } from "./results.js";
import { tableTemplate } from "./table.js";

const SIDES = { A: "model", B: "beside" };

class Evaluator extends RoomElement {
  static properties = {
    split: { state: true }, asked: { state: true }, refused: { state: true }, opened: { state: true }, show: { state: true },
    rates: { state: true }, sort: { state: true }, label: { state: true }, spot: { state: true },
  };

  #results = new Results(() => this.requestUpdate());
  #model = null; // for which something earlier was opened

  constructor() {
    super();
    this.split = "test";
    this.asked = null; // the side whose Evaluate waits for its answer
    this.refused = null; // {side, error}
    this.opened = null; // id of an earlier evaluation whose model is no longer kept
    this.show = "A"; // of the matrix: A, B or D, their difference
    this.rates = false;
    this.sort = { by: "label", falling: false };
    this.label = null; // class of the curves; null: the weakest
    this.spot = null; // {chart, index}: point of a curve that is looked at
  }

  willUpdate(changed) {
    const { model } = this.chosen;
    if (!same(model, this.#model)) [this.#model, this.opened, this.refused] = [model, null, null];
    if (changed.has("split")) this.refused = null;
    if (this.state && !splitsOf(this.#blueprint).includes(this.split)) this.split = "test"; // another Run holds none back
  }

  render() {
    if (!this.state) return nothing;
    return html`<section class="lab-card evaluator" aria-label=${text("evaluate_title")}>
      <header class="evaluator-head">
        <h2><lab-infobox label=${text("evaluate_title")} text=${text("evaluate_help")}></lab-infobox></h2>
        ${this.session.position ? this.#splits() : nothing}
      </header>
      ${this.session.position ? this.#body() : html`<p class="aside">${text("evaluate_none")} <a href="/room/${this.room.code}">${text("model_train")}</a></p>`}
    </section>`;
  }

  #splits() {
    return html`<div class="switch" role="group" aria-label=${text("evaluate_on")}>
      ${splitsOf(this.#blueprint).map((split) => html`<button type="button" data-split=${split} aria-pressed=${this.split === split}
        @click=${() => { this.split = split; this.opened = null; }}>${text(`evaluate_${split}`)}</button>`)}</div>`;
  }

  /** Of the chosen model's Run. */
  get #blueprint() {
    const { branches, runs, blueprint } = this.state;
    return runs[branches[targetOf(this.state, this.chosen.model)?.branch]?.run]?.blueprint ?? blueprint;
  }

  #body() {
    const sides = Object.keys(SIDES).map((side) => this.#side(side)).filter(Boolean);
    const [a, b] = ["A", "B"].map((name) => sides.find(({ side }) => side === name)?.result ?? null);
    return html`<p class="aside on">${text(`evaluate_${this.split}_help`)}</p>
      <div class="jobs">${sides.map((side) => jobTemplate(this.state, side, this.#jobView(side)))}</div>
      ${a || b ? this.#sheets({ a, b }, sides) : nothing}
      ${pastTemplate(this.state, listed(this.state), sides.map(({ row }) => row?.seq), (one) => this.#reopen(one))}`;
  }

  /** Everything about one of the two models; `newer`: the stored model that could be evaluated instead of the one that is shown. */
  #side(side) {
    const model = this.chosen[SIDES[side]];
    if (!model) return null;
    const old = side === "A" && this.opened ? this.state.evaluations[this.opened] : null;
    const newest = targetOf(this.state, model);
    const row = old ?? evaluationOf(this.state, newest, this.split) ?? (model === "now" ? latestOn(this.state, this.split) : null);
    const target = row ? { branch: row.branch, epoch: row.epoch } : newest;
    const done = row?.state === "done";
    return {
      side, model, old, target, row, newer: old || same(target, newest) ? null : newest,
      answer: done ? this.#results.answer(this.room.code, row.seq) : null, result: done ? this.#results.of(this.room.code, row.seq) : null,
    };
  }

  get #datasets() {
    return this.catalogue?.datasets ?? [];
  }

  #jobView({ side, target, newer }) {
    const drawings = this.split === "drawings" && !drawingsOf(this.state, target?.branch).length;
    return {
      split: this.split, code: this.room.code, online: this.online, asked: this.asked === side, paired: Boolean(this.chosen.beside),
      refused: this.refused?.side === side ? this.refused.error : null, nothing: drawings, go: () => this.#evaluate(side, newer ?? target),
      again: () => this.#results.forget(),
    };
  }

  async #evaluate(side, { branch, epoch }) {
    [this.asked, this.refused] = [side, null];
    const answer = await this.room.send("evaluate", { branch, epoch, split: this.split });
    this.asked = null;
    if (!answer.ok) this.refused = { side, error: answer.error };
  }

  #sheets({ a, b }, sides) {
    const both = comparable(a, b);
    const first = sides.find(({ result }) => result);
    const names = classesOf(this.state, first.row.run, this.#datasets);
    const show = { A: a ? "A" : "B", B: b ? "B" : "A", D: both ? "D" : a ? "A" : "B" }[this.show];
    const { rates, sort, spot } = this;
    const view = { a, b, both, names, show, rates, sort, spot, label: this.label ?? weakest(a ?? b) };
    const hands = {
      set: (values) => Object.assign(this, values),
      open: (detail, side = "A") => this.#open(detail, sides.find((one) => one.side === side) ?? first),
    };
    const still = [a, b, this.show, this.rates, this.sort, language(), first.row.run];
    return html`${guard(still, () => html`${numbersTemplate(view)}
        ${a && b && !both ? html`<p class="aside" role="status">${text("evaluate_apart")}</p>` : nothing}
        <div class="sheets">${matrixTemplate(view, hands)}${tableTemplate(view, hands)}</div>`)}
      <div class="curves">${guard(still, () => calibrationTemplate(view, hands))}${curvesTemplate(view, hands)}</div>`;
  }

  /** The examples behind a number: the gallery shows them. */
  #open(detail, { row, target }) {
    this.meeting?.dispatchEvent(new CustomEvent("lab-gallery", { detail: { split: row.split, model: target, ...detail, from: this } }));
  }

  /** An earlier evaluation: its model becomes the one of the page where it is still kept. */
  #reopen({ id, branch, epoch, split }) {
    const { model, gone } = settled(this.state, { branch, epoch });
    this.split = split;
    if (gone) this.opened = id;
    else this.choose({ model });
    this.querySelector(".jobs")?.scrollIntoView({ block: "center" });
  }
}

define("lab-evaluator", Evaluator);
