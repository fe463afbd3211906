import { html, nothing } from "lit";
import { OFFLINE } from "../lib/ask.js";
import { icon } from "../lib/icons.js";
import { text } from "../lib/texts.js";
import { Dialog } from "./dialog.js";
import { shape } from "./icons.js";

/** The network as a program and as YAML, to copy or to keep; and a Blueprint from YAML. */
export class Code extends Dialog {
  #program = null;
  #copied = false;
  #yaml = "";

  begin() {
    this.#program = null;
    this.#copied = false;
    this.#yaml = "";
    if (!this.host.base.report.error) this.#fetch();
  }

  body({ online, error }) {
    return html`<p>${text(error ? "code_later" : "code_lead")}</p>
      <div class="code-tools">
        <button type="button" class="btn btn-outline-secondary btn-sm" ?disabled=${!this.#program} @click=${this.#copy}>
          ${icon(this.#copied ? "check" : "copy")}${text(this.#copied ? "copied" : "copy")}</button>
        ${error ? nothing : this.#link("network.py", "code_save")}${this.#link("network.yaml", "code_yaml")}</div>
      ${this.#program === null ? nothing : html`<pre class="program" tabindex="0" role="region"
        aria-label=${text("code_text")}><code>${this.#program}</code></pre>`}
      <h3>${text("code_import")}</h3>
      <form class="import" @submit=${this.#load}>
        <label>${text("code_paste")}<textarea class="form-control" rows="5" spellcheck="false" .value=${this.#yaml}
          @input=${({ target }) => { this.#yaml = target.value; }}></textarea></label>
        <label>${text("code_file")}<input type="file" class="form-control" accept=".yaml,.yml,text/yaml"
          @change=${this.#read}></label>
        <button class="btn btn-primary" ?disabled=${!online || this.busy}>${text("code_load")}</button></form>`;
  }

  #link(file, key) {
    return html`<a class="btn btn-outline-secondary btn-sm" href=${this.#address(file)} download=${file}>
      ${shape("save")}${text(key)}</a>`;
  }

  #address(file) {
    const { room, state } = this.host;
    const of = state?.draft ? "draft" : (state?.session.position?.run ?? "draft");
    return `/api/rooms/${room.code}/${file}?${new URLSearchParams({ of })}`;
  }

  async #fetch() {
    try {
      const answer = await fetch(this.#address("network.py"));
      const said = await answer.text();
      this.#program = answer.ok ? said : null;
      this.set({ refused: answer.ok ? null : (JSON.parse(said).error ?? OFFLINE) });
    } catch {
      this.set({ refused: OFFLINE });
    }
  }

  /** The clipboard exists only on https and localhost; elsewhere the old way works. */
  #copy = async () => {
    try {
      await navigator.clipboard.writeText(this.#program);
      this.#copied = true;
    } catch {
      getSelection().selectAllChildren(this.element.querySelector(".program"));
      this.#copied = document.execCommand("copy");
    }
    this.host.requestUpdate();
  };

  #read = async ({ target }) => {
    this.#yaml = (await target.files[0]?.text()) ?? this.#yaml;
    this.host.requestUpdate();
  };

  #load = async (event) => {
    event.preventDefault();
    if (!this.#yaml.trim()) return;
    const answer = await this.fetch("/api/blueprint", "POST", { yaml: this.#yaml });
    if (answer.ok && (await this.host.edit(() => [{ op: "load", blueprint: answer.blueprint }]))) this.close();
  };
}
