// Status: the process, what comes in, and what the store is made of. Rates are of the time since the
// page was opened.
import { html, nothing } from "lit";
import { hasKey, isAbort, json, request } from "./api.js";
import "./chart.js";
import { ago, bytes, count, duration, exactly, short } from "./format.js";
import { LoadedPage } from "./loaded.js";
import { icon } from "./ui.js";

/** @import {SqlResult} from "./types.js" */

const EVERY_MILLIS = 3000;
const SAMPLES = 200;

/**
 * Values of metrics, each name summed over its labels.
 * @param {string} text as Prometheus reads it
 * @returns {Map<string, number>}
 */
export function metrics(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/.exec(line);
    if (parts?.[1] && !parts[1].endsWith("_bucket")) {
      found.set(parts[1], (found.get(parts[1]) ?? 0) + Number(parts[3]));
    }
  }
  return found;
}

class StatusPage extends LoadedPage {
  constructor() {
    super();
    /** @type {{at: number, events: number, bytes: number, calls: number}[]} */
    this.samples = [];
    this.timer = 0;
  }

  get at() {
    return "status";
  }

  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => document.hidden || this.load(), EVERY_MILLIS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const [status, text, store] = await Promise.all([
      json("/api/v1/status", { signal }),
      request("/metrics", { signal }).then((response) => response.text()),
      // Of all projects together, which a key for one may not know.
      json("/api/v1/store/stats", { signal }).catch((error) => {
        if (isAbort(error) || !hasKey()) {
          throw error;
        }
        return null;
      }),
    ]);
    const now = metrics(text);
    this.samples.push({
      at: Date.now(),
      events: now.get("backplane_server_events_total") ?? 0,
      bytes: now.get("backplane_server_received_bytes_total") ?? 0,
      calls: now.get("backplane_http_requests_total") ?? 0,
    });
    this.samples.splice(0, this.samples.length - SAMPLES);
    return { status, now, store };
  }

  renderHead() {
    const status = this.data?.status;
    return html`<h1 class="page-title">Status</h1>
      ${status ? html`<span class="chip ${status.ready ? "" : "warn"}"><span class="dot ${status.ready ? "ok" : "open"}"></span>${status.ready ? "serving" : "not ready"}</span>` : nothing}
      <span class="grow"></span>${status ? html`<span class="muted">version ${status.version}, up <span title=${exactly(status.started_time)}>${ago(status.started_time).replace(" ago", "")}</span></span>` : nothing}`;
  }

  renderData() {
    const { status, now, store } = this.data;
    const value = (/** @type {string} */ name) => now.get(`backplane_${name}`) ?? 0;
    const failures = ["store_log_failures_total", "store_compaction_failures_total", "store_columns_failures_total", "gateway_budget_write_failures_total", "server_ingest_refused_total"].filter((name) => value(name));
    return html`<div class="scroll pad sections" tabindex="0">
      ${failures.length ? html`<div class="notice warn" role="note">${icon("alert")}<div class="grow">${failures.map((name) => `${name}: ${count(value(name))}`).join(" · ")} since the start; the log says why.</div></div>` : nothing}
      ${status.disk_total_bytes && status.disk_free_bytes < status.disk_total_bytes * 0.05 ? html`<div class="notice warn" role="note">${icon("alert")}<div class="grow">The disk is nearly full: ${bytes(status.disk_free_bytes)} are free.</div></div>` : nothing}
      ${store ? this.renderStoreTiles(store) : html`<p class="muted">What the store holds is told to keys for all projects.</p>`}
      <section class="card panel"><header><h2>What comes in</h2><span class="grow"></span><span class="muted">${count(value("server_events_total"))} events, ${bytes(value("server_received_bytes_total"))} since the start</span></header>
        ${this.samples.length > 2 ? html`<data-chart .result=${this.rates()} .spec=${{ type: "line", x: "t", y: ["events/s", "requests/s"] }} .height=${150}></data-chart>` : html`<p class="muted">Measured while you look.</p>`}</section>
      <div class="panels flat">
        ${group("Process", [
          ["Java", status.java],
          ["Processors, load", `${status.processors}, ${status.load ?? "–"}`],
          ["Heap", meter(status.heap_used_bytes, status.heap_max_bytes)],
          ["Other memory", `${bytes(status.direct_bytes)} buffers, ${bytes(status.mapped_bytes)} mapped files`],
          ["Disk", meter(status.disk_total_bytes - status.disk_free_bytes, status.disk_total_bytes)],
          ["Connections", count(value("http_connections"))],
        ])}
        ${group("Work", [
          ["Requests being decoded", meter(value("server_ingest_memory_bytes"), value("server_ingest_memory_limit_bytes"))],
          ["Forced to disk", `${count(value("store_log_sync_seconds_count"))} times, ${mean(value("store_log_sync_seconds_sum"), value("store_log_sync_seconds_count"))} on average`],
          ["Compactions", `${count(value("store_compaction_seconds_count"))}, ${mean(value("store_compaction_seconds_sum"), value("store_compaction_seconds_count"))} on average`],
          ["Waiting for compaction", `${count(value("store_fresh_spans"))} spans, ${bytes(value("store_log_bytes"))} of log`],
          ["Block cache", `${bytes(value("store_cache_bytes"))}, ${share(value("store_cache_hits_total"), value("store_cache_misses_total"))} found in it`],
          ["Columns for lists", bytes(value("store_columns_bytes"))],
          ["Batches under way", `${count(value("gateway_batches_running"))}, ${count(value("gateway_batch_requests_waiting"))} requests waiting`],
        ])}
      </div>
      ${store ? this.renderSegments(store) : nothing}
    </div>`;
  }

  /** @param {Record<string, any>} store */
  renderStoreTiles(store) {
    const tiles = /** @type {[string, string][]} */ ([
      ["Spans", short(store["fresh_spans"] + store["segment_spans"])],
      ["Received", bytes(store["received_bytes"])],
      ["On disk", bytes(store["stored_bytes"])],
      ["Received : on disk", store["stored_bytes"] ? `${(store["received_bytes"] / store["stored_bytes"]).toFixed(1)} : 1` : "–"],
      ["Segments", count(store["segments"].length)],
    ]);
    return html`<div class="tiles flat">${tiles.map(([label, value]) => html`<div class="card tile"><span>${label}</span><b>${value}</b></div>`)}</div>`;
  }

  /** @param {Record<string, any>} store */
  renderSegments(store) {
    const parts = /** @type {[string, number][]} */ ([["payloads", store["payload_bytes"]], ["columns", store["column_bytes"]], ["words", store["text_bytes"]], ["log", store["log_bytes"]]]);
    const segments = [...store["segments"]].sort((a, b) => b.spans - a.spans);
    return html`<section><h2>Store</h2>
      <p class="muted">${parts.map(([name, size]) => `${name} ${bytes(size)}`).join(" · ")}</p>
      ${segments.length
        ? html`<table class="table"><thead><tr><th>Segment</th><th>Project</th><th class="number">Spans</th><th class="number">Traces</th><th class="number hide-phone">Distinct contents</th><th class="number">On disk</th></tr></thead>
            <tbody>${segments.slice(0, 50).map((one) => html`<tr><td class="mono">${one.id}</td><td>${one.project}</td><td class="number">${count(one.spans)}</td><td class="number">${count(one.traces)}</td><td class="number hide-phone">${count(one.contents)}, ${bytes(one.content_bytes)}</td><td class="number">${bytes(one.column_bytes + one.text_bytes + one.payload_bytes)}</td></tr>`)}</tbody></table>
            ${segments.length > 50 ? html`<p class="muted">The largest 50 of ${count(segments.length)}.</p>` : nothing}`
        : html`<p class="muted">Everything is in the log still; it becomes segments when it is full, or when nothing comes for ten minutes.</p>`}</section>`;
  }

  /** @returns {SqlResult} */
  rates() {
    const rows = this.samples.slice(1).map((sample, i) => {
      const before = /** @type {typeof sample} */ (this.samples[i]);
      const seconds = Math.max(0.001, (sample.at - before.at) / 1000);
      const rate = (/** @type {number} */ a, /** @type {number} */ b) => Math.max(0, b - a) / seconds;
      return [new Date(sample.at).toISOString(), rate(before.events, sample.events), rate(before.calls, sample.calls)];
    });
    return { columns: [{ name: "t", type: "TIMESTAMP" }, { name: "events/s", type: "DOUBLE" }, { name: "requests/s", type: "DOUBLE" }], rows, truncated: false };
  }
}
customElements.define("status-page", StatusPage);

/** @param {string} title @param {[string, unknown][]} all */
const group = (title, all) => html`<section class="section"><header>${title}</header>
  <div class="content"><dl class="facts-grid">${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div></section>`;

/** @param {number} used @param {number} of */
const meter = (used, of) => html`<meter min="0" max=${of} high=${of * 0.9} value=${used} aria-label="used"></meter> ${bytes(used)} of ${bytes(of)}`;

/** @param {number} sum seconds @param {number} n */
const mean = (sum, n) => (n ? duration((sum * 1000) / n) : "–");

/** @param {number} hits @param {number} misses */
const share = (hits, misses) => (hits + misses ? `${Math.round((100 * hits) / (hits + misses))} %` : "nothing yet");
