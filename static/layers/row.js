import { html, nothing, svg } from "lit";
import { live } from "lit/directives/live.js";
import { percent, setting } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { barsPath, brief } from "../lib/spark.js";
import { text } from "../lib/texts.js";
import { outputsTemplate, trendTemplate } from "./trend.js";

const MOST_DROPOUT = 0.95;
const BARS = { width: 160, height: 44 }; // units of the drawing

/** One layer: name, what can be done, curves, what looks wrong; opened, its histograms too. */
export function rowTemplate(layer, view, hands) {
  const { name, frozen } = layer;
  return html`<li class="layer ${view.open ? "open" : ""} ${view.wrong.length ? "ill" : ""}" data-layer=${name}>
    <div class="layer-name">
      <strong>${name}</strong> <span class="kind">${view.title}</span>
      ${frozen ? html`<span class="badge-frozen" title=${text("frozen_help")}>${text("frozen")}</span>` : nothing}
      ${view.wrong.length ? html`<span class="badge-ill">${text(`wrong_${view.wrong[0].what}`, { value: say(view.wrong[0]) })}</span>` : nothing}
    </div>
    <div class="layer-trends">${trends(layer, view, hands)}</div>
    <div class="layer-acts">${acts(layer, view, hands)}</div>
    ${more(layer, view, hands)}
    ${view.wrong.map(wrongTemplate)}
    ${view.open && layer.learns ? histograms(layer, view.past) : nothing}
  </li>`;
}

function trends(layer, view, hands) {
  const { kind, learns } = layer;
  const trend = (metric, label, options) => trendTemplate(layer, view, hands, { metric, label, ...options });
  if (!layer.look) return nothing;
  return html`
    ${learns ? [trend("gradient_norm", "gradient_norm", { log: true }), trend("update_ratio", "update_ratio", { log: true }),
      trend("weight_norm", "weight_norm")] : nothing}
    ${kind === "relu" ? trend("dead", "dead_units", { from: 0, to: 1, show: percent }) : nothing}
    ${outputsTemplate(layer, view, hands)}`;
}

function acts({ name, kind, learns, frozen }, view, hands) {
  if (kind === "dropout") return dropout(name, view, hands);
  if (!learns) return nothing;
  const verb = frozen ? "unfreeze" : "freeze";
  return html`<button type="button" class="btn btn-outline-secondary btn-sm ${view.pending ? "pending" : ""}"
    ?disabled=${!view.online || view.pending} aria-label=${text(`${verb}_layer`, { layer: name })}
    @click=${hands.freeze}>${text(view.pending ? "freeze_asked" : verb)}</button>`;
}

function dropout(name, { share, pending, asked, online }, hands) {
  const own = pending ? asked : share.own;
  const change = ({ target }) => {
    const value = Number(target.value);
    if (target.value.trim() !== "" && value >= 0 && value <= MOST_DROPOUT) hands.dropout(value);
    else target.value = own ?? share.common;
  };
  const reset = text("dropout_reset", { value: setting(share.common) });
  return html`<div class="share ${pending ? "pending" : ""}">
    <input type="number" class="form-control" min="0" max=${MOST_DROPOUT} step="0.05" inputmode="decimal" ?disabled=${!online}
      aria-label=${text("dropout_of", { layer: name })} .value=${live(String(own ?? share.common))} @change=${change}>
    ${own === null ? html`<span class="aside">${text("dropout_common")}</span>`
      : html`<button type="button" class="tool" ?disabled=${!online || pending} aria-label=${reset} title=${reset}
        @click=${() => hands.dropout(null)}>${icon("close")}</button>`}
  </div>`;
}

function more({ name, kind, learns, look }, view, hands) {
  if (!look && !learns && kind !== "dropout") return nothing;
  return html`<button type="button" class="tool layer-more ${learns ? "" : "small"}" aria-expanded=${view.open}
    aria-label=${text("more_of", { layer: name })} title=${text("more_of", { layer: name })} @click=${hands.toggle}>
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true">
      ${svg`<path d=${view.open ? "m3 10.5 5-5 5 5" : "m3 5.5 5 5 5-5"}/>`}</svg>
  </button>`;
}

function wrongTemplate(wrong) {
  const value = say(wrong);
  return html`<p class="layer-wrong" data-wrong=${wrong.what}>
    <strong>${text(`wrong_${wrong.what}`, { value })}.</strong> ${text(`wrong_${wrong.what}_more`)}</p>`;
}

function say({ what, value }) {
  return what === "dead" ? percent(value) : brief(value);
}

/** The newest, or those of the epoch that the cursor is in. */
function histograms({ name, look }, past) {
  const found = past ? past.histograms[name] : look;
  return html`<div class="histograms">
    ${["weights", "gradients"].map((part) => histogram(name, text(`histogram_${part}`), found?.[part]))}
    ${past?.x ? html`<p class="aside when">${text("histogram_at", { epoch: past.x })}</p>` : nothing}
  </div>`;
}

function histogram(layer, what, found) {
  if (!found) {
    return html`<figure><figcaption>${what}</figcaption>
      <p class="aside">${text(found === undefined ? "histogram_later" : "histogram_none")}</p></figure>`;
  }
  const [low, high] = [brief(found.low), brief(found.high)];
  const zero = found.low < 0 && found.high > 0 ? (-found.low / (found.high - found.low)) * BARS.width : null;
  return html`<figure>
    <figcaption>${what}</figcaption>
    <svg viewBox="0 0 ${BARS.width} ${BARS.height}" preserveAspectRatio="none" role="img"
      aria-label=${text("histogram_of", { what, layer, low, high })}>
      <path class="bars" d=${barsPath(found.counts, BARS.width, BARS.height)}></path>
      ${zero === null ? nothing : svg`<path class="zero" d="M${zero} 0V${BARS.height}"></path>`}
    </svg>
    <div class="ends"><span>${low}</span><span>${high}</span></div>
  </figure>`;
}
