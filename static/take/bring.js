import { html, nothing } from "lit";
import { change, follow } from "../lib/jobs.js";
import { sentTemplate } from "../lib/sent.js";
import { text } from "../lib/texts.js";
import { send } from "../room/sending.js";

/** One file of weights from the hand to its report. The host is drawn anew at each step. */
export class Bring {
  step = "choose"; // sending, checking, report
  file = null;
  sent = null; // {have, bytes, left, broken}
  report = null;
  refused = null;
  #host;
  #stop = new AbortController();

  constructor(host) {
    this.#host = host;
  }

  #set(values) {
    Object.assign(this, values);
    this.#host.requestUpdate();
  }

  async take(file) {
    this.cancel();
    const { signal } = (this.#stop = new AbortController());
    Object.assign(this, { file, refused: null });
    const room = this.#host.room;
    const answer = await send(file, room, { signal, tell: (sent) => this.#set({ step: "sending", sent }) });
    if (!answer) return;
    const job = answer.ok ? await this.#checked(room, answer.id, signal) : answer;
    if (!job || signal.aborted) return;
    if (job.error) this.#set({ step: "choose", refused: job.error });
    else this.#set({ step: "report", report: job.result });
  }

  async #checked(room, upload, signal) {
    this.#set({ step: "checking" });
    const asked = await change(room, "POST", `/api/rooms/${room.code}/weights`, { upload });
    return asked.ok ? follow(room.code, asked.job, { signal }) : { error: asked.error };
  }

  /** A new Run begins with them; resolves with whether it did. */
  async begin() {
    const { blueprint, digest } = this.report;
    const answer = await this.#host.room.send("new_run", { blueprint, weights: digest });
    if (answer.ok) this.cancel();
    else this.#set({ refused: answer.error });
    return answer.ok;
  }

  cancel() {
    this.#stop.abort();
    this.#set({ step: "choose", file: null, report: null, refused: null });
  }
}

export function bringTemplate(bring, online, mayBegin, { take, cancel, begin }) {
  const { step, file, sent, report, refused } = bring;
  const said = refused ? html`<p class="refusal" role="alert">${file ? html`<strong>${file.name}</strong>: ` : nothing}${refused.message || text("offline")} ${refused.hint}</p>` : nothing;
  if (step === "report") return html`${reportTemplate(report)}${said}<div class="take-foot">
    <button type="button" class="btn btn-outline-secondary" @click=${cancel}>${text("take_other")}</button>
    ${report.accepted ? html`<button type="button" class="btn btn-primary begin" ?disabled=${!online || !mayBegin} title=${mayBegin ? "" : text("new_run_later")}
      @click=${begin}>${text("take_begin")}</button>` : nothing}</div>`;
  if (step === "choose") return html`<label class="btn btn-outline-secondary">${text("take_choose")}
    <input type="file" class="visually-hidden" accept=".safetensors" ?disabled=${!online} @change=${take}></label>${said}`;
  const checking = () => html`<p role="status"><span class="spinner-border spinner-border-sm" aria-hidden="true"></span> ${text("take_checking")}</p>`;
  return html`${step === "checking" ? checking() : sentTemplate(file, sent)}
    <button type="button" class="btn btn-outline-secondary" @click=${cancel}>${text("cancel")}</button>`;
}

function reportTemplate({ accepted, count, problems, tensors }) {
  return html`<p class=${accepted ? "good" : "bad"} role="status">${text(accepted ? "take_fits" : "take_misfits", { count, problems })}</p>
    <div class="take-report" tabindex="0" role="group" aria-label=${text("take_bring")}><table class="table table-sm">
      <thead><tr>${["take_name", "take_shape", "take_state"].map((key) => html`<th scope="col">${text(key)}</th>`)}</tr></thead>
      <tbody>${tensors.map((row) => html`<tr class=${row.state === "fits" ? "" : "bad"}><td>${row.name}</td><td>${shapeOf(row)}</td>
        <td>${text(`weights_${row.state}`, { wanted: shapeOf(row.wanted) })}</td></tr>`)}</tbody></table></div>`;
}

function shapeOf(row) {
  return row?.shape ? `${row.shape.join("×") || 1} ${row.dtype}` : "–";
}
