// Messages and texts as people read them.
import { html, nothing } from "lit";
import { count } from "./format.js";
import "./json-view.js";
import { plain } from "./messages.js";
import { Part, copyButton, icon } from "./ui.js";

/** @import {Message, MessagePart} from "./messages.js" */

const LINES = 9;
const CHARACTERS = 900;
const STEP = 60_000;

/** A text that is folded when it is long, and shown in pieces when it is huge. */
class LongText extends Part {
  static properties = { text: {}, open: { type: Boolean }, shown: { state: true }, fold: { type: Boolean } };

  constructor() {
    super();
    this.text = "";
    this.open = false;
    this.fold = true;
    this.shown = STEP;
  }

  render() {
    const long = this.fold && (this.text.length > CHARACTERS || this.text.split("\n", LINES + 2).length > LINES);
    const folded = long && !this.open;
    const text = folded ? this.text.slice(0, CHARACTERS * 2) : this.text.slice(0, this.shown);
    const left = this.text.length - this.shown;
    return html`<div class="fold ${folded ? "shut" : ""}">
      <div class="folded text">${text}</div>
      ${!folded && left > 0
        ? html`<button class="button quiet small unfold" @click=${() => (this.shown += STEP * 5)}>${count(left)} more characters</button>`
        : nothing}
      ${long
        ? html`<button class="button quiet small unfold" aria-expanded=${this.open ? "true" : "false"} @click=${() => (this.open = !this.open)}>
            ${this.open ? "Show less" : `Show all ${count(this.text.length)} characters`}
          </button>`
        : nothing}
    </div>`;
  }
}
customElements.define("long-text", LongText);

/** @param {unknown} value */
export const anyValue = (value) =>
  typeof value === "string"
    ? html`<long-text .text=${value}></long-text>`
    : value === undefined || value === null
      ? nothing
      : html`<json-view .value=${value} .depth=${2}></json-view>`;

/** @param {MessagePart} part @param {boolean} fold texts that are long */
function partView(part, fold) {
  switch (part.type) {
    case "text":
      return html`<long-text .text=${part.text} .fold=${fold}></long-text>`;
    case "thinking":
      return html`<div class="thinking"><long-text .text=${part.text} .fold=${fold}></long-text></div>`;
    case "image":
      return html`<img src=${part.source} alt="Image in the message" loading="lazy" />`;
    case "link":
      return html`<a class="link" href=${part.address} target="_blank" rel="noreferrer noopener">${part.what} at ${part.address}</a>`;
    case "call":
      return html`<div class="call">
        <header>${icon("tool")}<span>${part.name || "call"}</span><span class="grow"></span></header>
        <div class="content">${anyValue(part.input)}</div>
      </div>`;
    case "result":
      return anyValue(part.content);
    case "json":
      return html`<json-view .value=${part.value}></json-view>`;
  }
}

/**
 * @param {Message} message
 * @param {{note?: unknown, actions?: unknown, resultOf?: string, unfolded?: boolean}} [more]
 *   resultOf: name of the tool whose result it is; unfolded: long texts are shown whole
 */
export function messageView(message, more = {}) {
  const result = message.parts.find((part) => part.type === "result");
  const name = more.resultOf || message.name || (result?.type === "result" ? result.name : "");
  const role = ["system", "user", "assistant", "tool"].includes(message.role) ? message.role : "other";
  return html`<article class="message ${role}">
    <header>
      <span class="role">${message.role}</span>${name ? html`<span class="mono muted">${name}</span>` : nothing}
      ${result?.type === "result" && result.failed ? html`<span class="chip error">failed</span>` : nothing}
      <span class="grow"></span>${more.note ?? nothing}${more.actions ?? nothing}${copyButton("message", plain(message))}
    </header>
    <div class="parts">${message.parts.length ? message.parts.map((part) => partView(part, !more.unfolded)) : html`<span class="muted">empty</span>`}</div>
  </article>`;
}
