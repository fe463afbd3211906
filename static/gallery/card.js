import { html, nothing } from "lit";
import { exampleOf, imageOf, nameOf } from "../lib/examples.js";
import { percent } from "../lib/format.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { lossWords } from "./view.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** One example; `view`: {named, chosen, focused, marks (how many), choose}. */
export function cardTemplate(example, { named, chosen, focused, marks, choose }) {
  const right = example.label === example.prediction;
  const [label, said, loss] = [named(example.label), named(example.prediction), lossWords(example.loss, true)];
  return html`<li role="option" class="card-of ${right ? "right" : "wrong"}" tabindex=${focused ? 0 : -1} aria-selected=${chosen}
      data-example=${exampleOf(imageOf(example)) ?? example.drawing}
      @click=${choose} @keydown=${(event) => key(event, choose)}>
    <span class="visually-hidden">${nameOf(imageOf(example))}</span>
    <canvas .picture=${example.image} aria-hidden="true"></canvas>
    <span class="label">${text("gallery_true", { label })}</span>
    <span class="said">${icon(right ? "check" : "close")}${text("gallery_said", { label: said })}</span>
    <span class="sure" aria-hidden="true"><span style="width:${Math.round(100 * example.confidence)}%"></span></span>
    <span class="numbers"><span>${percent(example.confidence)}</span><span>${text("gallery_loss", { loss })}</span></span>
    ${marks ? html`<span class="badge-marks"><span aria-hidden="true">${marks}</span>
      <span class="visually-hidden">${text("gallery_card_marks", { count: marks })}</span></span>` : nothing}
  </li>`;
}

function key(event, choose) {
  if (event.key === "Enter" || event.key === " ") choose(event);
  else if (!move(event.currentTarget, event.key)) return;
  event.preventDefault();
}

/** Move the focus from one card to another; whether there was one to go to. */
function move(card, pressed) {
  const cards = [...card.parentElement.children];
  const across = Math.max(1, cards.findIndex((one) => one.offsetTop !== cards[0].offsetTop));
  const steps = { ...STEPS, ArrowUp: -across, ArrowDown: across, Home: -cards.length, End: cards.length };
  if (!(pressed in steps)) return false;
  const place = Math.min(cards.length - 1, Math.max(0, cards.indexOf(card) + steps[pressed]));
  cards[place].focus();
  return true;
}
