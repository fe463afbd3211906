import { html, nothing } from "lit";
import { loss, megabytes, percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { branchTitle, changesIn } from "../lib/tree.js";
import { renameTemplate, twinTemplate } from "./forms.js";
import { signed } from "./say.js";

/** What a bead is and what can be done there. `view`: {state, rows, hands, busy, refused}. */
export function beadMenu(menu, view) {
  const { state, rows, hands, refused } = view;
  const place = placeOf(menu, state);
  const title = place.half ? text("tree_in_epoch", { ...place, epoch: place.epoch + 1 }) : text("tree_epoch", place);
  return html`${head(title, branchTitle(state, menu.branch, rows), hands)}
    ${facts(place, state)}${changed(place, state, rows)}${below(menu, place, view)}${refusal(refused)}`;
}

function below(menu, place, view) {
  if (menu.form === "twin") return twinTemplate(menu, place, view);
  return menu.form === "rename" ? renameTemplate(place, view) : acts(place, view);
}

/** Who changed what, when and why; and how it would have gone without. */
export function changeMenu({ markers }, { rows, hands, busy, refused }) {
  const undo = ({ seq }) => () => hands.send("undo", { seq }, true);
  return html`${head(text(markers.length > 1 ? "tree_changes" : "tree_change"), "", hands)}
    ${markers.map((marker) => html`<div class="change-entry">${list([marker], rows)}
      <p class="signed">${signed(marker)}${marker.replays ? html` · ${text("tree_replayed")}` : nothing}</p>
      ${marker.reason ? html`<p class="because">${marker.reason}</p>` : nothing}
      ${button("tree_undo", "undo", undo(marker), busy)}</div>`)}
    ${refusal(refused)}`;
}

function list(markers, rows) {
  const changes = markers.flatMap((marker) => changesIn(marker.changes, rows));
  return html`<ul class="plain">${changes.map(({ label, from, to }) => html`
    <li>${label}: ${from} → <strong>${to}</strong></li>`)}</ul>`;
}

function head(title, subtitle, { close }) {
  return html`<header class="menu-head">
    <div><h3 tabindex="-1">${title}</h3>${subtitle ? html`<p class="subtitle">${subtitle}</p>` : nothing}</div>
    <button type="button" class="tool" aria-label=${text("close")} @click=${close}>${icon("close")}</button></header>`;
}

function refusal(refused) {
  const said = refused ? html`${refused.message || text("offline")} ${refused.hint}` : "";
  return html`<p class="refusal" role="alert">${said}</p>`;
}

/** All there is to know about a place: the end of an epoch, or the tip inside one. */
function placeOf({ branch, epoch, half }, state) {
  const { tip } = state.branches[branch];
  const { position } = state.session;
  const batch = half ? tip.batch : 0;
  const mine = (row) => row.branch === branch && row.epoch === epoch;
  return {
    branch, epoch, half, batch, isTip: half || (tip.epoch === epoch && !tip.batch),
    kept: state.checkpoints.find((row) => mine(row) && row.batch === batch) ?? null,
    pinned: state.pinned.some(mine), proof: state.proofs.find(mine) ?? null,
    here: Boolean(position) && mine(position) && position.batch === batch,
  };
}

function facts(place, state) {
  const { branch, epoch, half } = place;
  const value = (series) => state.series[branch]?.[series]?.findLast(([x]) => x === epoch)?.[1];
  const tested = !half && epoch > 0;
  return html`<dl class="facts">
    ${tested ? fact("test_accuracy", percent(value("test_accuracy"))) : nothing}
    ${tested ? fact("test_loss", loss(value("test_loss") ?? NaN)) : nothing}
    ${fact("tree_checkpoint", checkpoint(place))}
    ${place.proof ? fact("tree_proof", proof(place.proof)) : nothing}</dl>`;
}

function fact(name, value) {
  return html`<div><dt>${text(name)}</dt><dd>${value}</dd></div>`;
}

function checkpoint({ epoch, half, kept, pinned }) {
  if (!half && epoch === 0) return text("tree_untrained");
  const said = [kept ? text("tree_kept_size", { size: megabytes(kept.bytes) }) : text("tree_again")];
  if (kept?.finite === false) said.push(text("tree_not_finite"));
  if (pinned) said.push(text("tree_pinned"));
  return said.join(", ");
}

function proof({ state, because }) {
  const said = because ? text(`proof_${state}_because`, { because }) : text(`proof_${state}`);
  return html`<span class="proof-said ${state}">${said}</span>`;
}

/** Settings changed in the epoch that ends here; those at the very start of a Branch belong to its first. */
function changed({ branch, epoch, half }, state, rows) {
  const [from, to] = half ? [epoch, Infinity] : [epoch - 1, epoch];
  const first = from === state.branches[branch].epoch;
  const inside = ({ x }) => (x > from || (first && x === from)) && x <= to;
  const markers = state.markers.filter((marker) => marker.branch === branch && inside(marker));
  return markers.length ? html`<p class="said-head">${text("tree_changed_here")}</p>${list(markers, rows)}` : nothing;
}

function acts(place, { state, hands, busy }) {
  const { branch, epoch, half, here, isTip } = place;
  const trained = !half && epoch > 0;
  return html`${here ? html`<p class="you-are">${icon("here")}${text("tree_you_are_here")}</p>` : back(place, hands, busy)}
    <div class="acts">
      ${half ? nothing : button("tree_twin", "fork", () => hands.form("twin"), busy)}
      ${trained ? keeping(place, (name) => () => hands.send(name, { branch, epoch }), busy) : nothing}
      ${compare(branch, state, hands)}
      ${button("tree_rename", "pencil", () => hands.form("rename"), busy)}
    </div>${isTip || here ? nothing : html`<p class="fine">${text("tree_back_help")}</p>`}`;
}

function keeping({ proof: known, pinned }, send, busy) {
  const running = known?.state === "running";
  return html`${button(running ? "tree_proving" : "tree_prove", "check", send("prove"), busy || running)}
    ${button(pinned ? "tree_unpin" : "tree_pin", "pin", send(pinned ? "unpin" : "pin"), busy)}`;
}

function back({ branch, epoch, isTip }, hands, busy) {
  const go = ({ target }) => {
    const keep = target.closest(".back").querySelector("[name=keep]").checked;
    hands.send("revert", { branch, ...(isTip ? {} : { epoch }), ...(keep ? { keep_settings: true } : {}) }, true);
  };
  return html`<div class="back">
    <button type="button" class="btn btn-primary" ?disabled=${busy} @click=${go}>
      ${icon("undo")}${text(isTip ? "tree_to_tip" : "tree_back")}</button>
    <label class="keep"><input type="checkbox" class="form-check-input" name="keep"> ${text("tree_keep")}</label></div>`;
}

function button(key, shape, act, busy) {
  return html`<button type="button" class="btn btn-outline-secondary btn-sm" ?disabled=${busy} @click=${act}>
    ${icon(shape)}${text(key)}</button>`;
}

function compare(branch, state, { link }) {
  const present = state.session.position?.branch;
  const other = present && present !== branch ? present : state.branches[branch].parent;
  if (!other) return nothing;
  return html`<a class="btn btn-outline-secondary btn-sm" href=${link([branch, other])}>
    ${icon("compare")}${text("tree_compare_with", { branch: other })}</a>`;
}
