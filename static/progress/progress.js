// <lab-progress>: this epoch and all of it, with time left; the download of a dataset while there is one.
import { html } from "lit";
import { datasetIn } from "../lib/datasets.js";
import { RoomElement, define } from "../lib/element.js";
import { NONE, duration, megabytes, percent } from "../lib/format.js";
import { estimate } from "../lib/standing.js";
import { text } from "../lib/texts.js";

class Progress extends RoomElement {
  render() {
    if (!this.state) return html``;
    const { waiting } = this.session;
    return html`<div class="progress-box">${waiting?.reason === "preparing" ? this.#download(waiting) : this.#training()}</div>`;
  }

  #training() {
    const { epoch, all } = estimate(this.state, this.catalogue?.datasets);
    const left = (seconds) => (Number.isFinite(seconds) ? text("left", { time: duration(seconds) }) : NONE);
    return html`
      ${bar(text("this_epoch", { number: epoch.number }), epoch.share, left(epoch.left))}
      ${bar(text("all_epochs", { count: all.until }), all.share, left(all.left))}`;
  }

  #download({ what, dataset, done, total }) {
    const title = what === "weights" ? text("pretrained_weights") : datasetIn(this.state, dataset, this.catalogue)?.title ?? dataset;
    const amount = total ? text("of", { done: megabytes(done), total: megabytes(total) }) : megabytes(done);
    return bar(text("preparing_dataset", { dataset: title }), total ? done / total : null, amount);
  }
}

/** A share of null: how much there is to do is not known. */
function bar(label, share, aside) {
  const width = share === null ? 100 : 100 * Math.min(1, share);
  return html`<div class="bar">
    <div class="bar-head"><span>${label}</span><span class="aside">${aside}</span></div>
    <div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuetext="${share === null ? "" : percent(share)} ${aside}"
      aria-valuenow=${share === null ? 0 : Math.round(width)}>
      <div class="progress-bar ${share === null ? "progress-bar-striped progress-bar-animated" : ""}" style="width:${width.toFixed(2)}%"></div>
    </div>
  </div>`;
}

define("lab-progress", Progress);
