import { html, nothing } from "lit";
import { nameOf } from "../lib/examples.js";
import { percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { marksTemplate } from "./marks.js";
import { passportTemplate } from "./passport.js";
import { lossWords } from "./view.js";
import { buttonTemplate, refusalTemplate } from "./words.js";

const MOST_BARS = 10; // classes; of more only the likeliest

/** The example that is chosen; `view`: {image, example, named, passport, state, marks, show, shown, showing, online}. */
export function detailTemplate(view) {
  if (!view.image) return html`<aside class="detail empty"><p class="aside">${text("gallery_choose")}</p></aside>`;
  return html`<aside class="detail" aria-label=${text("gallery_chosen")} data-chosen=${view.marks?.example ?? view.image.drawing}>
    ${aboutTemplate(view)}
    ${barsTemplate(view)}
    ${view.show ? showTemplate(view) : nothing}
    ${view.marks ? marksTemplate(view.marks) : nothing}
    ${view.image.kind === "example" ? passportTemplate({ ...view.passport, state: view.state, named: view.named }) : nothing}
  </aside>`;
}

/** Image and classes. */
export function aboutTemplate({ image, example, named, picture }) {
  return html`<div class="about">
    <canvas class="large" .picture=${example?.image ?? picture} role="img" aria-label=${nameOf(image)}></canvas>
    <div class="facts"><h3>${nameOf(image)}</h3>
      ${example ? factsTemplate(example, named) : nothing}
    </div>
  </div>`;
}

function factsTemplate({ label, prediction, confidence, loss }, named) {
  const right = label === prediction;
  const said = html`${icon(right ? "check" : "close")}${text("gallery_said", { label: named(prediction) })}`;
  return html`<p><span class="label">${text("gallery_true", { label: named(label) })}</span>
      <span class="said ${right ? "right" : "wrong"}">${said}</span></p>
    <p class="aside">${percent(confidence)} · ${text("gallery_loss", { loss: lossWords(loss) })}</p>`;
}

/** The softmax of the example, class by class. */
export function barsTemplate({ example, named }) {
  if (!example?.softmax) return nothing;
  const { softmax, label, prediction } = example;
  const bars = softmax.map((share, number) => ({ share, number }));
  const shown = bars.length > MOST_BARS ? bars.toSorted((a, b) => b.share - a.share).slice(0, MOST_BARS) : bars;
  return html`<ul class="bars" aria-label=${text("gallery_softmax")}>${shown.map(({ share, number }) => html`<li
      class="${number === label ? "true" : ""} ${number === prediction ? "said" : ""}">
    <span class="bar-name">${named(number)}${number === label ? icon("check") : nothing}</span>
    <span class="bar"><span style="width:${(100 * (share ?? 0)).toFixed(1)}%"></span></span>
    <span class="share">${percent(share)}</span></li>`)}</ul>`;
}

function showTemplate({ show, shown, showing, refused, online, present }) {
  return html`<div class="show">
    ${buttonTemplate(html`${icon("share")}${text("gallery_show")}`, { act: "show", off: !online || !present || showing, press: show })}
    <span class="aside" role="status">${shown ? text("gallery_shown") : nothing}</span>
    ${refusalTemplate(refused)}
  </div>`;
}
