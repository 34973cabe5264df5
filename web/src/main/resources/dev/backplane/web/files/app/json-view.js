// JSON as a tree that opens where one looks. Long lists and texts are shown in pieces, so that no
// value, however large, makes more than a few hundred elements at once.
import { html, nothing } from "lit";
import { count } from "./format.js";
import { Part } from "./ui.js";

const ITEMS = 100;
const TEXT = 2000;
const OPEN_DEPTH = 2;
const OPEN_ITEMS = 30;

class JsonView extends Part {
  static properties = { value: {}, depth: { type: Number } };

  constructor() {
    super();
    /** @type {unknown} */
    this.value = null;
    /** Levels that are open at first. */
    this.depth = OPEN_DEPTH;
    /** Whether somebody opened (or shut) the value at a path. @type {Map<string, boolean>} */
    this.opened = new Map();
    /** Items or characters shown of the value at a path. @type {Map<string, number>} */
    this.shown = new Map();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("value")) {
      this.opened.clear();
      this.shown.clear();
    }
  }

  /** @param {string} path @param {boolean} open */
  toggle(path, open) {
    this.opened.set(path, open);
    this.requestUpdate();
  }

  /** @param {string} path @param {number} shown */
  more(path, shown) {
    this.shown.set(path, shown);
    this.requestUpdate();
  }

  render() {
    return this.any(this.value, "", 0, nothing);
  }

  /** @param {unknown} value @param {string} path @param {number} level @param {unknown} label @returns {unknown} */
  any(value, path, level, label) {
    if (typeof value === "object" && value !== null) {
      return this.nested(value, path, level, label);
    }
    return html`<div>${label}${this.leaf(value, path)}</div>`;
  }

  /** @param {unknown} value @param {string} path */
  leaf(value, path) {
    if (typeof value !== "string") {
      return html`<span class=${typeof value === "number" ? "number" : "word"}>${JSON.stringify(value) ?? "undefined"}</span>`;
    }
    const shown = this.shown.get(path) ?? TEXT;
    const text = value.length > shown ? value.slice(0, shown) : value;
    return html`<span class="string">"${text}${value.length > shown ? nothing : '"'}</span>${value.length > shown
        ? html`<button class="less" @click=${() => this.more(path, shown * 10)}>… ${count(value.length - shown)} more characters</button>`
        : nothing}`;
  }

  /** @param {object} value @param {string} path @param {number} level @param {unknown} label */
  nested(value, path, level, label) {
    const isList = Array.isArray(value);
    const size = isList ? value.length : Object.keys(value).length;
    const [start, end] = isList ? ["[", "]"] : ["{", "}"];
    if (!size) {
      return html`<div>${label}<span>${start}${end}</span></div>`;
    }
    const open = this.opened.get(path) ?? (level < this.depth && size <= OPEN_ITEMS);
    const note = `${count(size)} ${isList ? (size === 1 ? "item" : "items") : size === 1 ? "member" : "members"}`;
    const head = html`<div>
      <button class="toggle" aria-expanded=${open ? "true" : "false"} @click=${() => this.toggle(path, !open)}>${label}${start}${open ? nothing : html`<span class="note"> ${note} </span>${end}`}</button>
    </div>`;
    return open ? html`${head}${this.members(value, path, level, isList)}<div>${end}</div>` : head;
  }

  /** @param {object} value @param {string} path @param {number} level @param {boolean} isList */
  members(value, path, level, isList) {
    const shown = this.shown.get(path) ?? ITEMS;
    const entries = Object.entries(value);
    return html`<div class="children">
      ${entries
        .slice(0, shown)
        .map(([key, child]) => this.any(child, `${path}/${key}`, level + 1, html`<span class=${isList ? "muted" : "key"}>${key}</span><span class="muted">: </span>`))}
      ${entries.length > shown
        ? html`<button class="less" @click=${() => this.more(path, shown * 5)}>… ${count(entries.length - shown)} more</button>`
        : nothing}
    </div>`;
  }
}
customElements.define("json-view", JsonView);
