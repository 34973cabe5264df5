// The filter bar: a combobox over the filter language.
import { html, nothing } from "lit";
import { isAbort } from "./api.js";
import { suggestions } from "./completion.js";
import { FilterError, conditions } from "./filter.js";
import { Part, icon } from "./ui.js";

/** @import {Suggestion} from "./completion.js" */

const PAUSE_MILLIS = 120;

/** Fires `filter` with the text when it is to be applied. */
class FilterBar extends Part {
  static properties = {
    value: {},
    text: { state: true },
    items: { state: true },
    at: { state: true },
    open: { state: true },
    mistake: { state: true },
  };

  constructor() {
    super();
    this.value = "";
    this.text = "";
    /** @type {Suggestion[]} */
    this.items = [];
    this.at = -1;
    this.open = false;
    this.mistake = "";
    this.asking = new AbortController();
    this.timer = 0;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("value")) {
      this.text = this.value;
      this.mistake = "";
    }
  }

  focus() {
    this.input?.focus();
    this.input?.select();
  }

  get input() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector("input"));
  }

  complete() {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      this.asking.abort();
      this.asking = new AbortController();
      try {
        const items = await suggestions(this.text, this.input?.selectionStart ?? this.text.length, this.asking.signal);
        this.items = items;
        this.at = -1;
      } catch (error) {
        if (!isAbort(error)) {
          this.items = [];
        }
      }
    }, this.open ? PAUSE_MILLIS : 0);
    this.open = true;
  }

  /** @param {Suggestion} item */
  choose(item) {
    const rest = this.text.slice(item.to);
    const after = item.goesOn || rest.startsWith(" ") ? "" : " ";
    this.text = this.text.slice(0, item.from) + item.insert + after + rest;
    const cursor = item.from + item.insert.length + after.length;
    this.updateComplete.then(() => {
      this.input?.focus();
      this.input?.setSelectionRange(cursor, cursor);
      if (item.goesOn) {
        this.complete();
      } else {
        this.apply();
      }
    });
  }

  apply() {
    try {
      conditions(this.text);
      this.mistake = "";
      this.open = false;
      this.dispatchEvent(new CustomEvent("filter", { detail: this.text.trim() }));
    } catch (error) {
      if (!(error instanceof FilterError)) {
        throw error;
      }
      this.mistake = error.message;
      this.open = false;
    }
  }

  /** @param {KeyboardEvent} event */
  keys(event) {
    const shown = this.open && this.items.length > 0;
    const chosen = this.items[this.at];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) {
        this.complete();
        return;
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.at = (this.at + step + this.items.length + (this.at < 0 && step < 0 ? 1 : 0)) % this.items.length;
    } else if (event.key === "Tab" && shown && !event.shiftKey && this.at >= 0 && chosen) {
      event.preventDefault();
      this.choose(chosen);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown && chosen) {
        this.choose(chosen);
      } else {
        this.apply();
      }
    } else if (event.key === "Escape") {
      if (this.open) {
        this.open = false;
        event.stopPropagation();
      } else {
        this.input?.blur();
      }
    }
  }

  render() {
    const shown = this.open && this.items.length > 0;
    return html`<div class="box">
        ${icon("search")}
        <input
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-autocomplete="list"
          aria-expanded=${shown ? "true" : "false"}
          aria-controls="filter-items"
          aria-activedescendant=${this.at >= 0 ? `filter-item-${this.at}` : nothing}
          aria-invalid=${this.mistake ? "true" : "false"}
          autocomplete="off"
          spellcheck="false"
          placeholder='Filter: kind:tool status:error "some words"'
          .value=${this.text}
          @input=${(/** @type {Event} */ e) => {
            this.text = /** @type {HTMLInputElement} */ (e.target).value;
            this.mistake = "";
            this.complete();
          }}
          @focus=${() => this.complete()}
          @blur=${() => setTimeout(() => (this.open = false), 150)}
          @keydown=${this.keys}
        />
        ${this.text
          ? html`<button class="button quiet small icon-only clear" title="Clear the filter" aria-label="Clear the filter"
              @click=${() => ((this.text = ""), this.apply(), this.input?.focus())}>${icon("close")}</button>`
          : nothing}
      </div>
      ${this.mistake ? html`<div class="hint" role="alert">${this.mistake}</div>` : nothing}
      <div id="filter-items" class="pop items" role="listbox" aria-label="Suggestions" ?hidden=${!shown}>
        ${this.items.map(
          (item, i) =>
            html`<div class="item" role="option" id="filter-item-${i}" aria-selected=${i === this.at ? "true" : "false"}
              @pointerdown=${(/** @type {Event} */ e) => (e.preventDefault(), this.choose(item))}>
              <span class="grow mono">${item.label}</span><span class="note">${item.note}</span>
            </div>`,
        )}
      </div>`;
  }
}
customElements.define("filter-bar", FilterBar);
