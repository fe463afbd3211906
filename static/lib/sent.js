// How far a file has come that is on its way to the server, and what it waits for.
import { html, nothing } from "lit";
import { duration, megabytes } from "./format.js";
import { text } from "./texts.js";

/** `sent`: {have, bytes, left, broken} as lib/uploading.js tells it. */
export function sentTemplate(file, { have, bytes, left, broken }) {
  const amount = text("send_amount", { done: megabytes(have), total: megabytes(bytes) });
  const aside = Number.isFinite(left) ? `${amount} · ${text("left", { time: duration(left) })}` : amount;
  return html`${barTemplate(text("send_file", { file: file.name }), bytes ? have / bytes : 0, aside)}
    <p class="broken" role="status">${brokenText(broken)}</p>`;
}

/** What is waited out: a broken line, or what the server says. */
function brokenText(broken) {
  if (!broken) return nothing;
  return broken.message && broken.code !== "no_token" ? `${broken.message} ${broken.hint}` : text("send_broken");
}

/** A share of null: not known yet. */
export function barTemplate(label, share, aside) {
  const width = 100 * Math.min(1, share ?? 1);
  const known = share === null ? "progress-bar-striped progress-bar-animated" : "";
  return html`<div class="sent-head"><span>${label}</span><span>${aside}</span></div>
    <div class="progress sent-bar" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuetext=${aside}
      aria-valuenow=${share === null ? nothing : Math.round(width)}>
      <div class="progress-bar ${known}" style="width:${width.toFixed(1)}%"></div>
    </div>`;
}
