// A text field for SQL that knows the tables: colours behind a plain textarea, and completion.
import { html, nothing } from "lit";
import { Part } from "./ui.js";

/** Columns by table, as docs/sql.md has them. @type {Record<string, string[]>} */
export const TABLES = {
  spans: "trace_id span_id parent_id project name kind start_time end_time duration_ms status error model provider input output input_tokens output_tokens cached_tokens cache_write_tokens reasoning_tokens cost time_to_first_token_ms session_id user_id agent tags scores input_preview output_preview expected metadata metrics attributes tools events links resource scope comments dialect error_preview".split(" "),
  traces: "trace_id project name start_time end_time duration_ms span_count error_count llm_count input_tokens output_tokens cached_tokens cache_write_tokens reasoning_tokens cost models session_id user_id agent status tags scores".split(" "),
  scores: "trace_id span_id name value start_time span_name kind model agent session_id user_id".split(" "),
  messages: "id role content trace_id span_id field start_time span_name model".split(" "),
};
const WORDS = "select from where group by order limit offset and or not in is null like ilike between case when then else end as join left using on with recursive union all except intersect having qualify distinct filter over partition desc asc nulls last first interval timestamp cast values true false exists unnest".split(" ");
const FUNCTIONS = "count sum avg min max quantile_cont approx_quantile median mode histogram approx_count_distinct arg_max arg_min list string_agg date_trunc time_bucket epoch_ns now coalesce nullif try_cast round floor ceil length lower upper contains regexp_matches json_extract_string json_keys from_json match any_span row_number rank lag lead list_contains any_value".split(" ");
const COLUMNS = new Set(Object.values(TABLES).flat());
const KEYWORDS = new Set(WORDS);
const NAMES = new Set(Object.keys(TABLES));
const CALLS = new Set(FUNCTIONS);
const TOKEN = /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'?)|("(?:[^"])*"?)|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([\s\S])/g;
const SHOWN = 9;
const LINE = 20;

/** Fires `run`, and `text` with the text. */
class SqlEditor extends Part {
  static properties = { value: {}, text: { state: true }, items: { state: true }, at: { state: true }, left: { state: true }, top: { state: true } };

  constructor() {
    super();
    this.value = "";
    this.text = "";
    /** @type {string[]} */
    this.items = [];
    this.at = 0;
    this.left = 0;
    this.top = 0;
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("value") && this.value !== this.text) {
      this.text = this.value;
      this.items = [];
    }
  }

  get area() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector("textarea"));
  }

  focus() {
    this.area?.focus();
  }

  /** The word before the cursor. */
  get word() {
    return /[A-Za-z_]\w*$/.exec(this.text.slice(0, this.area.selectionStart))?.[0] ?? "";
  }

  typed() {
    this.text = this.area.value;
    this.dispatchEvent(new CustomEvent("text", { detail: this.text }));
    this.complete(2);
  }

  /** @param {number} least letters */
  complete(least) {
    const word = this.word.toLowerCase();
    if (word.length < least) {
      this.items = [];
      return;
    }
    // Columns of the tables that the query names come first.
    const named = Object.keys(TABLES).filter((name) => new RegExp(`\\b${name}\\b`, "i").test(this.text));
    const near = named.flatMap((name) => TABLES[name] ?? []);
    const all = [...new Set([...near, ...NAMES, ...WORDS, ...FUNCTIONS.map((name) => `${name}(`), ...COLUMNS])];
    this.items = all.filter((item) => item.startsWith(word) && item !== word).slice(0, SHOWN);
    this.at = 0;
    const before = this.text.slice(0, this.area.selectionStart - word.length).split("\n");
    const width = this.querySelector(".measure")?.getBoundingClientRect().width ?? 78;
    this.left = 16 + ((before.at(-1)?.length ?? 0) * width) / 10 - this.area.scrollLeft;
    this.top = 12 + before.length * LINE - this.area.scrollTop;
  }

  /** @param {string} item */
  choose(item) {
    const end = this.area.selectionStart;
    this.area.setRangeText(item + (item.endsWith("(") || NAMES.has(item) || COLUMNS.has(item) ? "" : " "), end - this.word.length, end, "end");
    this.items = [];
    this.text = this.area.value;
    this.dispatchEvent(new CustomEvent("text", { detail: this.text }));
    this.area.focus();
  }

  /** @param {KeyboardEvent} event */
  keys(event) {
    const item = this.items[this.at];
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.items = [];
      this.dispatchEvent(new CustomEvent("run"));
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.complete(0);
    } else if (item && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.items.length) % this.items.length;
    } else if (item && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey) {
      event.preventDefault();
      this.choose(item);
    } else if (event.key === "Escape" && this.items.length) {
      event.stopPropagation();
      this.items = [];
    }
  }

  coloured() {
    return [...this.text.matchAll(TOKEN)].map(([all, note, text, name, digits, word]) => {
      const small = word?.toLowerCase() ?? "";
      const kind = note ? "note" : text ? "text" : name ? "column-name" : digits ? "digits" : !word ? "" : KEYWORDS.has(small) || CALLS.has(small) ? "word" : NAMES.has(small) ? "table-name" : COLUMNS.has(small) ? "column-name" : "";
      return kind ? html`<span class=${kind}>${all}</span>` : all;
    });
  }

  render() {
    return html`<pre aria-hidden="true">${this.coloured()}${"\n"}</pre>
      <span class="measure mono visually-hidden" aria-hidden="true">mmmmmmmmmm</span>
      <textarea aria-label="SQL" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" .value=${this.text} @input=${this.typed} @keydown=${this.keys}
        @scroll=${() => {
          const pre = /** @type {HTMLElement} */ (this.querySelector("pre"));
          pre.scrollTop = this.area.scrollTop;
          pre.scrollLeft = this.area.scrollLeft;
        }}
        @blur=${() => setTimeout(() => (this.items = []), 150)}></textarea>
      ${this.items.length
        ? html`<div class="pop completions" .style=${`left:${this.left}px;top:${this.top}px`}>
            ${this.items.map((item, i) => html`<button class="item mono" tabindex="-1" aria-selected=${i === this.at ? "true" : "false"} @pointerdown=${(/** @type {Event} */ e) => (e.preventDefault(), this.choose(item))}>${item}</button>`)}
          </div>`
        : nothing}`;
  }
}
customElements.define("sql-editor", SqlEditor);
