// SQL over everything, as a table or a chart.
import { html, nothing } from "lit";
import { isAbort, request, sql } from "./api.js";
import "./chart.js";
import { guess, isNumber, isTime } from "./chart.js";
import { IDS_MAX, addToDataset } from "./datasets.js";
import { dashboards, saveDashboard } from "./dashboards.js";
import { count, duration, exactly } from "./format.js";
import { address, go, here, onMove, parameters } from "./router.js";
import "./sql-editor.js";
import { Part, emptyState, errorNotice, icon, loadingLines, popover, toast } from "./ui.js";

/** @import {SqlResult} from "./types.js" */
/** @import {ChartSpec, ChartType} from "./chart.js" */

const ROWS = 500;
const HISTORY_KEY = "backplane.queries";
const HISTORY = 30;
const TYPES = /** @type {[ChartType, string][]} */ ([["line", "Line"], ["bar", "Bars"], ["scatter", "Scatter"], ["heat", "Heat map"]]);

const EXAMPLES = /** @type {[string, string][]} */ ([
  ["Cost and tokens by model", "select model, count(*) calls, sum(input_tokens) input, sum(output_tokens) output, sum(cost) cost\nfrom spans where kind = 'llm' and start_time > now() - interval 7 days\ngroup by model order by cost desc nulls last"],
  ["Latency of model calls over time", "select time_bucket(interval 15 minutes, start_time) t,\n       quantile_cont(duration_ms, 0.5) p50_ms, quantile_cont(duration_ms, 0.95) p95_ms\nfrom spans where kind = 'llm' and start_time > now() - interval 1 day\ngroup by t order by t"],
  ["Which tools fail", "select name, count(*) calls, count(*) filter (status = 'error') failed\nfrom spans where kind = 'tool' and start_time > now() - interval 7 days\ngroup by name order by failed desc, calls desc limit 30"],
  ["Duration against output", "select output_tokens, duration_ms from spans\nwhere kind = 'llm' and output_tokens > 0 and start_time > now() - interval 7 days limit 2000"],
  ["Messages that were sent most", "select role, length(content->>'content') size, content->>'content' as said, trace_id\nfrom messages where role is not null order by size desc limit 50"],
]);

class QueryPage extends Part {
  static properties = {
    text: { state: true },
    result: { state: true },
    error: { state: true },
    busy: { state: true },
    took: { state: true },
    spec: { state: true },
    shown: { state: true },
    saving: { state: true },
  };

  constructor() {
    super();
    this.text = parameters().get("sql") ?? EXAMPLES[0]?.[1] ?? "";
    /** @type {SqlResult | null} */
    this.result = null;
    /** @type {unknown} */
    this.error = null;
    this.busy = false;
    this.took = 0;
    /** @type {ChartSpec | null} */
    this.spec = null;
    this.shown = ROWS;
    this.saving = false;
    this.asking = new AbortController();
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    if (parameters().get("sql")) {
      this.run();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    this.asking.abort();
  }

  moved() {
    const asked = parameters().get("sql");
    if (asked && asked !== this.text) {
      this.text = asked;
      this.run();
    }
    this.requestUpdate();
  }

  get view() {
    return parameters().get("view") === "chart" ? "chart" : "table";
  }

  async run() {
    this.asking.abort();
    this.asking = new AbortController();
    this.busy = true;
    this.error = null;
    const begin = performance.now();
    go(here({ sql: this.text }), { replace: !parameters().get("sql") });
    try {
      this.result = await sql(this.text, this.asking.signal);
      this.took = performance.now() - begin;
      this.spec = this.fitting(this.result);
      this.shown = ROWS;
      this.remember();
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      this.error = error;
    }
    this.busy = false;
  }

  /** What was chosen before, where the new result has it too. @param {SqlResult} result */
  fitting(result) {
    const names = result.columns.map((column) => column.name);
    const kept = this.spec && [this.spec.x, ...this.spec.y].every((name) => names.includes(name)) ? this.spec : guess(result);
    const type = parameters().get("chart");
    return kept && TYPES.some(([id]) => id === type) ? { ...kept, type: /** @type {ChartType} */ (type) } : kept;
  }

  remember() {
    const known = history().filter((text) => text !== this.text);
    localStorage.setItem(HISTORY_KEY, JSON.stringify([this.text, ...known].slice(0, HISTORY)));
  }

  /** @param {Event} event */
  offer(event) {
    const use = (/** @type {string} */ text) => {
      this.text = text;
      this.run();
    };
    popover(
      /** @type {Element} */ (event.currentTarget),
      (close) => html`<div class="heading">Examples</div>
        ${EXAMPLES.map(([title, text]) => html`<button class="item" @click=${() => (close(), use(text))}><span class="grow">${title}</span></button>`)}
        ${history().length ? html`<div class="heading">Lately</div>` : nothing}
        ${history().map((text) => html`<button class="item" @click=${() => (close(), use(text))}><span class="grow mono">${text.replace(/\s+/g, " ")}</span></button>`)}`,
      { label: "Queries" },
    );
  }

  /** @param {"parquet" | "ndjson"} format @param {string} name */
  async save(format, name) {
    try {
      const response = await request("/api/v1/sql", { method: "POST", body: { query: this.text, format } });
      give(await response.blob(), name);
    } catch (error) {
      this.error = error;
    }
  }

  saveCsv() {
    const result = this.result;
    if (result) {
      const cell = (/** @type {unknown} */ value) => {
        const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
        // A cell that begins like a formula would be run by a spreadsheet.
        const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
        return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
      };
      const lines = [result.columns.map((column) => column.name), ...result.rows].map((row) => row.map(cell).join(","));
      give(new Blob([lines.join("\r\n")], { type: "text/csv" }), "result.csv");
    }
  }

  /** @param {Event} event */
  download(event) {
    popover(
      /** @type {Element} */ (event.currentTarget),
      (close) => html`<button class="item" @click=${() => (close(), this.saveCsv())}>CSV of what is shown</button>
        <button class="item" @click=${() => (close(), this.save("ndjson", "result.jsonl"))}>JSON lines</button>
        <button class="item" @click=${() => (close(), this.save("parquet", "result.parquet"))}>Parquet</button>`,
      { label: "Download" },
    );
  }

  /** @param {Event} event */
  async toDashboard(event) {
    const anchor = /** @type {Element} */ (event.currentTarget);
    let known = /** @type {string[]} */ ([]);
    try {
      known = (await dashboards()).map((one) => one.name);
    } catch (error) {
      this.error = error;
      return;
    }
    const menu = popover(
      anchor,
      (close) => html`<form class="range-form" @submit=${async (/** @type {SubmitEvent} */ e) => {
          e.preventDefault();
          const data = new FormData(/** @type {HTMLFormElement} */ (e.target));
          close();
          await this.addPanel(String(data.get("dashboard")).trim(), String(data.get("title")).trim());
        }}>
        <label class="labelled">Dashboard<input class="field" name="dashboard" list="dashboards" required maxlength="60" autocomplete="off" .value=${known[0] ?? "Mine"} /></label>
        <datalist id="dashboards">${known.map((name) => html`<option value=${name}></option>`)}</datalist>
        <label class="labelled">Title<input class="field" name="title" required maxlength="100" autocomplete="off" /></label>
        <button class="button primary">Save</button>
      </form>`,
      { label: "Save to a dashboard" },
    );
    return menu;
  }

  /** @param {string} name @param {string} title */
  async addPanel(name, title) {
    try {
      const known = (await dashboards()).find((one) => one.name === name);
      const panel = { title, sql: this.text, ...(this.view === "chart" && this.spec ? { chart: this.spec } : {}) };
      await saveDashboard({ name, panels: [...(known?.panels ?? []), panel] });
      toast(`Saved to ${name}`);
      go(address(`/dashboards/${encodeURIComponent(name)}`));
    } catch (error) {
      this.error = error;
    }
  }

  render() {
    return html`<header class="head">
        <h1 class="page-title">Query</h1>
        <button class="button primary" title="Run (Ctrl Enter)" ?disabled=${this.busy} @click=${this.run}>${icon("playground")}Run</button>
        ${this.busy ? html`<button class="button" @click=${() => (this.asking.abort(), (this.busy = false))}>Cancel</button><span class="spinner"></span>` : nothing}
        <span class="grow"></span>
        <button class="button" aria-haspopup="dialog" aria-expanded="false" @click=${this.offer}>${icon("clock")}Queries</button>
        <button class="button" aria-haspopup="dialog" aria-expanded="false" ?disabled=${!this.result} @click=${this.toDashboard}>${icon("dashboards")}Save</button>
      </header>
      <div class="query-grid">
        <sql-editor .value=${this.text} @text=${(/** @type {CustomEvent} */ e) => (this.text = e.detail)} @run=${this.run}></sql-editor>
        <div class="result">${this.renderResult()}</div>
      </div>`;
  }

  renderResult() {
    if (this.error) {
      return html`<div class="pad">${errorNotice(this.error)}</div>`;
    }
    const result = this.result;
    if (!result) {
      return this.busy
        ? loadingLines()
        : emptyState({ icon: "query", title: "Ask anything", text: "Four tables: spans, traces, scores and messages. Ctrl Enter runs, Ctrl Space completes." });
    }
    const numbers = result.columns.filter((column) => isNumber(column.type));
    return html`<div class="result-bar">
        <span class="segments" role="group" aria-label="Result as">
          <button aria-pressed=${this.view === "table" ? "true" : "false"} @click=${() => go(here({ view: null }), { replace: true })}>Table</button>
          <button aria-pressed=${this.view === "chart" ? "true" : "false"} @click=${() => go(here({ view: "chart" }), { replace: true })}>Chart</button>
        </span>
        ${this.view === "chart" && this.spec ? this.renderSpec(this.spec, result, numbers.map((column) => column.name)) : nothing}
        <span class="grow"></span>
        <span class="muted">${count(result.rows.length)} ${result.rows.length === 1 ? "row" : "rows"}${result.truncated ? " (cut)" : ""} in ${duration(this.took)}</span>
        ${this.renderPick(result)}
        <button class="button small icon-only" title="Download" aria-label="Download" aria-haspopup="dialog" aria-expanded="false" @click=${this.download}>${icon("download")}</button>
      </div>
      ${result.truncated ? html`<div class="notice warn">${icon("alert")}<div class="grow">The result was cut at the server's limit of rows. Add a limit or a condition.</div></div>` : nothing}
      ${this.view === "chart" ? this.renderChart(result) : this.renderTable(result)}`;
  }

  /** Spans or traces of a result, into a dataset. @param {SqlResult} result */
  renderPick(result) {
    const [traceAt, spanAt] = ["trace_id", "span_id"].map((name) => result.columns.findIndex((column) => column.name === name));
    const rows = result.rows.filter((row) => typeof row[traceAt ?? -1] === "string" && (spanAt === -1 || typeof row[spanAt ?? -1] === "string"));
    if (traceAt === undefined || spanAt === undefined || !rows.length) {
      return nothing;
    }
    const found = spanAt < 0 ? [...new Set(rows.map((row) => row[traceAt]))] : rows.map((row) => ({ trace_id: row[traceAt], span_id: row[spanAt] }));
    const ids = found.slice(0, IDS_MAX);
    const what = ids.length < found.length ? `Add the first ${count(ids.length)} to a dataset` : "Add what was found to a dataset";
    return html`<button class="button small icon-only" title=${what} aria-label=${what} @click=${() => addToDataset(spanAt < 0 ? { traces: ids } : { spans: ids })}>${icon("datasets")}</button>`;
  }

  /** @param {ChartSpec} spec @param {SqlResult} result @param {string[]} numbers */
  renderSpec(spec, result, numbers) {
    const set = (/** @type {Partial<ChartSpec>} */ change) => (this.spec = { ...spec, ...change });
    const value = (/** @type {Event} */ event) => /** @type {HTMLSelectElement} */ (event.target).value;
    return html`<select class="field" aria-label="Kind of chart" @change=${(/** @type {Event} */ e) => set({ type: /** @type {ChartType} */ (value(e)) })}>
        ${TYPES.map(([id, label]) => html`<option value=${id} ?selected=${id === spec.type}>${label}</option>`)}</select>
      <select class="field" aria-label="Across" @change=${(/** @type {Event} */ e) => set({ x: value(e) })}>
        ${result.columns.map(({ name }) => html`<option value=${name} ?selected=${name === spec.x}>${name}</option>`)}</select>
      <select class="field" aria-label="Up" @change=${(/** @type {Event} */ e) => set({ y: value(e) === "*" ? numbers.filter((name) => name !== spec.x) : [value(e)] })}>
        <option value="*" ?selected=${spec.y.length > 1}>all numbers</option>
        ${numbers.map((name) => html`<option value=${name} ?selected=${spec.y.length === 1 && spec.y[0] === name}>${name}</option>`)}</select>`;
  }

  /** @param {SqlResult} result */
  renderChart(result) {
    return this.spec
      ? html`<div class="scroll pad"><data-chart .result=${result} .spec=${this.spec} .height=${Math.max(220, Math.min(460, window.innerHeight - 420))}></data-chart></div>`
      : emptyState({ icon: "dashboards", title: "Nothing to draw", text: "A chart needs a column with numbers, and another with times, words or numbers to go across." });
  }

  /** @param {SqlResult} result */
  renderTable(result) {
    if (!result.rows.length) {
      return emptyState({ icon: "query", title: "No rows" });
    }
    const traceAt = result.columns.findIndex((column) => column.name === "trace_id");
    const spanAt = result.columns.findIndex((column) => column.name === "span_id");
    return html`<div class="scroll" tabindex="0"><table class="table">
      <thead><tr>${result.columns.map((column) => html`<th class=${isNumber(column.type) ? "number" : ""} title=${column.type}>${column.name}</th>`)}</tr></thead>
      <tbody>${result.rows.slice(0, this.shown).map(
        (row) => html`<tr>${row.map((value, i) => this.renderCell(value, result.columns[i]?.type ?? "", i === traceAt || i === spanAt, row[traceAt], i === spanAt ? row[spanAt] : undefined))}</tr>`,
      )}</tbody></table>
      ${result.rows.length > this.shown ? html`<div class="more"><button class="button quiet" @click=${() => (this.shown += ROWS * 2)}>${count(result.rows.length - this.shown)} more rows</button></div>` : nothing}</div>`;
  }

  /** @param {unknown} value @param {string} type @param {boolean} leads @param {unknown} trace @param {unknown} span */
  renderCell(value, type, leads, trace, span) {
    const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
    if (leads && typeof trace === "string") {
      return html`<td><a class="link" href=${address(`/traces/${encodeURIComponent(trace)}`, { span: typeof span === "string" ? span : null })}>${text}</a></td>`;
    }
    if (typeof value === "number" && !Number.isInteger(value)) {
      return html`<td class="number" title=${text}>${Number(value.toPrecision(8))}</td>`;
    }
    const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
    return html`<td class=${isNumber(type) ? "number" : ""} title=${isTime(type) ? exactly(text) : text.slice(0, 2000)}>${value === null ? html`<span class="muted">null</span>` : shown}</td>`;
  }
}
customElements.define("query-page", QueryPage);

/** @returns {string[]} */
function history() {
  try {
    return JSON.parse(localStorage.getItem(HISTORY_KEY) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {Blob} blob @param {string} name */
function give(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
