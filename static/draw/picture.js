import { html, nothing } from "lit";
import { ask } from "../lib/ask.js";
import { chosenFile } from "../lib/chooser.js";
import { text } from "../lib/texts.js";

const KINDS = "image/png,image/jpeg,image/webp,image/bmp";
const LARGEST = 8_000_000; // bytes

/** Send a picture to become an image of the dataset: {ok, pixels, image} or the error shape. */
export function send(room, file, inverted) {
  if (file.size > LARGEST) {
    return { ok: false, error: { code: "picture_too_large", message: text("draw_file_large"), hint: text("draw_file_large_hint") } };
  }
  const headers = { "Content-Type": file.type || "application/octet-stream", "X-Lockstep-Token": room.getAttribute("token") };
  return ask(`/api/rooms/${room.code}/picture?invert=${Number(inverted)}`, { method: "POST", headers, body: file });
}

/** Choose, take or drop a picture; `view`: {grey, paper, busy, shown}, `take(file)`, `change(values)` sets paper. */
export function pictureTemplate({ grey, paper, busy, shown }, take, change) {
  const input = (key, capture) => html`<label class="btn btn-outline-secondary file ${capture ? "camera" : ""}"><span>${text(key)}</span>
    <input type="file" class="visually-hidden" accept=${KINDS} capture=${capture || nothing} ?disabled=${busy}
      @change=${chosenFile(take)}></label>`;
  return html`<div class="picture ${grey ? "" : "large"}" aria-busy=${busy}
      @dragover=${(event) => event.preventDefault()} @drop=${(event) => { event.preventDefault(); take(event.dataTransfer.files[0]); }}>
    <p>${text(grey ? "draw_picture_grey" : "draw_picture")}</p>
    <div class="files">${input("draw_choose")}${input("draw_camera", "environment")}</div>
    ${grey && shown ? html`<label class="tick"><input type="checkbox" .checked=${paper} @change=${({ target }) => change({ paper: target.checked })}>
      <span>${text("draw_paper")}</span></label>` : nothing}
    <p class="aside">${busy ? text("draw_reading") : text("draw_kinds")}</p>
  </div>`;
}
