// <lab-numbers>: the headline numbers, each saying over how many examples, on which split and in which mode.
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { bestOf, bestWords } from "../lib/best.js";
import { RoomElement, define } from "../lib/element.js";
import { NONE, count, loss, percent } from "../lib/format.js";
import { language, text } from "../lib/texts.js";

class Numbers extends RoomElement {
  render() {
    if (!this.state) return html``;
    const { position, rate, status } = this.session;
    const last = this.state.branches[position?.branch]?.last ?? null;
    const tested = last ? text("tested", { count: count(last.test.examples), epoch: last.epoch }) : text("not_tested");
    const running = status === "training" && rate ? count(rate) : NONE;
    const held = last?.validation;
    return html`<dl class="numbers ${held ? "five" : ""}">
      ${held ? tile("validation_accuracy", percent(held.accuracy), text("tested", { count: count(held.examples), epoch: last.epoch })) : nothing}
      ${tile("test_accuracy", percent(last?.test.accuracy), tested)}
      ${tile("test_loss", loss(last?.test.loss ?? NaN), tested)}
      ${tile("epochs_done", count(position ? Math.floor(position.x + 1e-9) : 0), html`${this.#place(position)}${this.#best(position?.branch)}`)}
      ${tile("speed", running, text("speed_unit"))}
    </dl>`;
  }

  /** A star with the best epoch so far. */
  #best(branch) {
    const { branches, checkpoints, markers } = this.state;
    return guard([language(), branch, branches[branch]?.last?.epoch, checkpoints.length, markers.length], () => {
      const best = bestOf(this.state, branch);
      if (!best) return nothing;
      return html` · <span class="best" role="img" aria-label=${bestWords(best)} title=${bestWords(best)}
        data-best=${best.epoch}>★ ${best.epoch}</span>`;
    });
  }

  #place(position) {
    if (!position?.x) return text("no_batches");
    if (!position.batch) return text("planned", { until: this.session.until ?? NONE });
    return text("batch_of", { batch: count(position.batch), batches: count(position.batches) });
  }
}

function tile(name, value, caption) {
  return html`<div class="tile">
    <dt><lab-infobox label=${text(name)} text=${text(`${name}_help`)}></lab-infobox></dt>
    <dd><span class="big" data-number=${name}>${value}</span><span class="caption">${caption}</span></dd>
  </div>`;
}

define("lab-numbers", Numbers);
