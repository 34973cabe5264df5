// A payload of a span: as messages, as a tree or as text. One that is long is read from the server as
// a stream, as far as somebody looks.
import { html, nothing } from "lit";
import { download, isAbort, request, spanPath } from "./api.js";
import { bytes } from "./format.js";
import "./json-view.js";
import { messageView } from "./message-view.js";
import { messagesIn, parsed } from "./messages.js";
import { Part, copy, errorNotice, icon, toast } from "./ui.js";

/** @import {Omitted} from "./types.js" */

/** Of a payload that is read in pieces. */
const FIRST_BYTES = 128 << 10;
/** A payload up to this size is parsed to be shown as messages or as a tree. */
const PARSED_BYTES = 16 << 20;

class PayloadView extends Part {
  static properties = {
    trace: {},
    span: {},
    field: {},
    label: {},
    value: {},
    omitted: {},
    text: { state: true },
    ended: { state: true },
    busy: { state: true },
    error: { state: true },
    view: { state: true },
    all: { state: true },
  };

  constructor() {
    super();
    this.trace = "";
    this.span = "";
    this.field = "";
    this.label = "";
    /** As it came with the span; undefined when it was too long. @type {unknown} */
    this.value = undefined;
    /** @type {Omitted | undefined} */
    this.omitted = undefined;
    this.text = "";
    this.ended = false;
    this.busy = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {"read" | "tree" | "text"} */
    this.view = "read";
    /** The whole, once a long one was read to its end and parsed. @type {unknown} */
    this.all = undefined;
    /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
    this.reader = null;
    this.decoder = new TextDecoder();
    this.stop = new AbortController();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("span") || changed.has("field") || changed.has("trace")) {
      this.reset();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop.abort();
  }

  reset() {
    this.stop.abort();
    this.stop = new AbortController();
    this.reader = null;
    this.decoder = new TextDecoder();
    this.text = "";
    this.ended = false;
    this.error = null;
    this.all = undefined;
    if (this.omitted && this.omitted.type !== "binary") {
      this.read(FIRST_BYTES);
    }
  }

  get address() {
    return spanPath(this.trace, this.span, this.field);
  }

  /** Reads on until about so many more bytes are there. @param {number} size */
  async read(size) {
    this.busy = true;
    const { signal } = this.stop;
    try {
      if (!this.reader) {
        const response = await request(this.address, { signal });
        this.reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      }
      let text = this.text;
      let left = size;
      while (left > 0 && !this.ended) {
        const { value, done } = await this.reader.read();
        text += this.decoder.decode(value ?? new Uint8Array(), { stream: !done });
        left -= value?.length ?? 0;
        this.ended = done;
      }
      this.text = text;
      if (this.ended && this.omitted?.type === "json") {
        this.all = parsed(text);
        this.all = typeof this.all === "string" ? undefined : this.all;
      }
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      this.error = error;
    }
    this.busy = false;
  }

  /** All of it as text. */
  async whole() {
    if (!this.omitted) {
      return typeof this.value === "string" ? this.value : JSON.stringify(this.value, null, 2);
    }
    return (await request(this.address)).text();
  }

  async copyAll() {
    if (this.omitted && this.omitted.bytes > 64e6) {
      toast("Too long for the clipboard: download it.");
      return;
    }
    copy(await this.whole(), this.label);
  }

  get shown() {
    return this.omitted ? this.all : this.value;
  }

  render() {
    const value = this.shown;
    const messages = value === undefined ? null : messagesIn(value);
    const views = /** @type {["read" | "tree" | "text", string][]} */ ([
      ...(messages ? [["read", "Messages"]] : []),
      ...(value !== null && typeof value === "object" ? [["tree", "JSON"]] : []),
      ["text", "Text"],
    ]);
    const view = views.some(([id]) => id === this.view) ? this.view : (views[0]?.[0] ?? "text");
    return html`<section class="section">
      <header>
        <span>${this.label}</span>
        <span class="count">${messages ? `${messages.length} ${messages.length === 1 ? "message" : "messages"}` : this.omitted ? bytes(this.omitted.bytes) : nothing}</span>
        <span class="grow"></span>
        ${views.length > 1
          ? html`<span class="segments">${views.map(([id, label]) => html`<button aria-pressed=${id === view ? "true" : "false"} @click=${() => (this.view = id)}>${label}</button>`)}</span>`
          : nothing}
        <button class="button quiet small icon-only" title="Copy ${this.label}" aria-label="Copy ${this.label}" @click=${this.copyAll}>${icon("copy")}</button>
        <button class="button quiet small icon-only" title="Download ${this.label}" aria-label="Download ${this.label}"
          @click=${() => download(this.address, `${this.span}-${this.field}.${(this.omitted ? this.omitted.type : typeof this.value) === "text" || typeof this.value === "string" ? "txt" : "json"}`)}>${icon("download")}</button>
      </header>
      <div class="content">${this.error ? errorNotice(this.error) : this.renderBody(view, value, messages)}</div>
    </section>`;
  }

  /** @param {"read" | "tree" | "text"} view @param {unknown} value @param {import("./messages.js").Message[] | null} messages */
  renderBody(view, value, messages) {
    if (this.omitted?.type === "binary") {
      return html`<span class="muted">${bytes(this.omitted.bytes)} that are not text: download them.</span>`;
    }
    if (view === "read" && messages) {
      return html`<div class="messages">${messages.slice(0, 400).map((message) => messageView(message))}
        ${messages.length > 400 ? html`<p class="muted">${messages.length - 400} more messages: see the JSON, or the conversation.</p>` : nothing}</div>`;
    }
    if (view === "tree") {
      return html`<json-view .value=${value} .depth=${3}></json-view>`;
    }
    const text = this.omitted ? this.text : typeof value === "string" ? value : JSON.stringify(value, null, 2);
    return html`<long-text .text=${text ?? ""} .fold=${!this.omitted} class="mono"></long-text>${this.omitted && !this.ended
        ? html`<div class="actions-line">
            ${this.busy
              ? html`<span class="spinner"></span>`
              : html`<button class="button small" @click=${() => this.read(1 << 20)}>Read on</button>
                  ${this.omitted.bytes <= PARSED_BYTES ? html`<button class="button small" @click=${() => this.read(PARSED_BYTES * 2)}>Read all ${bytes(this.omitted.bytes)}</button>` : nothing}`}
          </div>`
        : nothing}`;
  }
}
customElements.define("payload-view", PayloadView);
