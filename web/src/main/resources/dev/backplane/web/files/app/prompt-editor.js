// A prompt as it is edited: messages with texts, images and calls of tools; definitions of tools; a
// schema for the answer. The prompt is changed in place, and `changed` is fired.
import { html, nothing } from "lit";
import { messageImage } from "./messages.js";
import { draft, fault } from "./playground.js";
import { Part, icon, toast } from "./ui.js";

/** @import {Draft, DraftPart, Prompt} from "./playground.js" */

const ROLES = ["system", "user", "assistant", "tool"];
const LINES_MAX = 24;

class PromptEditor extends Part {
  static properties = { prompt: {} };

  constructor() {
    super();
    /** @type {Prompt | null} */
    this.prompt = null;
  }

  changed() {
    this.requestUpdate();
    this.dispatchEvent(new CustomEvent("changed"));
  }

  /** @param {number} from @param {number} to */
  move(from, to) {
    const messages = this.prompt?.messages ?? [];
    messages.splice(to, 0, ...messages.splice(from, 1));
    this.changed();
  }

  add() {
    const messages = this.prompt?.messages ?? [];
    messages.push(draft(messages.at(-1)?.role === "user" ? "assistant" : "user"));
    this.changed();
    this.updateComplete.then(() => /** @type {HTMLElement | undefined} */ ([...this.querySelectorAll(".message textarea")].at(-1))?.focus());
  }

  /** @param {Draft} one @param {Iterable<File>} files */
  addImages(one, files) {
    for (const file of files) {
      if (!file.type.startsWith("image/")) {
        toast(`${file.name || "That"} is no image.`);
        continue;
      }
      const reader = new FileReader();
      reader.onload = () => {
        one.parts.push({ type: "image", url: String(reader.result) });
        this.changed();
      };
      reader.readAsDataURL(file);
    }
  }

  /** @param {ClipboardEvent} event @param {Draft} one */
  paste(event, one) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      this.addImages(one, files);
    }
  }

  render() {
    const prompt = this.prompt;
    if (!prompt) {
      return nothing;
    }
    return html`<div class="messages">${prompt.messages.map((one, i) => this.renderMessage(one, i, prompt.messages))}</div>
      <div class="actions-line"><button class="button small" @click=${this.add}>${icon("plus")}Message</button></div>
      ${this.renderJson("tools", "Tools", "A list of definitions as OpenAI has them.", true)}
      ${this.renderJson("schema", "Answer by a JSON schema", "The answer has to follow it.", false)}`;
  }

  /** @param {Draft} one @param {number} i @param {Draft[]} all */
  renderMessage(one, i, all) {
    const name = `message ${i + 1}`;
    return html`<article class="message ${one.role}">
      <header>
        <select class="field small" aria-label="Role of ${name}" .value=${one.role} @change=${(/** @type {Event} */ e) => ((one.role = valueOf(e)), this.changed())}>
          ${(ROLES.includes(one.role) ? ROLES : [...ROLES, one.role]).map((role) => html`<option value=${role} ?selected=${role === one.role}>${role}</option>`)}
        </select>
        <span class="grow"></span>
        <button class="button quiet small icon-only" title="Up" aria-label="Move ${name} up" ?disabled=${i === 0} @click=${() => this.move(i, i - 1)}>${icon("up")}</button>
        <button class="button quiet small icon-only" title="Down" aria-label="Move ${name} down" ?disabled=${i === all.length - 1} @click=${() => this.move(i, i + 1)}>${icon("down")}</button>
        <label class="button quiet small icon-only" title="Add an image (or paste one)">${icon("image")}<span class="visually-hidden">Add an image to ${name}</span>
          <input class="visually-hidden" type="file" accept="image/*" multiple @change=${(/** @type {Event} */ e) => this.addImages(one, /** @type {HTMLInputElement} */ (e.target).files ?? [])} /></label>
        ${one.role === "assistant" && !one.calls ? html`<button class="button quiet small icon-only" title="Add a call of a tool" aria-label="Add a call of a tool to ${name}" @click=${() => ((one.calls = '[\n  {"id": "call_1", "name": "", "arguments": {}}\n]'), this.changed())}>${icon("tool")}</button>` : nothing}
        <button class="button quiet small icon-only" title="Remove" aria-label="Remove ${name}" @click=${() => (all.splice(i, 1), this.changed())}>${icon("trash")}</button>
      </header>
      <div class="parts">
        ${one.role === "tool" ? html`<label class="labelled">Answers the call<input class="field mono" aria-label="Call that ${name} answers" .value=${one.callId} @input=${(/** @type {Event} */ e) => ((one.callId = valueOf(e)), this.changed())} /></label>` : nothing}
        ${one.parts.map((part, at) => this.renderPart(one, part, at, name))}
        ${one.calls ? this.renderCalls(one, name) : nothing}
      </div>
    </article>`;
  }

  /** @param {Draft} one @param {DraftPart} part @param {number} at @param {string} name */
  renderPart(one, part, at, name) {
    const remove = html`<button class="button quiet small icon-only" title="Remove" aria-label="Remove part ${at + 1} of ${name}" @click=${() => (one.parts.splice(at, 1), this.changed())}>${icon("close")}</button>`;
    if (part.type === "image") {
      const shown = messageImage(part.url);
      return html`<div class="draft-image">${shown ? html`<img src=${part.url} alt="Image in ${name}" />` : html`<span class="mono">${part.url.slice(0, 200)}</span>`}${remove}</div>`;
    }
    const raw = part.type === "raw";
    const text = raw ? part.json : part.text;
    const wrong = raw ? fault(text, false) : "";
    return html`<div class="draft-text"><textarea class="field ${raw ? "mono" : ""}" rows=${linesOf(text)} aria-label="${raw ? "Part" : "Text"} of ${name}" aria-invalid=${wrong ? "true" : nothing} spellcheck="false" .value=${text}
        @paste=${(/** @type {ClipboardEvent} */ e) => this.paste(e, one)}
        @input=${(/** @type {Event} */ e) => (part.type === "text" ? (part.text = valueOf(e)) : (part.json = valueOf(e)), this.changed())}></textarea>${one.parts.length > 1 ? remove : nothing}</div>
      ${wrong ? html`<p class="error-text">${wrong}</p>` : nothing}`;
  }

  /** @param {Draft} one @param {string} name */
  renderCalls(one, name) {
    const wrong = fault(one.calls, true);
    return html`<label class="labelled">Calls of tools<textarea class="field mono" rows=${linesOf(one.calls)} aria-label="Calls of ${name}" aria-invalid=${wrong ? "true" : nothing} spellcheck="false" .value=${one.calls}
        @input=${(/** @type {Event} */ e) => ((one.calls = valueOf(e)), this.changed())}></textarea></label>
      ${wrong ? html`<p class="error-text">${wrong}</p>` : nothing}`;
  }

  /** @param {"tools" | "schema"} field @param {string} label @param {string} hint @param {boolean} list */
  renderJson(field, label, hint, list) {
    const prompt = /** @type {Prompt} */ (this.prompt);
    const text = prompt[field];
    const wrong = fault(text, list);
    const note = wrong ? "" : list ? toolNames(text) : text.trim() ? "on" : "";
    return html`<details class="section" ?open=${!!wrong}>
      <summary>${label}<span class="count">${note}</span></summary>
      <div class="content"><textarea class="field mono" rows=${linesOf(text)} aria-label=${label} aria-invalid=${wrong ? "true" : nothing} spellcheck="false" placeholder=${list ? '[{"type": "function", "function": {"name": "…", "parameters": {…}}}]' : '{"type": "object", "properties": {…}}'} .value=${text}
          @input=${(/** @type {Event} */ e) => ((prompt[field] = valueOf(e)), this.changed())}></textarea>
        <p class=${wrong ? "error-text" : "muted"}>${wrong || hint}</p></div>
    </details>`;
  }
}
customElements.define("prompt-editor", PromptEditor);

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;

/** @param {string} text */
const linesOf = (text) => Math.min(LINES_MAX, Math.max(2, text.split("\n", LINES_MAX + 1).reduce((sum, line) => sum + 1 + Math.floor(line.length / 90), 0)));

/** @param {string} text */
function toolNames(text) {
  try {
    return JSON.parse(text || "[]").map((/** @type {any} */ tool) => tool?.function?.name ?? tool?.name ?? "?").join(", ").slice(0, 80);
  } catch {
    return "";
  }
}
