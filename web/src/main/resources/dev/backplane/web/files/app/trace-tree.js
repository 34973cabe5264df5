// The tree of a trace with its timeline: one list of rows, of which only those in sight exist. The
// names are a real tree for the keyboard and for screen readers; the bars beside them are drawn.
import { html, nothing } from "lit";
import { isAbort, quoted, rows } from "./api.js";
import { IDS_MAX, addToDataset } from "./datasets.js";
import { cost, count, duration, short } from "./format.js";
import { jumps } from "./jumps.js";
import { ROW, barOf, drawAxis, drawBars, drawOverview } from "./timeline.js";
import { Part, errorNotice, icon, isTyping, kindMark, loadingLines, toast } from "./ui.js";

/** @import {SpanNode} from "./types.js" */
/** @import {TreeModel} from "./tree-model.js" */
/** @import {Window} from "./timeline.js" */

/** Browsers do not scroll further than some ten million pixels; beyond, a pixel is more than a pixel. */
const SCROLL_MAX = 12_000_000;
const SPARE_ROWS = 6;
const BINS = 240;
/** All rows of a trace up to this size can be folded and unfolded at once. */
const WHOLE = 2_000;
const LEAST_WINDOW = 0.002;

/** @param {number} n */
const spansText = (n) => `${count(n)} ${n === 1 ? "span" : "spans"}`;

/** What parts of the tree are called where they are shown. */
const PARTS = { failed: "Failed spans", critical: "Critical path" };

/** Fires `choose` with a span's id, and `only` with a part of the tree that shall be shown, or nothing for all. */
class TraceTree extends Part {
  static properties = {
    model: {},
    selected: {},
    version: { type: Number },
    window: { state: true },
    top: { state: true },
    height: { state: true },
    picked: { state: true },
    bins: { state: true },
    cursor: { state: true },
    find: { state: true },
  };

  constructor() {
    super();
    /** @type {TreeModel | null} */
    this.model = null;
    this.selected = "";
    /** Grows when the model has changed. */
    this.version = 0;
    /** @type {Window | null} null for all */
    this.window = null;
    /** Of the rows, in pixels of the whole list. */
    this.top = 0;
    this.height = 0;
    /** Ids of the spans that were picked; null while nobody picks. @type {Set<string> | null} */
    this.picked = null;
    /** Row that was picked last, from which a range goes as long as the same span is there. */
    this.pickedAt = -1;
    this.pickedId = "";
    /** @type {{n: number, errors: number}[]} */
    this.bins = [];
    /** Row of the keyboard. */
    this.cursor = 0;
    this.find = "";
    this.frame = 0;
    this.wanted = "";
    this.stop = new AbortController();
    this.resizes = new ResizeObserver(() => this.measure());
    this.themes = new MutationObserver(() => this.draw());
    this.timer = 0;
    this.binsFor = "";
    /** Where we scrolled to ourselves. @type {number | undefined} */
    this.setting = undefined;
    /** Of the overview, while it is drawn. @type {Window | undefined} */
    this.brushed = undefined;
    this.brushStart = 0;
    /** Of the width, for the names. */
    this.share = 0.46;
  }

  connectedCallback() {
    super.connectedCallback();
    this.resizes.observe(this);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.keys = (/** @type {KeyboardEvent} */ event) => this.globalKey(event);
    document.addEventListener("keydown", this.keys);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resizes.disconnect();
    this.themes.disconnect();
    this.stop.abort();
    document.removeEventListener("keydown", /** @type {(e: KeyboardEvent) => void} */ (this.keys));
    cancelAnimationFrame(this.frame);
  }

  /** The trace's start in milliseconds since 1970, and its length. */
  get span() {
    const trace = this.model?.trace;
    const start = barOf(/** @type {any} */ ({ start_time: trace?.start_time ?? null, end_time: trace?.end_time ?? null }), 0, 0);
    const origin = start?.from ?? 0;
    const length = Math.max(LEAST_WINDOW, start && trace?.end_time ? start.to - origin : 1000);
    return { origin, length };
  }

  get view() {
    return this.window ?? { from: 0, to: this.span.length * 1.002 };
  }

  get box() {
    return /** @type {HTMLElement | null} */ (this.querySelector(".window"));
  }

  measure() {
    this.height = this.box?.clientHeight ?? 0;
    this.draw();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("model") && this.model) {
      this.window = null;
      this.bins = [];
      this.binsFor = "";
      this.picked = null;
      this.find = this.model.query;
    }
    this.loadBins();
    const first = Math.floor(this.top / ROW);
    this.model?.need(first - SPARE_ROWS, first + Math.ceil(this.height / ROW) + SPARE_ROWS);
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (this.height === 0 && this.box) {
      this.height = this.box.clientHeight;
    }
    if (changed.has("selected") || (changed.has("version") && this.wanted !== this.selected)) {
      this.revealSelected();
    }
    this.draw();
  }

  async loadBins() {
    const trace = this.model?.trace;
    const key = `${trace?.trace_id} ${trace?.end_time} ${trace?.span_count}`;
    if (!trace?.start_time || key === this.binsFor) {
      return;
    }
    this.binsFor = key;
    const { length } = this.span;
    const nanos = Math.max(1, Math.ceil((length * 1e6) / BINS));
    try {
      const found = await rows(
        `select least(${BINS - 1}, greatest(0, (epoch_ns(start_time) - epoch_ns('${trace.start_time}'::timestamp_ns)) // ${nanos})) b,
           count(*) n, count(*) filter (status = 'error') e from spans
         where trace_id = ${quoted(trace.trace_id)} and start_time is not null group by 1`,
        this.stop.signal,
      );
      const bins = Array.from({ length: BINS }, () => ({ n: 0, errors: 0 }));
      found.forEach((row) => (bins[row["b"]] = { n: row["n"], errors: row["e"] }));
      this.bins = bins;
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("overview", error);
      }
    }
  }

  /** Brings the selected span into sight, once its place is known. */
  async revealSelected() {
    const model = this.model;
    if (!model?.trace) {
      return;
    }
    if (!this.selected) {
      this.wanted = "";
      return;
    }
    const selected = this.selected;
    this.wanted = selected;
    let node = model.byId(selected);
    if (!node && !model.isPart) {
      await model.open(selected);
      node = model.byId(selected);
    }
    if (!node || selected !== this.selected) {
      return;
    }
    if (!model.isPart) {
      model.collapsed.reveal(node.position);
      this.cursor = model.collapsed.indexOf(node.position);
      this.scrollToRow(this.cursor);
    }
    this.requestUpdate();
  }

  /** @param {number} index */
  scrollToRow(index) {
    const y = index * ROW;
    if (y < this.top || y + ROW > this.top + this.height) {
      this.scrollTo2(Math.max(0, y - Math.max(0, this.height - ROW) / 2));
    }
  }

  /** Pixels of the list against pixels that the browser scrolls. */
  get scale() {
    const real = (this.model?.count ?? 0) * ROW;
    const shown = Math.min(real, SCROLL_MAX);
    return { real, shown, factor: real > shown ? (real - this.height) / (shown - this.height) : 1 };
  }

  /** @param {number} top in pixels of the list */
  scrollTo2(top) {
    const box = this.box;
    if (box) {
      this.top = Math.max(0, Math.min(top, this.scale.real - this.height));
      this.setting = this.top;
      box.scrollTop = this.top / this.scale.factor;
    }
  }

  scrolled() {
    const box = this.box;
    if (!box) {
      return;
    }
    const top = box.scrollTop * this.scale.factor;
    // What we set ourselves comes back rounded.
    if (this.setting !== undefined && Math.abs(top - this.setting) <= this.scale.factor + 1) {
      this.setting = undefined;
      return;
    }
    this.setting = undefined;
    this.top = top;
  }

  /** The rows in sight. @returns {{index: number, y: number, node: SpanNode | null}[]} */
  get visible() {
    const model = this.model;
    if (!model) {
      return [];
    }
    const first = Math.max(0, Math.floor(this.top / ROW));
    const last = Math.min(model.count, first + Math.ceil(this.height / ROW) + 1);
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => ({
      index: first + i,
      y: (first + i) * ROW - this.top,
      node: model.at(first + i),
    }));
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const model = this.model;
      const bars = /** @type {HTMLCanvasElement | null} */ (this.querySelector("canvas.bars"));
      const axis = /** @type {HTMLCanvasElement | null} */ (this.querySelector(".axis canvas"));
      const overview = /** @type {HTMLCanvasElement | null} */ (this.querySelector(".overview canvas"));
      if (!model || !bars || !axis || !overview) {
        return;
      }
      const { origin, length } = this.span;
      drawBars(bars, {
        rows: this.visible.flatMap(({ y, node }) => (node ? [{ y, node }] : [])),
        origin,
        length,
        window: this.view,
      });
      drawAxis(axis, this.view);
      drawOverview(overview, { bins: this.bins, length: length * 1.002, window: this.brushed ?? this.view });
    });
  }

  // -- the keyboard

  /** @param {KeyboardEvent} event */
  globalKey(event) {
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    }
    if (event.key === "/") {
      event.preventDefault();
      /** @type {HTMLInputElement | null} */ (this.querySelector(".find input"))?.focus();
    } else if (event.key === "f" && this.selected) {
      this.zoomToSelected();
    } else if (event.key === "0") {
      this.window = null;
    } else if (event.key === "c") {
      this.show("critical");
    } else if (event.key.toLowerCase() === "x") {
      this.pick(this.cursor, event.shiftKey);
    } else if (event.key === "Escape" && this.picked) {
      this.picked = null;
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const model = this.model;
    if (!model || event.metaKey || event.ctrlKey || event.altKey) {
      return;
    }
    const node = model.at(this.cursor);
    const pageRows = Math.max(1, Math.floor(this.height / ROW) - 1);
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: pageRows, PageUp: -pageRows, Home: -Infinity, End: Infinity });
    const move = moves[event.key];
    if (move !== undefined) {
      this.moveTo(Math.max(0, Math.min(model.count - 1, this.cursor + move)));
    } else if (event.key === "ArrowRight" && node?.children && !model.isPart) {
      if (model.collapsed.has(node.position)) {
        this.toggle(node);
      } else {
        this.moveTo(this.cursor + 1);
      }
    } else if (event.key === "ArrowLeft" && node && !model.isPart) {
      if (node.children && !model.collapsed.has(node.position)) {
        this.toggle(node);
      } else {
        this.toParent(node);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      this.choose(node);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {number} index */
  moveTo(index) {
    this.cursor = index;
    this.scrollToRow(index);
    this.choose(this.model?.at(index) ?? null);
  }

  /** @param {SpanNode} node */
  toParent(node) {
    for (let index = this.cursor - 1; index >= 0 && this.model?.at(index); index--) {
      if ((this.model.at(index)?.depth ?? 0) < node.depth) {
        this.moveTo(index);
        return;
      }
    }
  }

  /** @param {SpanNode | null} node */
  choose(node) {
    if (node) {
      this.wanted = node.span_id;
      this.chooseId(node.span_id);
    }
  }

  /** @param {string} span */
  chooseId(span) {
    this.dispatchEvent(new CustomEvent("choose", { detail: span }));
  }

  // -- picking

  /** Picks a row or drops it, or picks all from the one before. @param {number} index @param {boolean} range */
  pick(index, range) {
    const model = this.model;
    const node = model?.at(index);
    if (!model || !node) {
      return;
    }
    const picked = new Set(this.picked);
    if (range && model.at(this.pickedAt)?.span_id === this.pickedId) {
      const [from, to] = [Math.min(index, this.pickedAt), Math.max(index, this.pickedAt)];
      const nodes = Array.from({ length: to - from + 1 }, (_, i) => model.at(from + i));
      nodes.forEach((one) => one && picked.add(one.span_id));
      if (nodes.includes(null)) {
        toast("Rows that were not in sight yet were not picked: search for them, and pick all found.");
      }
    } else if (!picked.delete(node.span_id)) {
      picked.add(node.span_id);
    }
    this.pickedAt = index;
    this.pickedId = node.span_id;
    this.picked = picked;
  }

  async pickFound() {
    try {
      this.picked = new Set([...(this.picked ?? []), ...((await this.model?.ids(IDS_MAX)) ?? [])]);
    } catch (error) {
      if (!isAbort(error)) {
        toast(/** @type {Error} */ (error).message);
      }
    }
  }

  /** @param {Set<string>} picked @param {TreeModel} model */
  renderPicked(picked, model) {
    const spans = [...picked].map((id) => ({ trace_id: model.traceId, span_id: id }));
    return html`<div class="result-bar" role="toolbar" aria-label="Picked spans">
      <b role="status">${count(picked.size)} picked</b>
      ${model.total <= IDS_MAX ? html`<button class="button small" @click=${this.pickFound}>${model.isPart ? "All found" : "All"}</button>` : nothing}
      <span class="grow"></span>
      <button class="button small primary" ?disabled=${!picked.size} @click=${() => addToDataset({ spans }, () => (this.picked = null))}>${icon("datasets")}Add to a dataset</button>
      <button class="button small" @click=${() => (this.picked = null)}>Done</button>
    </div>`;
  }

  /** Shows a part of the tree, or all of it again. @param {"failed" | "critical"} part */
  show(part) {
    this.dispatchEvent(new CustomEvent("only", { detail: this.model?.only === part ? "" : part }));
  }

  /** @param {SpanNode} node */
  toggle(node) {
    const model = this.model;
    if (!model) {
      return;
    }
    if (model.collapsed.has(node.position)) {
      model.collapsed.delete(node.position);
    } else {
      model.collapsed.add(node.position, node.size - 1);
    }
    this.scrollTo2(this.top);
    this.requestUpdate();
  }

  /** Folds everything below the roots' children, or unfolds all. */
  async foldAll() {
    const model = this.model;
    if (!model) {
      return;
    }
    if (model.collapsed.total) {
      model.collapsed.replace([]);
    } else {
      model.need(0, model.total);
      model.collapsed.replace(
        model
          .known()
          .filter((node) => node.children && node.depth > 0)
          .map((node) => /** @type {[number, number]} */ ([node.position, node.size - 1])),
      );
    }
    this.scrollTo2(0);
    this.cursor = 0;
    this.requestUpdate();
  }

  // -- time

  zoomToSelected() {
    const node = this.model?.byId(this.selected);
    const bar = node && barOf(node, this.span.origin, this.span.length);
    if (bar) {
      const margin = Math.max(LEAST_WINDOW, (bar.to - bar.from) * 0.1);
      this.window = { from: bar.from - margin, to: bar.to + margin };
    }
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const canvas = this.querySelector("canvas.bars");
    const box = canvas?.getBoundingClientRect();
    if (!box || event.clientX < box.left) {
      return;
    }
    const { from, to } = this.view;
    const time = from + ((event.clientX - box.left) / box.width) * (to - from);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 120);
      this.zoom(time - (time - from) * factor, time + (to - time) * factor);
    } else if (event.deltaX || event.shiftKey) {
      event.preventDefault();
      const shift = ((event.deltaX || event.deltaY) / box.width) * (to - from);
      this.zoom(from + shift, to + shift);
    }
  }

  /** @param {number} from @param {number} to */
  zoom(from, to) {
    const length = this.span.length;
    const wide = Math.min(Math.max(to - from, LEAST_WINDOW), length * 1.002);
    if (wide >= length) {
      this.window = null;
      return;
    }
    const start = Math.max(-wide * 0.5, Math.min(from, length - wide * 0.5));
    this.window = { from: start, to: start + wide };
  }

  /** @param {PointerEvent} event */
  overviewTime(event) {
    const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.span.length * 1.002;
  }

  /** @param {PointerEvent} event */
  brush(event) {
    const time = this.overviewTime(event);
    if (event.type === "pointerdown" && event.button === 0) {
      /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
      this.brushed = { from: time, to: time };
      this.brushStart = time;
    } else if (this.brushed && event.type === "pointermove") {
      this.brushed = { from: Math.min(this.brushStart, time), to: Math.max(this.brushStart, time) };
      this.draw();
    } else if (this.brushed && event.type === "pointerup") {
      const { from, to } = this.brushed;
      this.brushed = undefined;
      if (to - from > this.span.length / 200) {
        this.zoom(from, to);
      } else {
        this.window = null;
      }
      this.draw();
    }
  }

  /** Widens or narrows the names. @param {PointerEvent} event */
  drawDivider(event) {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    handle.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ e) => {
      const box = this.getBoundingClientRect();
      this.setTreeShare((e.clientX - box.left) / box.width);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", move), { once: true });
  }

  /** @param {number} share */
  setTreeShare(share) {
    this.share = Math.min(0.8, Math.max(0.15, share));
    this.style.setProperty("--tree", `${this.share * 100}%`);
    this.draw();
  }

  // -- search

  /** @param {Event} event */
  typed(event) {
    this.find = /** @type {HTMLInputElement} */ (event.target).value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), 220);
  }

  search() {
    const text = this.find.trim();
    if (this.model && text !== this.model.query) {
      this.scrollTo2(0);
      this.cursor = 0;
      this.model.search(text, this.model.only);
    }
  }

  render() {
    const model = this.model;
    if (!model?.trace) {
      return model?.error ? nothing : loadingLines(10);
    }
    const { shown } = this.scale;
    return html`${this.renderTools(model)}${this.picked ? this.renderPicked(this.picked, model) : nothing}
      <div class="overview" @pointerdown=${this.brush} @pointermove=${this.brush} @pointerup=${this.brush}>
        <canvas role="img" aria-label="Spans over time; drag to look closer, click to see all"></canvas>
      </div>
      <div class="axis"><span class="label">${model.isPart ? `${count(model.total)} rows found` : spansText(model.trace.span_count)}</span><canvas aria-hidden="true"></canvas></div>
      ${model.error ? errorNotice(model.error) : nothing}
      <div class="window" role="tree" aria-label="Spans" tabindex="0" aria-activedescendant=${this.visible.some(({ index }) => index === this.cursor) ? `node-${this.cursor}` : nothing}
        @scroll=${this.scrolled} @keydown=${this.key} @wheel=${{ handleEvent: (/** @type {WheelEvent} */ e) => this.wheel(e), passive: false }}>
        <div class="sizer" role="presentation" .style=${`height:${shown}px`}>
          <div class="stage" role="presentation">
            <canvas class="bars" role="presentation" .style=${`height:${this.height}px`}></canvas>
            ${this.visible.map((row) => this.renderRow(row, model))}
          </div>
        </div>
      </div>
      <div class="divider" role="separator" aria-orientation="vertical" aria-label="Width of the names" aria-valuenow=${Math.round(this.share * 100)} tabindex="0"
        @pointerdown=${this.drawDivider}
        @keydown=${(/** @type {KeyboardEvent} */ e) => {
          if (e.key === "ArrowLeft" || e.key === "ArrowRight") {
            this.setTreeShare(this.share + (e.key === "ArrowLeft" ? -0.03 : 0.03));
          }
        }}></div>`;
  }

  /** @param {TreeModel} model */
  renderTools(model) {
    return html`<div class="tools">
      <div class="find">${icon("search")}<input type="search" aria-label="Search in this trace" placeholder="Search in this trace (/)" .value=${this.find}
        @input=${this.typed} @keydown=${(/** @type {KeyboardEvent} */ e) => {
          if (e.key === "Escape") {
            this.find = "";
            this.search();
            this.box?.focus();
          } else if (e.key === "Enter" || e.key === "ArrowDown") {
            this.box?.focus();
          }
        }} /></div>
      ${jumps({ model, choose: (span) => this.chooseId(span), showFailed: () => this.show("failed") })}
      <button class="button quiet small icon-only" title="Critical path (c)" aria-label="Critical path" aria-pressed=${model.only === "critical" ? "true" : "false"} @click=${() => this.show("critical")}>${icon("path")}</button>
      <button class="button quiet small icon-only" title="Pick spans (x)" aria-label="Pick spans" aria-pressed=${this.picked ? "true" : "false"} @click=${() => (this.picked = this.picked ? null : new Set())}>${icon("check")}</button>
      ${model.only ? html`<button class="button small" title="Show the whole tree" aria-label="${PARTS[model.only]} only: show the whole tree" @click=${() => this.dispatchEvent(new CustomEvent("only", { detail: "" }))}>${PARTS[model.only]}${icon("close")}</button>` : nothing}
      ${model.total <= WHOLE && !model.isPart
        ? html`<button class="button quiet small icon-only" title=${model.collapsed.total ? "Unfold all" : "Fold all"} aria-label=${model.collapsed.total ? "Unfold all" : "Fold all"} @click=${this.foldAll}>${icon(model.collapsed.total ? "unfold" : "fold")}</button>`
        : nothing}
      ${this.window ? html`<button class="button quiet small" title="See all of the time (0)" @click=${() => (this.window = null)}>${icon("zoom")}${duration(this.window.to - this.window.from)}</button>` : nothing}
    </div>`;
  }

  /** @param {{index: number, y: number, node: SpanNode | null}} row @param {TreeModel} model */
  renderRow({ index, y, node }, model) {
    const style = `transform:translateY(${y}px);--depth:${Math.min(node?.depth ?? 1, 24)}`;
    if (!node) {
      return html`<div class="node" role="treeitem" aria-selected="false" aria-level="1" aria-label="Loading" .style=${style}><span class="cell"><span class="skeleton w${(index % 3) + 2}"></span></span></div>`;
    }
    const folded = model.collapsed.has(node.position);
    const selected = node.span_id === this.selected;
    const failed = node.status === "error";
    const below = model.totalsAt(node.position);
    return html`<div class="node ${failed ? "failed" : ""} ${node.matched ? "" : "dim"}" role="treeitem" id="node-${index}" .style=${style}
      aria-level=${node.depth + 1} aria-selected=${selected ? "true" : "false"} aria-expanded=${node.children && !model.isPart ? (folded ? "false" : "true") : nothing}
      @click=${(/** @type {MouseEvent} */ e) => ((this.cursor = index), this.picked ? this.pick(index, e.shiftKey) : this.choose(node))}>
      <span class="cell">
        ${this.picked ? html`<input type="checkbox" tabindex="-1" aria-label="Pick ${node.name || node.span_id}" .checked=${this.picked.has(node.span_id)} @click=${(/** @type {MouseEvent} */ e) => (e.stopPropagation(), this.pick(index, e.shiftKey))} />` : nothing}
        <button class="twist ${node.children && !model.isPart ? "" : "none"}" tabindex="-1" aria-hidden="true" @click=${(/** @type {Event} */ e) => (e.stopPropagation(), this.toggle(node))}>${icon("chevron")}</button>
        ${kindMark(node.kind)}
        <span class="title" title=${node.name}>${node.name || node.span_id}</span>
        ${failed ? html`<span class="visually-hidden">failed</span>` : nothing}
        ${folded ? html`<span class="chip">${short(node.size - 1)}</span>` : nothing}
        <span class="note">${(node.name.includes(node.model) ? "" : node.model) || (below && below.cost && node.children ? cost(below.cost) : "")}</span>
      </span>
    </div>`;
  }
}
customElements.define("trace-tree", TraceTree);
