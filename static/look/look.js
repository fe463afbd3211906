// <lab-look>: theme and language of this page. Both live in the document; lib/early.js sets them before the first paint.
import { html } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { icon } from "../lib/icons.js";
import { LANGUAGES, language, text } from "../lib/texts.js";

const THEMES = ["auto", "light", "dark"];

class Look extends RoomElement {
  render() {
    const theme = document.documentElement.dataset.theme ?? "auto";
    const other = next(LANGUAGES, language());
    return html`<div class="look">
      <button type="button" class="tool" title=${text(`theme_${theme}`)} aria-label=${text(`theme_${theme}`)}
        @click=${() => this.#keep("theme", next(THEMES, theme))}>${icon(theme)}</button>
      <button type="button" class="tool tongue" title=${text("language")} aria-label="${other.toUpperCase()}: ${text("language")}"
        @click=${() => this.#keep("lang", other)}>${other.toUpperCase()}</button>
    </div>`;
  }

  #keep(name, value) {
    try {
      localStorage.setItem(`lockstep.${name}`, value);
    } catch {
      return; // storage may be forbidden; then the look of the machine stays
    }
    dispatchEvent(new Event("lab-look"));
  }
}

function next(all, one) {
  return all[(all.indexOf(one) + 1) % all.length];
}

define("lab-look", Look);
