import { html } from "lit";
import { branchesOf, kindsIn, peopleIn } from "../lib/rows.js";
import { text, words } from "../lib/texts.js";

/** The filters over the ledger; `set(name, value)` hears what was chosen. `person` null means everyone. */
export function filtersTemplate(rows, chosen, table, set) {
  return html`<div class="filters" role="search" aria-label=${text("ledger")}>
    <input class="form-control form-control-sm" type="search" maxlength="100" placeholder=${text("ledger_search")} aria-label=${text("ledger_search")}
      .value=${chosen.query} @input=${({ target }) => set("query", target.value)}>
    ${choice("ledger_person", (value) => set("person", value === "*" ? null : value),
      [option("*", text("ledger_everyone"), chosen.person === null),
        ...peopleIn(rows).map(({ id, name }) => option(id, name, chosen.person === id))])}
    ${choice("ledger_kind", (value) => set("kind", value),
      [option("", text("ledger_all_kinds"), !chosen.kind), ...groups(rows, chosen.kind, table)])}
    ${choice("ledger_branch", (value) => set("branch", value),
      [option("", text("ledger_all_branches"), !chosen.branch), ...branchesOf(rows).map((id) => option(id, id, chosen.branch === id))])}
  </div>`;
}

function groups(rows, chosen, table) {
  const kinds = kindsIn(rows).map((kind) => [kind, ...kind.split(":")]);
  const part = (wanted, say) => kinds.filter(([, sort]) => sort === wanted)
    .map(([kind, , name]) => option(kind, say(name), chosen === kind));
  return [["setting", "ledger_settings", (name) => labelOf(name, table)], ["event", "ledger_events", (name) => eventOf(name)]]
    .map(([sort, label, say]) => html`<optgroup label=${text(label)}>${part(sort, say)}</optgroup>`);
}

function labelOf(name, table) {
  const row = table.find((one) => one.name === name);
  return row ? words(row.label) : text(`setting_${name}`);
}

function eventOf(name) {
  return text(`ledger_${name}`, { parent: "…", note: "" }).trim();
}

function choice(label, choose, options) {
  return html`<select class="form-select form-select-sm" aria-label=${text(label)} @change=${({ target }) => choose(target.value)}>${options}</select>`;
}

function option(value, label, selected) {
  return html`<option value=${value} ?selected=${selected}>${label}</option>`;
}
