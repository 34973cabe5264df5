// The list of traces.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { isAbort } from "./api.js";
import { addToDataset } from "./datasets.js";
import { FilterError } from "./filter.js";
import "./filter-bar.js";
import "./histogram.js";
import { DEFAULT_RANGE, goToRange, range, rangeButton } from "./range.js";
import { address, go, here, onMove, parameters } from "./router.js";
import { COLUMNS, histogram, page, previews } from "./trace-list.js";
import { Part, emptyState, errorNotice, errorState, icon, isTyping, loadingLines, popover } from "./ui.js";

/** @import {Trace} from "./types.js" */
/** @import {Bucket} from "./histogram.js" */
/** @import {Preview} from "./trace-list.js" */

const LIVE_MILLIS = 3000;
const HISTOGRAM_EVERY = 5;
const COLUMNS_KEY = "backplane.trace-columns";

class TracesPage extends Part {
  static properties = {
    traces: { state: true },
    cursor: { state: true },
    error: { state: true },
    loading: { state: true },
    loadingMore: { state: true },
    live: { state: true },
    waiting: { state: true },
    bars: { state: true },
    barsError: { state: true },
    at: { state: true },
    texts: { state: true },
    picked: { state: true },
  };

  constructor() {
    super();
    /** @type {Trace[]} */
    this.traces = [];
    /** @type {string | null} */
    this.cursor = null;
    /** @type {unknown} */
    this.error = null;
    this.loading = true;
    this.loadingMore = false;
    this.live = true;
    /** New traces that are not shown, because the list is scrolled. @type {Trace[]} */
    this.waiting = [];
    /** @type {{buckets: Bucket[], from: number, to: number, width: number} | null} */
    this.bars = null;
    /** @type {unknown} */
    this.barsError = null;
    this.at = -1;
    /** @type {Map<string, Preview>} */
    this.texts = new Map();
    /** Ids that came while one looked. @type {Set<string>} */
    this.fresh = new Set();
    /** Ids of the traces that were picked; null while nobody picks. @type {Set<string> | null} */
    this.picked = null;
    this.asking = new AbortController();
    this.shown = "";
    this.ticks = 0;
    this.timer = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    this.keys = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.timer = setInterval(() => this.tick(), LIVE_MILLIS);
    this.moved();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    document.removeEventListener("keydown", /** @type {(e: KeyboardEvent) => void} */ (this.keys));
    clearInterval(this.timer);
    this.asking.abort();
  }

  get filter() {
    return parameters().get("q") ?? "";
  }

  get columns() {
    const chosen = parameters().get("cols") ?? localStorage.getItem(COLUMNS_KEY);
    const ids = chosen?.split(",") ?? COLUMNS.filter((column) => column.usual).map((column) => column.id);
    return COLUMNS.filter((column) => column.id === "name" || ids.includes(column.id));
  }

  moved() {
    const query = parameters();
    const asked = ["q", "range", "from", "to", "project"].map((name) => query.get(name) ?? "").join("\n");
    if (asked !== this.shown) {
      this.shown = asked;
      this.load();
    }
    this.requestUpdate();
  }

  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.loading = true;
    this.error = null;
    this.waiting = [];
    this.fresh.clear();
    this.at = -1;
    this.loadBars(signal);
    try {
      const found = await page(this.filter, range(), "", signal);
      this.traces = found.traces;
      this.cursor = found.cursor;
      this.loadTexts(found.traces, signal);
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      this.traces = [];
      this.error = error;
    }
    this.loading = false;
  }

  /** @param {AbortSignal} signal */
  async loadBars(signal) {
    try {
      this.bars = await histogram(this.filter, range(), signal);
      this.barsError = null;
    } catch (error) {
      if (!isAbort(error) && !(error instanceof FilterError)) {
        this.barsError = error;
      }
    }
  }

  /** @param {Trace[]} traces @param {AbortSignal} signal */
  async loadTexts(traces, signal) {
    const wanted = traces.filter((trace) => !this.texts.has(trace.trace_id) || trace.end_time === null);
    if (!wanted.length || !this.columns.some((column) => column.id === "input" || column.id === "output")) {
      return;
    }
    try {
      const found = await previews(wanted, signal);
      this.texts = new Map([...this.texts, ...found]);
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("previews", error);
      }
    }
  }

  async more() {
    if (!this.cursor || this.loadingMore) {
      return;
    }
    const { signal } = this.asking;
    this.loadingMore = true;
    try {
      const found = await page(this.filter, range(), this.cursor, signal);
      const known = new Set(this.traces.map((trace) => trace.trace_id));
      this.traces = [...this.traces, ...found.traces.filter((trace) => !known.has(trace.trace_id))];
      this.cursor = found.cursor;
      this.loadTexts(found.traces, signal);
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
    this.loadingMore = false;
  }

  /** Looks for what is new at the head of the list. */
  async tick() {
    if (!this.live || this.loading || document.hidden || !range().live || this.error) {
      return;
    }
    const { signal } = this.asking;
    try {
      const found = await page(this.filter, range(), "", signal);
      const known = new Set(this.traces.map((trace) => trace.trace_id));
      const fresh = found.traces.filter((trace) => !known.has(trace.trace_id));
      if (fresh.length && (this.querySelector(".rows")?.scrollTop ?? 0) > 40) {
        this.waiting = fresh;
      } else {
        this.take(found.traces, fresh);
      }
      if (fresh.length || ++this.ticks % HISTOGRAM_EVERY === 0) {
        this.loadBars(signal);
      }
      this.loadTexts(found.traces, signal);
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("live", error);
      }
    }
  }

  /** @param {Trace[]} newest @param {Trace[]} fresh */
  take(newest, fresh) {
    const selected = this.traces[this.at]?.trace_id;
    fresh.forEach((trace) => this.fresh.add(trace.trace_id));
    const ids = new Set(newest.map((trace) => trace.trace_id));
    this.traces = [...newest, ...this.traces.filter((trace) => !ids.has(trace.trace_id))];
    this.at = selected ? this.traces.findIndex((trace) => trace.trace_id === selected) : this.at;
    this.waiting = [];
  }

  showWaiting() {
    this.querySelector(".rows")?.scrollTo({ top: 0 });
    this.take([...this.waiting, ...this.traces], this.waiting);
  }

  /** @param {Trace} trace */
  open(trace) {
    go(address(`/traces/${encodeURIComponent(trace.trace_id)}`));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    }
    if (isTyping(event)) {
      return;
    }
    const trace = this.traces[this.at];
    if (event.key === "/") {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (this.querySelector("filter-bar"))?.focus();
    } else if (event.key === "j" || event.key === "ArrowDown") {
      event.preventDefault();
      this.select(Math.min(this.traces.length - 1, this.at + 1));
    } else if (event.key === "k" || event.key === "ArrowUp") {
      event.preventDefault();
      this.select(Math.max(0, this.at - 1));
    } else if ((event.key === "Enter" || event.key === "o") && trace && event.target instanceof Element && !event.target.closest("button, a, .pop")) {
      event.preventDefault();
      this.open(trace);
    } else if (event.key === "l") {
      this.live = !this.live;
    } else if (event.key === "x" && trace) {
      this.pick(trace.trace_id);
    } else if (event.key === "Escape" && this.picked) {
      this.picked = null;
    }
  }

  /** Picks a trace, or drops it. @param {string} id */
  pick(id) {
    const picked = new Set(this.picked);
    if (!picked.delete(id)) {
      picked.add(id);
    }
    this.picked = picked;
  }

  /** @param {number} at */
  select(at) {
    this.at = at;
    this.updateComplete.then(() => this.querySelector(`#trace-${at}`)?.scrollIntoView({ block: "nearest" }));
    if (at >= this.traces.length - 5) {
      this.more();
    }
  }

  /** @param {Event} event */
  scrolled(event) {
    const box = /** @type {HTMLElement} */ (event.target);
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 600) {
      this.more();
    }
    if (box.scrollTop < 10 && this.waiting.length) {
      this.showWaiting();
    }
  }

  /** @param {Event} event */
  chooseColumns(event) {
    const menu = popover(
      /** @type {Element} */ (event.currentTarget),
      () => html`<div class="heading">Columns</div>
        ${COLUMNS.filter((column) => column.id !== "name").map(
          (column) => html`<label class="item"><input type="checkbox" .checked=${this.columns.includes(column)}
            @change=${() => (this.toggleColumn(column.id), menu?.draw())} /><span class="grow">${column.label}</span></label>`,
        )}
        <hr />
        <button class="item" @click=${() => (localStorage.removeItem(COLUMNS_KEY), go(here({ cols: null }), { replace: true }), this.requestUpdate(), menu?.draw())}>As usual</button>`,
      { label: "Columns" },
    );
  }

  /** @param {string} id */
  toggleColumn(id) {
    const ids = this.columns.map((column) => column.id);
    const chosen = (ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]).join(",");
    localStorage.setItem(COLUMNS_KEY, chosen);
    if (parameters().has("cols")) {
      go(here({ cols: chosen }), { replace: true });
    }
    this.requestUpdate();
    this.loadTexts(this.traces, this.asking.signal);
  }

  render() {
    const now = range();
    return html`<header class="head">
        <h1 class="page-title">Traces</h1>
        <filter-bar .value=${this.filter} @filter=${(/** @type {CustomEvent} */ e) => go(here({ q: e.detail }))}></filter-bar>
        ${rangeButton()}
        <button class="button icon-only" title="Columns" aria-label="Columns" aria-haspopup="dialog" @click=${this.chooseColumns}>${icon("columns")}</button>
        <button class="button icon-only" title="Pick traces (x)" aria-label="Pick traces" aria-pressed=${this.picked ? "true" : "false"} @click=${() => (this.picked = this.picked ? null : new Set())}>${icon("check")}</button>
        <button class="button ${now.live ? "" : "hide-phone"}" aria-pressed=${this.live && now.live ? "true" : "false"} ?disabled=${!now.live}
          title="New traces come in by themselves (l)" @click=${() => (this.live = !this.live)}>
          <span class="dot ${this.live && now.live ? "ok" : ""}"></span>Live
        </button>
      </header>
      ${this.renderBars()}${this.renderBody()}`;
  }

  renderBars() {
    if (this.barsError) {
      return html`<div class="pad">${errorNotice(this.barsError)}</div>`;
    }
    return html`<time-histogram
      .buckets=${this.bars?.buckets ?? []}
      .from=${this.bars?.from ?? 0}
      .to=${this.bars?.to ?? 0}
      .width=${this.bars?.width ?? 1}
      @brush=${(/** @type {CustomEvent} */ e) => goToRange(e.detail.from, e.detail.to)}
    ></time-histogram>`;
  }

  renderBody() {
    if (this.error) {
      return this.error instanceof FilterError
        ? emptyState({ icon: "search", title: "This filter cannot be read", text: this.error.message })
        : errorState(this.error, () => this.load());
    }
    if (!this.traces.length) {
      return this.loading ? loadingLines(8) : this.renderEmpty();
    }
    return this.renderRows();
  }

  renderEmpty() {
    const filtered = this.filter !== "";
    const limited = range().from !== null;
    if (!filtered && !limited) {
      return emptyState({
        icon: "traces",
        title: "No traces yet",
        text: html`Send some from any OpenTelemetry SDK with its default endpoint, import a file, or look at generated ones:`,
        actions: html`<pre>OTEL_EXPORTER_OTLP_ENDPOINT=${window.location.origin}
backplane import FILE
backplane demo</pre>`,
      });
    }
    return emptyState({
      icon: "search",
      title: filtered ? "No trace meets this filter" : "No traces in this time",
      text: limited ? `Looked at: ${range().label.toLowerCase()}.` : "",
      actions: html`${limited ? html`<button class="button" @click=${() => go(here({ range: "all", from: null, to: null }))}>Look at all time</button>` : nothing}
        ${filtered ? html`<button class="button" @click=${() => go(here({ q: null }))}>Clear the filter</button>` : nothing}
        ${parameters().has("from") ? html`<button class="button" @click=${() => go(here({ range: DEFAULT_RANGE, from: null, to: null }))}>Last 7 days</button>` : nothing}`,
    });
  }

  renderRows() {
    const columns = this.columns;
    const least = columns.reduce((sum, column) => sum + Number(/\d+/.exec(column.width)?.[0] ?? 0) + 14, 18);
    const picked = this.picked;
    const template = `grid-template-columns: ${picked ? "18px " : ""}${columns.map((column) => column.width).join(" ")}; --least: ${least}px`;
    return html`${picked ? this.renderPicked(picked) : nothing}
    <div class="rows-frame">
      ${this.waiting.length
        ? html`<button class="button primary small pill" @click=${this.showWaiting}>${this.waiting.length}${this.waiting.length >= 100 ? "+" : ""} new</button>`
        : nothing}
      <div class="rows" role="grid" aria-label="Traces" aria-busy=${this.loading ? "true" : "false"} tabindex="0" aria-activedescendant=${this.at >= 0 ? `trace-${this.at}` : nothing} @scroll=${this.scrolled}>
        <div class="grid-head" role="row" .style=${template}>
          ${picked ? html`<span role="columnheader"></span>` : nothing}
          ${columns.map((column) => html`<span role="columnheader" class=${column.number ? "number" : ""}>${column.label}</span>`)}
        </div>
        ${repeat(
          this.traces,
          (trace) => trace.trace_id,
          (trace, i) =>
            html`<div class="grid-row ${picked?.has(trace.trace_id) ? "picked" : ""} ${this.fresh.has(trace.trace_id) ? "fresh" : ""}" role="row" id="trace-${i}" .style=${template}
              aria-selected=${i === this.at ? "true" : "false"} @click=${(/** @type {MouseEvent} */ e) => this.clicked(e, trace)}>
              ${picked ? html`<span role="gridcell"><input type="checkbox" tabindex="-1" aria-label="Pick ${trace.name || trace.trace_id}" .checked=${picked.has(trace.trace_id)} @click=${(/** @type {Event} */ e) => (e.stopPropagation(), this.pick(trace.trace_id))} /></span>` : nothing}
              ${columns.map((column) => html`<span role="gridcell" class="cell ${column.number ? "number" : ""} ${column.id === "name" ? "lead" : ""}">${column.cell(trace, this.texts.get(trace.trace_id))}</span>`)}
            </div>`,
        )}
        ${this.cursor ? html`<div class="more" role="row"><span role="gridcell"><button class="button quiet" @click=${this.more}>${this.loadingMore ? html`<span class="spinner"></span>` : "More"}</button></span></div>` : nothing}
      </div>
    </div>`;
  }

  /** @param {Set<string>} picked */
  renderPicked(picked) {
    return html`<div class="result-bar" role="toolbar" aria-label="Picked traces">
      <b role="status">${picked.size} picked</b>
      <button class="button small" @click=${() => (this.picked = new Set(this.traces.map((trace) => trace.trace_id)))}>All ${this.traces.length} shown</button>
      <span class="grow"></span>
      <button class="button small primary" ?disabled=${!picked.size} @click=${() => addToDataset({ traces: [...picked] }, () => (this.picked = null))}>${icon("datasets")}Add to a dataset</button>
      <button class="button small" @click=${() => (this.picked = null)}>Done</button>
    </div>`;
  }

  /** @param {MouseEvent} event @param {Trace} trace */
  clicked(event, trace) {
    if (this.picked) {
      event.preventDefault();
      this.pick(trace.trace_id);
      return;
    }
    if (event.target instanceof Element && event.target.closest("a")) {
      return;
    }
    if (String(window.getSelection())) {
      return;
    }
    if (event.metaKey || event.ctrlKey) {
      window.open(address(`/traces/${encodeURIComponent(trace.trace_id)}`), "_blank");
    } else {
      this.open(trace);
    }
  }
}
customElements.define("traces-page", TracesPage);
