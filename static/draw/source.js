import { packed } from "../lib/pad.js";

/** What is asked about: the drawing on the pad, a picture, or one that the room keeps. */
export class Source {
  #drawn;

  kind = "pad"; // pad · picture · kept
  picture = null; // {file, pixels}
  kept = null; // id

  constructor(drawn) {
    this.#drawn = drawn;
  }

  /** Whether there is anything. */
  get something() {
    return { pad: !this.#drawn.empty, picture: this.picture !== null, kept: this.kept !== null }[this.kind];
  }

  /** Whether it can be kept. */
  get fresh() {
    return this.something && this.kind !== "kept";
  }

  begin(kind) {
    Object.assign(this, { kind, picture: null, kept: null });
  }

  draw() {
    Object.assign(this, { kind: "pad", kept: null });
  }

  take(picture) {
    Object.assign(this, { kind: "picture", picture, kept: null });
  }

  choose(kept) {
    Object.assign(this, { kind: "kept", kept });
  }

  /** As a question has it, or null. */
  async image(invert) {
    if (!this.something) return null;
    if (this.kind === "kept") return { kind: "drawing", drawing: this.kept };
    if (this.kind === "picture") return { kind: "pixels", pixels: this.picture.pixels };
    return { kind: "pad", pixels: await packed(this.#drawn.ink), invert };
  }
}
