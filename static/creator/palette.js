import { html } from "lit";
import { guard } from "lit/directives/guard.js";
import { icon } from "../lib/icons.js";
import { language, text, words } from "../lib/texts.js";

/** Every kind of layer as a chip, group by group; on a phone a sheet that comes up from below. */
export function paletteTemplate({ table, online, sheet }, hands) {
  return html`<aside class="lab-card palette ${sheet ? "up" : ""}" aria-label=${text("palette")}>
      <div class="palette-head"><h2>${text("palette")}</h2>
        <button type="button" class="tool sheet-close" aria-label=${text("close")} @click=${hands.sheet}>
          ${icon("close")}</button></div>
      <p class="fine">${text("palette_lead")}</p>
      <div class="groups" @click=${hands.chip} @pointerdown=${hands.lift}>
        ${guard([table, online, language()], () => groupsOf(table.kinds).map(([group, kinds]) => html`
          <section data-group=${group}><h3>${text(`kinds_${group}`)}</h3>
            <ul class="chips">${kinds.map((kind) => chip(kind, online))}</ul></section>`))}
      </div>
    </aside>
    <button type="button" class="btn btn-primary sheet-open" aria-expanded=${sheet} @click=${hands.sheet}>
      ${icon("plus")}${text("palette_open")}</button>`;
}

function chip({ kind, title, help, group }, online) {
  return html`<li><button type="button" class="chip ${group}" data-kind=${kind} title=${words(help)}
    aria-description=${words(help)} ?disabled=${!online}>${words(title)}</button></li>`;
}

function groupsOf(kinds) {
  const groups = new Map();
  for (const kind of kinds) groups.set(kind.group, [...(groups.get(kind.group) ?? []), kind]);
  return [...groups];
}
