// Dashboards: panels over a range of time, each a way into the traces behind it.
import { html, nothing } from "lit";
import { isAbort, rows, sql } from "./api.js";
import "./chart.js";
import { isNumber, written } from "./chart.js";
import { OVERVIEW, dashboards, deleteDashboard, saveDashboard } from "./dashboards.js";
import { cost, duration, short } from "./format.js";
import { bucketMillis } from "./histogram.js";
import { LoadedPage } from "./loaded.js";
import { range, rangeButton, timeCondition } from "./range.js";
import { address, go, parameters, path } from "./router.js";
import { emptyState, errorNotice, icon, loadingLines } from "./ui.js";

/** @import {SqlResult} from "./types.js" */
/** @import {Dashboard, Panel} from "./dashboards.js" */

const POINTS = 60;
/** Panels asked for at once: the server runs few queries at a time. */
const AT_ONCE = 2;

class DashboardsPage extends LoadedPage {
  static properties = { ...LoadedPage.properties, results: { state: true }, tiles: { state: true } };

  constructor() {
    super();
    /** @type {Map<Panel, SqlResult | Error>} */
    this.results = new Map();
    /** @type {Record<string, any> | null} */
    this.tiles = null;
    /** Those that there were last, while others are asked for. @type {Dashboard[]} */
    this.known = [];
  }

  get at() {
    return "dashboards";
  }

  get name() {
    return decodeURIComponent(/^\/dashboards\/([^/]+)$/.exec(path())?.[1] ?? "");
  }

  get panels() {
    return this.name ? (this.all.find((one) => one.name === this.name)?.panels ?? []) : OVERVIEW;
  }

  /** @returns {Dashboard[]} */
  get all() {
    return this.data ?? this.known;
  }

  /** The dashboards that there are; panels are filled one by one after that. @param {AbortSignal} signal */
  async ask(signal) {
    this.results = new Map();
    this.tiles = null;
    const all = await dashboards(signal);
    const { from, to } = range();
    const width = bucketMillis((to ?? Date.now()) - (from ?? (await this.first(signal))), POINTS);
    this.data = this.known = all;
    if (!this.name) {
      this.loadTiles(signal);
    }
    const waiting = [...this.panels];
    for (let i = 0; i < AT_ONCE; i++) {
      this.work(waiting, width, signal);
    }
    return all;
  }

  /** @param {AbortSignal} signal */
  async first(signal) {
    const [found] = await rows("select epoch_ms(min(start_time)) a from traces", signal);
    return found?.["a"] ?? Date.now() - 864e5;
  }

  /** @param {Panel[]} waiting @param {number} width @param {AbortSignal} signal */
  async work(waiting, width, signal) {
    for (let panel = waiting.shift(); panel; panel = waiting.shift()) {
      /** @type {SqlResult | Error} */
      let result;
      try {
        result = await sql(filled(panel.sql, width), signal);
      } catch (error) {
        if (isAbort(error)) {
          return;
        }
        result = /** @type {Error} */ (error);
      }
      this.results = new Map([...this.results, [panel, result]]);
    }
  }

  /** @param {AbortSignal} signal */
  async loadTiles(signal) {
    try {
      const [found] = await rows(
        `select count(*) traces, count(*) filter (status = 'error') failed, sum(span_count)::bigint spans, sum(input_tokens + output_tokens)::bigint tokens,
           sum(cost) cost, quantile_cont(duration_ms, 0.95) p95 from traces where true${timeCondition(range())}`,
        signal,
      );
      this.tiles = found ?? null;
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("tiles", error);
      }
    }
  }

  /** @param {Panel} panel */
  async removePanel(panel) {
    const name = this.name;
    const panels = this.panels.filter((one) => one !== panel);
    try {
      if (panels.length) {
        await saveDashboard({ name, panels });
      } else {
        await deleteDashboard(name);
        go(address("/dashboards"));
      }
      this.load();
    } catch (error) {
      this.error = error;
    }
  }

  /** From a point to the traces behind it. @param {CustomEvent} event @param {Panel} panel */
  drill(event, panel) {
    const { x, width } = event.detail;
    if (panel.chart && width > 0) {
      go(address("/traces", { q: panel.filter ?? null, from: new Date(x).toISOString(), to: new Date(x + Math.max(width, 1000)).toISOString() }));
    }
  }

  renderHead() {
    const name = this.name;
    return html`<h1 class="page-title">${name || "Dashboards"}</h1>
      <span class="segments" role="group" aria-label="Dashboard">
        <button aria-pressed=${name ? "false" : "true"} @click=${() => go(address("/dashboards"))}>Overview</button>
        ${this.all.map((one) => html`<button aria-pressed=${one.name === name ? "true" : "false"} @click=${() => go(address(`/dashboards/${encodeURIComponent(one.name)}`))}>${one.name}</button>`)}
      </span>
      <span class="grow"></span>
      <a class="button" href=${address("/query")}>${icon("plus")}Panel</a>
      ${rangeButton()}`;
  }

  renderData() {
    if (!this.panels.length) {
      return emptyState({ icon: "dashboards", title: "Nothing here yet", text: "Write a query, look at it as a chart, and save it to a dashboard.", actions: html`<a class="button primary" href=${address("/query")}>Write a query</a>` });
    }
    return html`<div class="scroll" tabindex="0">${this.name ? nothing : this.renderTiles()}
      <div class="panels">${this.panels.map((panel) => this.renderPanel(panel))}</div></div>`;
  }

  renderTiles() {
    const t = this.tiles;
    const tiles = /** @type {[string, string][]} */ ([
      ["Traces", short(t?.["traces"])],
      ["Failed", t ? `${t["traces"] ? ((100 * t["failed"]) / t["traces"]).toFixed(1) : 0} %` : ""],
      ["Spans", short(t?.["spans"])],
      ["Tokens", short(t?.["tokens"])],
      ["Cost", t ? cost(t["cost"] ?? 0) : ""],
      ["95 % end within", duration(t?.["p95"])],
    ]);
    return html`<div class="tiles">${tiles.map(([label, value]) => html`<div class="card tile"><span>${label}</span><b>${value || "–"}</b></div>`)}</div>`;
  }

  /** @param {Panel} panel */
  renderPanel(panel) {
    const result = this.results.get(panel);
    return html`<section class="card panel">
      <header><h2>${panel.title}</h2><span class="grow"></span>
        <a class="button quiet small icon-only" title="Open as a query" aria-label="Open ${panel.title} as a query" href=${address("/query", { sql: filled(panel.sql, 36e5), view: panel.chart ? "chart" : null, chart: panel.chart?.type ?? null })}>${icon("query")}</a>
        ${this.name ? html`<button class="button quiet small icon-only" title="Remove" aria-label="Remove ${panel.title}" @click=${() => this.removePanel(panel)}>${icon("trash")}</button>` : nothing}
      </header>
      ${!result ? loadingLines(3) : result instanceof Error ? errorNotice(result) : this.renderBody(panel, result)}
    </section>`;
  }

  /** @param {Panel} panel @param {SqlResult} result */
  renderBody(panel, result) {
    if (!result.rows.length) {
      return html`<p class="muted">Nothing in this time.</p>`;
    }
    if (panel.chart) {
      return html`<data-chart .result=${result} .spec=${panel.chart} .height=${190} @pick=${(/** @type {CustomEvent} */ e) => this.drill(e, panel)}></data-chart>`;
    }
    return html`<table class="table"><thead><tr>${result.columns.map((column) => html`<th class=${isNumber(column.type) ? "number" : ""}>${column.name}</th>`)}</tr></thead>
      <tbody>${result.rows.slice(0, 20).map((row) => html`<tr>${row.map((value, i) => this.renderCell(value, result.columns[i]))}</tr>`)}</tbody></table>`;
  }

  /** @param {any} value @param {{name: string, type: string} | undefined} column */
  renderCell(value, column) {
    if (column && isNumber(column.type)) {
      return html`<td class="number">${value === null ? nothing : written(column.name)(Number(value))}</td>`;
    }
    const key = column?.name ?? "";
    return ["model", "agent", "user"].includes(key) && value
      ? html`<td><a class="link" href=${address("/traces", { q: `${key}:${/[\s",]/.test(value) ? JSON.stringify(value) : value}`, ...keptRange() })}>${value}</a></td>`
      : html`<td>${value === null ? nothing : typeof value === "object" ? JSON.stringify(value) : String(value)}</td>`;
  }
}
customElements.define("dashboards-page", DashboardsPage);

/** The range of this page, for another. */
const keptRange = () => Object.fromEntries(["range", "from", "to"].map((name) => [name, parameters().get(name)]));

/** @param {string} text @param {number} width */
const filled = (text, width) => text.replaceAll("{{time}}", timeCondition(range())).replaceAll("{{bucket}}", `${Math.max(1, Math.round(width / 1000))} seconds`);

