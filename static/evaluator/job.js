import { html, nothing } from "lit";
import { outdated } from "../lib/evaluation.js";
import { clock, count, percent, who } from "../lib/format.js";
import { modelName } from "../lib/models.js";
import { text } from "../lib/texts.js";

const SPINNER = html`<span class="spinner-border spinner-border-sm" aria-hidden="true"></span>`;

/** One model: which it is, and the way from asking to the result. */
export function jobTemplate(state, job, view) {
  const { side, target, row } = job;
  return html`<div class="job" data-side=${side} data-state=${row?.state ?? "none"}>
    <p class="of">${view.paired ? html`<b class="tag ${side}">${side}</b> ` : nothing}
      <strong>${target ? modelName(state, target) : ""}</strong>${which(job)}</p>
    ${standing(state, job, view)}
    ${job.newer && row.state !== "running" ? button("evaluate_newer", view, false, job.newer) : nothing}
    ${view.refused ? html`<p class="refusal" role="alert">${view.refused.message || text("offline")} ${view.refused.hint}</p>` : nothing}
  </div>`;
}

/** Which stored model stands for what was chosen. */
function which({ model, old, target, newer }) {
  if (newer) return html` <span class="aside">${text("evaluate_latest")}</span>`;
  if (old) return html` <span class="aside">${text("evaluate_old")}</span>`;
  if (model === "now") return html` <span class="aside">${text(target.epoch ? "evaluate_newest" : "evaluate_newest_none")}</span>`;
  return target?.epoch === 0 ? html` <span class="aside">${text("evaluate_start")}</span>` : nothing;
}

function standing(state, job, view) {
  const { row } = job;
  if (view.nothing && row?.state !== "done") return html`<p class="aside">${text("evaluate_no_drawings")}</p>`;
  if (row?.state === "running") return running(row);
  if (row?.state === "failed") return failed(row, job.newer, view);
  if (row?.state === "done") return finished(state, job, view);
  return html`<p class="aside">${text("evaluate_not_yet")}</p>${button("evaluate_go", view, true)}`;
}

function button(key, { online, asked, go, split }, primary = false, { epoch } = {}) {
  const look = primary ? "btn-primary" : "btn-outline-secondary";
  return html`<button type="button" class="btn ${look}" data-act="evaluate" ?disabled=${!online || asked} @click=${go}>
    ${asked ? SPINNER : nothing}<span>${text(key, { epoch, split: text(`evaluate_${split}`) })}</span></button>`;
}

function running({ done, total, by }) {
  const share = total ? Math.min(1, done / total) : null;
  const known = share === null ? "progress-bar-striped progress-bar-animated" : "";
  const said = share === null ? text("evaluate_queued") : text("evaluate_running", { done: count(done), total: count(total) });
  return html`<div class="bar">
    <div class="bar-head"><span role="status">${said}</span><span class="aside">${text("evaluate_by", { name: who(by) })}</span></div>
    <div class="progress" role="progressbar" aria-label=${text("evaluate_title")} aria-valuemin="0" aria-valuemax="100" aria-valuetext=${said}
      aria-valuenow=${Math.round(100 * (share ?? 0))}>
      <div class="progress-bar ${known}" style="width:${(100 * (share ?? 1)).toFixed(1)}%"></div>
    </div></div>`;
}

function failed({ message }, newer, view) {
  return html`<p class="failed" role="status">${text("evaluate_failed", { message })}</p>${newer ? nothing : button("evaluate_retry", view)}`;
}

function finished(state, { row, answer, newer }, view) {
  const address = `/api/rooms/${view.code}/evaluations/${row.seq}`;
  const said = text("evaluate_done", { count: count(row.examples), name: who(row.by), time: clock(row.at) });
  return html`<p class="aside">${percent(row.accuracy)} · ${said}</p>
    ${answer && !answer.ok ? html`<p class="refusal" role="alert">${answer.error.message || text("offline")}</p>
      <button type="button" class="btn btn-outline-secondary" @click=${view.again}>${text("evaluate_fetch")}</button>` : nothing}
    ${!answer ? html`<p class="aside" role="status">${SPINNER} ${text("evaluate_fetching")}</p>` : nothing}
    <p class="files"><a href="${address}.csv" download>${text("evaluate_csv")}</a> <a href="${address}.png" download>${text("evaluate_png")}</a></p>
    ${outdated(state, row) && !newer ? html`<p class="aside">${text("evaluate_outdated")}</p>${button("evaluate_anew", view)}` : nothing}`;
}

