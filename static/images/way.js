import { html, nothing } from "lit";
import { count, duration, megabytes } from "../lib/format.js";
import { text } from "../lib/texts.js";

/** A file on its way to the server, or being looked through. */
export function wayTemplate(flow, { cancel }) {
  const uploading = flow.step === "uploading";
  return html`<section class="way" aria-label=${flow.file.name}>
    ${uploading ? sentTemplate(flow) : checkTemplate(flow)}
    <p class="broken" role="status">${uploading ? brokenText(flow.sent) : flow.lost ? text("own_lost") : nothing}</p>
    <div class="way-foot">${uploading ? html`<p class="fine">${text("own_again")}</p>` : nothing}
      <button type="button" class="btn btn-outline-secondary" @click=${cancel}>${text("own_cancel")}</button></div></section>`;
}

/** What is waited out: a broken line, or what the server says. */
function brokenText({ broken }) {
  if (!broken) return nothing;
  return broken.message && broken.code !== "no_token" ? `${broken.message} ${broken.hint}` : text("own_broken");
}

function sentTemplate({ file, sent: { have, bytes, left } }) {
  const amount = text("own_amount", { done: megabytes(have), total: megabytes(bytes) });
  const aside = Number.isFinite(left) ? `${amount} · ${text("left", { time: duration(left) })}` : amount;
  return barTemplate(text("own_uploading", { file: file.name }), bytes ? have / bytes : 0, aside);
}

/** How far the check is. */
export function checkTemplate({ progress: { done, total }, fitted, found, wish: { side } }) {
  const known = Number.isFinite(done) && total > 0;
  const aside = known ? text("own_checked", { done: count(done), total: count(total) }) : text("own_waiting");
  const label = fitted && !found ? text("own_once_more", { side }) : text("own_checking");
  return barTemplate(label, known ? done / total : null, aside);
}

/** A share of null: not known yet. */
function barTemplate(label, share, aside) {
  const width = 100 * Math.min(1, share ?? 1);
  const known = share === null ? "progress-bar-striped progress-bar-animated" : "";
  return html`<div class="bar-head"><span>${label}</span><span>${aside}</span></div>
    <div class="progress" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuetext=${aside}
      aria-valuenow=${share === null ? nothing : Math.round(width)}>
      <div class="progress-bar ${known}" style="width:${width.toFixed(1)}%"></div>
    </div>`;
}
