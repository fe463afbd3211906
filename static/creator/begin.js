import { html, nothing } from "lit";
import { bestOf } from "../lib/amounts.js";
import { ask } from "../lib/ask.js";
import { percent, setting } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { mayBegin } from "../lib/standing.js";
import { text, words } from "../lib/texts.js";
import { Dialog } from "./dialog.js";

/** Before a new run begins: what happens to the present one, which weights are taken over, what stays frozen. */
export class Begin extends Dialog {
  #warm = null; // what the present weights would be good for
  #compared = null; // the network that this was said of
  #wishes = { warm: false, freeze: false, start: true };

  begin() {
    const { layers } = this.host.base.blueprint;
    this.#wishes.freeze = layers.some(({ kind, pretrained }) => kind === "backbone" && pretrained);
    return this.#compare();
  }

  /** Ask what could be taken over; again when somebody has changed the network. */
  async #compare() {
    this.#warm = null;
    this.#compared = this.host.base.seq;
    const answer = await ask(`/api/rooms/${this.host.room.code}/warm`);
    this.set({ refused: answer.ok ? null : answer.error, warm: (this.#warm = answer.ok && answer.from ? answer : null) });
  }

  body(view) {
    const { state } = view;
    if (!mayBegin(state.session)) return this.#busyTemplate(view);
    if (this.#compared !== this.host.base.seq) this.#compare();
    return html`<p class="keeps">${keeps(state)}</p><p>${stays(state, view.settings)}${resets(state)}</p>
      ${this.#warm && !view.error ? this.#warmTemplate() : nothing}
      ${backbones(view.report).length ? this.#switch("freeze", fine(text("begin_freeze_help"))) : nothing}
      ${this.#switch("start")}`;
  }

  foot({ online, fits, state }) {
    const off = !online || this.busy || !fits || !mayBegin(state.session);
    return html`<div class="dialog-foot">
      <button type="button" class="btn btn-outline-secondary" @click=${() => this.close()}>${text("cancel")}</button>
      <button type="button" class="btn btn-primary" data-do="begin" ?disabled=${off} @click=${() => this.#go()}>
        ${text(this.#wishes.start ? "begin_go_start" : "begin_go")}</button></div>`;
  }

  #busyTemplate({ online }) {
    return html`<p>${text("begin_busy")}</p>
      <button type="button" class="btn btn-outline-secondary" ?disabled=${!online || this.busy}
        @click=${() => this.send("interrupt", {})}>${icon("pause")}${text("interrupt")}</button>`;
  }

  #warmTemplate() {
    const { from, layers } = this.#warm;
    const fresh = this.#warm.fresh.filter((name) => this.#learns(name)); // the others have nothing to take over
    return html`${this.#switch("warm", fine(text("begin_warm_from", from)), !layers.length)}
      <div class="warm-names">
        <p>${layers.length ? text("begin_taken", { names: layers.join(", ") }) : text("begin_fits_none")}</p>
        ${fresh.length && layers.length ? html`<p>${text("begin_fresh", { names: fresh.join(", ") })}</p>` : nothing}</div>`;
  }

  #learns(name) {
    const row = this.host.base.report.layers.find((layer) => layer.name === name);
    return this.host.kinds.get(row?.kind)?.learns ?? true;
  }

  #switch(name, more = nothing, off = false) {
    const change = ({ target }) => {
      this.#wishes[name] = target.checked;
      this.host.requestUpdate();
    };
    return html`<label class="form-check form-switch wish">
      <input type="checkbox" role="switch" class="form-check-input" name=${name} ?disabled=${off}
        .checked=${this.#wishes[name] && !off} @change=${change}><span>${text(`begin_${name}`)}${more}</span></label>`;
  }

  async #go() {
    const { room, base } = this.host;
    const { warm, freeze, start } = this.#wishes;
    const frozen = freeze ? backbones(base.report) : [];
    const settings = frozen.length ? { settings: { frozen } } : {};
    const takes = warm && this.#warm?.layers.length ? { warm } : {};
    const answer = await this.send("new_run", { blueprint: base.blueprint, ...settings, ...takes });
    if (!answer.ok) return;
    if (start && !(await this.send("start", {})).ok) return;
    location.assign(`/room/${room.code}`);
  }
}

function keeps(state) {
  const run = state.session.position?.run;
  if (!run) return text("begin_lead");
  const top = bestOf(state, [run]);
  return top ? text("begin_keeps", { run, accuracy: percent(top.accuracy) }) : text("begin_keeps_untested", { run });
}

function stays({ settings }, rows) {
  const optimizer = words(rows.find(({ name }) => name === "optimizer")?.choices?.[settings.optimizer]) || settings.optimizer;
  const { learning_rate: rate, batch_size: batch, epochs } = settings;
  return text("begin_settings", { optimizer, rate: setting(rate), batch, epochs });
}

/** Settings that name layers of the network before. */
function resets({ settings: { frozen = [], dropouts = {} } }) {
  return frozen.length || Object.keys(dropouts).length ? ` ${text("begin_resets")}` : "";
}

function fine(said) {
  return html`<span class="fine">${said}</span>`;
}

/** The names of the ready-trained parts. */
function backbones({ layers }) {
  return layers.filter(({ kind }) => kind === "backbone").map(({ name }) => name);
}
