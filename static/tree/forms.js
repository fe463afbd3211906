import { html } from "lit";
import { icon } from "../lib/icons.js";
import { text, words } from "../lib/texts.js";
import { PLANS, settingsAt } from "../lib/tree.js";

const USUAL = 3; // epochs to compare two twins
const LONGEST = 10_000; // epochs
const NAME = 60; // letters

/** Two Branches from one place that differ in one setting: which, two values, for how long. */
export function twinTemplate(menu, place, { state, rows, hands, busy }) {
  const open = rows.filter(({ name }) => !PLANS.has(name));
  const row = open.find(({ name }) => name === menu.setting) ?? open[0];
  if (!row) return html``;
  const now = settingsAt(state, place.branch, place.epoch)[row.name] ?? row.default;
  const values = [["twin_first", now], ["twin_second", other(row, now)]];
  return html`<form class="menu-form" @submit=${(event) => send(event, row, place, hands)}>
    <p class="fine">${text("twin_lead")}</p>
    <label>${text("twin_setting")}${choice("setting", open.map(({ name, label }) => [name, words(label)]), row.name,
      ({ target }) => hands.form("twin", target.value))}</label>
    <div class="pair">
      ${values.map(([key, value]) => html`<label>${text(key)}${field(row, value, key)}</label>`)}
      <label>${text("twin_epochs")}<input class="form-control" type="number" name="epochs" min="1" max=${LONGEST} step="1"
        required value=${USUAL}></label>
    </div>
    ${foot("twin_go", hands, busy)}
  </form>`;
}

export function renameTemplate({ branch }, { state, hands, busy }) {
  const submit = (event) => {
    event.preventDefault();
    hands.send("rename_branch", { branch, title: new FormData(event.target).get("title").trim() });
  };
  return html`<form class="menu-form" @submit=${submit}>
    <label>${text("rename_label")}<input class="form-control" name="title" maxlength=${NAME} autocomplete="off"
      value=${state.branches[branch].name ?? ""}></label>
    <p class="fine">${text("rename_help")}</p>
    ${foot("save", hands, busy)}
  </form>`;
}

function foot(key, hands, busy) {
  return html`<div class="form-foot">
    <button type="button" class="btn btn-outline-secondary btn-sm" @click=${() => hands.form(null)}>${text("cancel")}</button>
    <button class="btn btn-primary btn-sm" ?disabled=${busy}>${icon("check")}${text(key)}</button></div>`;
}

function field(row, value, name) {
  if (row.choices) return choice(name, Object.entries(row.choices).map(([key, label]) => [key, words(label)]), value);
  if (row.kind === "boolean") return choice(name, [["true", text("value_on")], ["false", text("value_off")]], String(value));
  return html`<input class="form-control" type="number" name=${name} step="any" min=${row.minimum} max=${row.maximum} required
    .value=${String(value)}>`;
}

function choice(name, entries, chosen, act = null) {
  return html`<select class="form-select" name=${name} @change=${act}>${entries.map(([value, label]) => html`
    <option value=${value} ?selected=${value === chosen}>${label}</option>`)}</select>`;
}

/** A value worth trying beside the present one. */
function other(row, value) {
  if (row.kind === "boolean") return !value;
  if (row.choices) return Object.keys(row.choices).find((key) => key !== value);
  const wish = row.scale === "linear" ? (value + row.maximum) / 2 : value / 10 || 0.001;
  const stepped = row.step ? Math.round(wish / row.step) * row.step : wish;
  return Number(Math.min(row.maximum, Math.max(row.minimum, stepped)).toPrecision(3));
}

function send(event, row, { branch, epoch }, hands) {
  event.preventDefault();
  const data = new FormData(event.target);
  const values = ["twin_first", "twin_second"].map((name) => valueOf(row, data.get(name)));
  hands.send("twin", { branch, epoch, setting: row.name, values, epochs: Number(data.get("epochs")) }, true);
}

function valueOf(row, given) {
  if (row.kind === "boolean") return given === "true";
  return row.choices ? given : Number(given);
}
