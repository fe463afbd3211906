import { html, nothing } from "lit";
import { megabytes } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { sentence } from "../lib/tree.js";
import { planned } from "./limbs.js";

const SIGNS = ["kept", "again", "change", "here"];

/** Off the tip of its Branch a room must know what comes next. */
export function whereTemplate({ session, branches }, rows, { send, busy }) {
  if (!session.position) return nothing;
  if (fresh(branches[session.position.branch])) return html`<p class="fine">${text("tree_empty")}</p>`;
  if (!Array.isArray(session.held)) return nothing;
  const { branch, epoch } = session.position;
  const held = session.held.map((marker) => sentence(marker.changes, rows)).join(", ");
  return html`<p class="where" role="status">${icon("here")}
    <span>${text("tree_off_tip", { branch, epoch })} ${held ? text("tree_held", { changes: held }) : ""}</span>
    ${small(text("tree_to_tip_of", { branch }), () => send("revert", { branch }), busy)}</p>`;
}

function fresh({ parent, tip }) {
  return !parent && tip.x === 0;
}

/** Forks that will be trained by themselves. */
export function plansTemplate(state, rows, { send, busy }) {
  if (!state.plan.length) return nothing;
  return html`<div class="plans"><span>${text("tree_plan")}</span>
    <ol>${state.plan.map((fork) => html`<li>${planned(fork, state, rows)}</li>`)}</ol>
    ${small(text("tree_drop"), () => send("drop_plan"), busy)}</div>`;
}

/** What the signs mean, what is kept, and what that costs. */
export function footTemplate({ checkpoints }, quota, refused) {
  const size = megabytes(checkpoints.reduce((sum, { bytes }) => sum + bytes, 0));
  const key = `${checkpoints.length === 1 ? "tree_cost_one" : "tree_cost"}${quota ? "_of" : ""}`;
  return html`<footer class="tree-foot">
    <ul class="key" aria-label=${text("tree_key")}>${SIGNS.map((sign) => html`<li>
      <span class="sign ${sign}" aria-hidden="true"></span>${text(`key_${sign}`)}</li>`)}</ul>
    <span class="cost">${text(key, { count: checkpoints.length, size, quota: quota ? gigabytes(quota) : "" })}</span></footer>
    <p class="refusal" role="alert">${refused ? html`${refused.message || text("offline")} ${refused.hint}` : ""}</p>`;
}

/** The address of the page that compares Branches of a room. */
export function linkIn({ code }) {
  return (ids) => `/compare?of=${ids.map((id) => `${code}.${id}`).join(",")}`;
}

/** A link to that page; where one Branch is ticked, the present one is the other. */
export function compareTemplate(ticked, { session, branches }, link) {
  const wanted = [...ticked].filter((id) => branches[id]);
  const present = session.position?.branch;
  const both = wanted.length === 1 && present && present !== wanted[0] ? [...wanted, present] : wanted;
  if (both.length < 2) return wanted.length ? html`<span class="fine">${text("tree_tick_more")}</span>` : nothing;
  return html`<a class="btn btn-primary btn-sm" href=${link(both)}>${icon("compare")}
    ${text("tree_compare", { branches: both.join(", ") })}</a>`;
}

function small(label, act, busy) {
  return html`<button type="button" class="btn btn-outline-secondary btn-sm" ?disabled=${busy} @click=${act}>${label}</button>`;
}

/** Bytes of a quota, in round GB. */
function gigabytes(bytes) {
  return bytes >= 1e9 ? `${Math.round(bytes / 1e8) / 10} GB` : megabytes(bytes);
}
