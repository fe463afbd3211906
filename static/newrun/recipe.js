import { html } from "lit";
import { chosenFile } from "../lib/chooser.js";
import { shareWords } from "../lib/held.js";
import { change } from "../lib/jobs.js";
import { changed } from "../lib/recipe.js";
import { text } from "../lib/texts.js";
import { changesIn } from "../lib/tree.js";
import { layersTemplate } from "./choices.js";

const LARGEST = 60_000; // bytes

/** A recipe out of a file: {ok: true, blueprint, out, settings}, or the refusal. Nothing is begun by it. */
export async function readRecipe(file, room) {
  if (file.size > LARGEST) return { ok: false, error: { message: text("recipe_size"), hint: "" } };
  const yaml = await file.text().catch(() => null);
  if (yaml === null) return { ok: false, error: { message: text("send_unreadable"), hint: "" } };
  return change(room, "POST", "/api/blueprint", { yaml });
}

/** The button that asks for a file; `take` hears it. */
export function recipeButton(off, take) {
  return html`<label class="btn btn-outline-secondary recipe-file">${text("recipe_choose")}
    <input type="file" class="visually-hidden" accept=".yaml,.yml,text/yaml" ?disabled=${off} @change=${chosenFile(take)}></label>`;
}

/** What the recipe says, in place of the choices by hand. `row`: its dataset; `now`: the Settings of the room. */
export function recipeTemplate({ name, blueprint, out, settings }, row, now, { settings: table, kinds }, drop) {
  const changes = changesIn(changed(now, settings ?? {}), table);
  const { seed, validation = 0 } = blueprint;
  return html`<section class="recipe" aria-label=${name}>
    <p><strong>${name}</strong>: ${row.title} · ${text("seed")} ${seed} · ${text("validation")}: ${shareWords(validation)}</p>
    ${layersTemplate({ blueprint, out }, row, kinds)}
    <p class="recipe-settings">${text(!settings ? "recipe_keeps" : changes.length ? "recipe_changes" : "recipe_same")}</p>
    <ul>${changes.map(({ label, from, to }) => html`<li>${label}: ${from} → <b>${to}</b></li>`)}</ul>
    <button type="button" class="btn btn-sm btn-outline-secondary" @click=${drop}>${text("recipe_drop")}</button></section>`;
}
