import { html, nothing } from "lit";
import { NONE, clock, loss, who } from "../lib/format.js";
import { changesOf, happening, placeOf, trendOf } from "../lib/rows.js";
import { language, text } from "../lib/texts.js";

const ARROWS = { down: "↘", up: "↗", same: "→" };
const DAY = 24 * 3600; // seconds

/** One change as a row of the table, on a phone as a card: each cell carries its head. */
export function rowTemplate(row, table, show) {
  const cells = [
    ["ledger_what", what(row, table)], ["ledger_who", who(row.by)], ["ledger_when", when(row.at)], ["ledger_where", where(row, show)],
    ["ledger_reason", row.reason ? html`<q>${row.reason}</q>` : null], ["ledger_loss", losses(row)],
  ];
  return html`<tr role="row" data-seq=${row.seq} class="change-${row.standing}" @click=${() => show(row)}>
    ${cells.map(([key, content]) => html`<td role="cell" class="${key} ${content ? "" : "none"}"><span class="head">${text(key)}</span>${content ?? NONE}</td>`)}
  </tr>`;
}

/** All that a row says, for the search. */
export function spoken(row, table) {
  const changes = changesOf(row, table).map(({ label, from, to }) => `${label} ${from} → ${to}`);
  return [who(row.by), happening(row), placeOf(row), ...changes, row.reason ?? "", row.note ?? "", row.run ?? ""].join(" ");
}

function what(row, table) {
  const happened = happening(row);
  const lines = changesOf(row, table);
  const standing = row.standing === "done" ? "" : text(`ledger_${row.standing}`);
  return html`<div class="what">
    ${happened ? html`<strong>${happened}</strong>` : nothing}
    ${lines.map(({ label, from, to }) => html`<span class="line">${label} <span class="from">${from}</span> → <b>${to}</b></span>`)}
    ${standing ? html`<em>${standing}</em>` : nothing}</div>`;
}

function when(at) {
  const date = new Date(at * 1000);
  const old = Date.now() / 1000 - at > DAY / 2;
  const day = old ? `${new Intl.DateTimeFormat(language(), { dateStyle: "short" }).format(date)} ` : "";
  return html`<time datetime=${date.toISOString()}>${day}${clock(at)}</time>`;
}

function where(row, show) {
  const place = placeOf(row);
  if (!place) return null;
  if (row.x === null || row.x === undefined) return place;
  return html`<button type="button" class="go" aria-label=${text("ledger_show", { place })}
    @click=${(event) => { event.stopPropagation(); show(row); }}>${place}</button>`;
}

function losses(row) {
  const { before, after } = row;
  if (!before && !after) return null;
  const trend = trendOf(row);
  const told = trend ? text(`ledger_trend_${trend}`) : "";
  return html`<div class="losses ${trend ?? ""}">
    <span>${loss(before?.loss)} <span class="arrow" role="img" aria-label=${told || "→"} title=${told}>${trend ? ARROWS[trend] : "→"}</span> <b>${loss(after?.loss)}</b></span>
    <small>${text("ledger_steps", { before: before?.steps ?? 0, after: after?.steps ?? 0 })}${
      before && after && !trend ? html`, ${text("ledger_incomparable")}` : nothing}</small>
  </div>`;
}
