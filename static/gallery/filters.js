import { html, nothing } from "lit";
import { count } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { MARKS } from "../lib/review.js";
import { text } from "../lib/texts.js";
import { TABS, chipsOf, cleared, tabOf, withTab } from "./view.js";

/** Which examples come first. */
export function tabsTemplate(view, show) {
  const active = tabOf(view);
  return html`<div class="tabs" role="group" aria-label=${text("gallery_orders")}>
    ${TABS.map((tab) => html`<button type="button" data-tab=${tab} aria-pressed=${tab === active}
      @click=${() => show(withTab(view, tab))}>${text(`gallery_tab_${tab}`)}</button>`)}
  </div>
  <p class="aside">${text(`gallery_lead_${active}`)}</p>`;
}

/** Split, classes, and whether only what is wrong; `splits`: those that can be shown. */
export function fieldsTemplate(view, { classes, splits: there }, show) {
  const splits = there.includes(view.split) ? there : [...there, view.split];
  const said = splits.map((split) => [split, text(`gallery_split_${split}`)]);
  const numbered = [["", text("gallery_any")], ...classes.map((label, number) => [String(number), label])];
  return html`<div class="fields">
    ${choice("split", said, view.split, (value) => show({ ...view, split: value }))}
    ${["label", "prediction"].map((name) => choice(name, numbered,
      String(view[name] ?? ""), (value) => show({ ...view, [name]: value === "" ? null : Number(value) })))}
    <label class="only-wrong"><input type="checkbox" class="form-check-input" .checked=${view.wrong}
      @change=${({ target }) => show({ ...view, wrong: target.checked })}>${text("gallery_wrong")}</label>
  </div>`;
}

function choice(name, entries, chosen, act) {
  const options = entries.map(([value, label]) => html`<option value=${value} ?selected=${value === chosen}>${label}</option>`);
  return html`<label>${text(`gallery_${name}`)}<select class="form-select" name=${name} .value=${chosen}
    @change=${({ target }) => act(target.value)}>${options}</select></label>`;
}

/** Each active filter, to be removed one by one. */
export function chipsTemplate(view, named, show) {
  const chips = chipsOf(view, named);
  if (!chips.length) return nothing;
  return html`<ul class="chips" aria-label=${text("gallery_filters")}>
    ${chips.map(({ name, words, without }) => html`<li data-chip=${name}><button type="button" class="chip"
      aria-label=${text("gallery_chip_away", { filter: words })} @click=${() => show(without)}>
      ${words}${icon("close")}</button></li>`)}
    ${chips.length > 1 ? html`<li><button type="button" class="chip clear" @click=${() => show(cleared(view))}>
      ${text("gallery_clear")}</button></li>` : nothing}
  </ul>`;
}

/** How many examples of this split carry which mark; pressing one shows only those. */
export function countsTemplate(view, counts, show) {
  if (view.split === "drawings" || view.split === "validation" || !(counts.any || view.mark)) return nothing;
  return html`<div class="counts" role="group" aria-label=${text("review_counts")}>
    <span class="aside">${text("review_counts")}:</span>
    ${[...MARKS, "mine"].map((mark) => html`<button type="button" class="mark-count" data-count=${mark} aria-pressed=${view.mark === mark}
      title=${text("review_counts_only", { mark: text(`review_mark_${mark}`) })}
      @click=${() => show({ ...view, mark: view.mark === mark ? null : mark })}>
      ${text(`review_mark_${mark}`)} <strong>${count(counts[mark])}</strong></button>`)}
  </div>`;
}
