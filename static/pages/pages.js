// <lab-pages here>: the pages of this room; `here` is the one that is open: room, creator or inside.
import { html, nothing } from "lit";
import { RoomElement, define } from "../lib/element.js";
import { text } from "../lib/texts.js";

const PAGES = { room: "", creator: "/creator", inside: "/inside" };

class Pages extends RoomElement {
  static properties = { here: {} };

  render() {
    const code = this.closest("lab-room")?.getAttribute("code");
    if (!code) return nothing;
    return html`<nav aria-label=${text("pages")}>
      ${Object.entries(PAGES).map(([name, path]) => html`<a href="/room/${code}${path}"
        aria-current=${name === this.here ? "page" : nothing}>${text(`page_${name}`)}</a>`)}
    </nav>`;
  }
}

define("lab-pages", Pages);
