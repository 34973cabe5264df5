// A trace as a flame: time goes across, and what a span called stands below it. Spans at the same
// time get lanes of their own. The server gives what of it is looked at, and tells together what is
// too narrow to be seen, so that a million spans are as quick as ten and none is missing. Drawn on a
// canvas; the tree beside it has the same spans for the keyboard and for readers of the screen.
import { html, nothing } from "lit";
import { isAbort, json, spanPath } from "./api.js";
import { count, duration, millis } from "./format.js";
import { barOf, drawAxis } from "./timeline.js";
import { Part, errorNotice, fitted, kindClass, palette } from "./ui.js";

/** @import {SpanNode, Trace} from "./types.js" */

const LANE = 19;
/** Pixels of a column, in which narrower spans are told together. */
const COLUMN = 2;
const COLUMNS_MAX = 2_000;
/** Lanes above and below those in sight that come along. */
const SPARE_LANES = 12;
const LANES_MAX = 100;
/** Browsers do not scroll further than some ten million pixels; beyond, a pixel is more than a pixel. */
const SCROLL_MAX = 12_000_000;
const NODES_KEPT = 500;

/**
 * @typedef {{lane: number, from_ms: number, to_ms: number, spans: number, errors: number, critical: boolean,
 *   open: boolean, position: number, kind: string, name: string}} Bar
 */
/** @typedef {{spans: number, lanes: number, length_ms: number, bars: Bar[]}} Answer */
/** @typedef {{from: number, to: number, columns: number, lane: number, lanes: number}} Asked what an answer is about */

/** Fires `choose` with the id of a span. */
class FlameView extends Part {
  static properties = { trace: {}, summary: {}, node: {}, critical: {}, error: { state: true }, tip: { state: true }, answer: { state: true } };

  constructor() {
    super();
    this.trace = "";
    /** @type {Trace | null} */
    this.summary = null;
    /** The span that is selected. @type {SpanNode | null} */
    this.node = null;
    /** Whether only what held the trace up is in full colour. */
    this.critical = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {{bar: Bar, x: number, y: number} | null} */
    this.tip = null;
    /** @type {Answer | null} */
    this.answer = null;
    /** @type {Asked | null} */
    this.asked = null;
    /** The question that was answered last: its bounds may keep it from being as close as was wanted. */
    this.answered = "";
    /** What one looks at, in milliseconds; null for all. @type {{from: number, to: number} | null} */
    this.zoomed = null;
    /** Of the lanes, in pixels of all of them. */
    this.top = 0;
    /** Spans that were pointed at, by position. @type {Map<number, SpanNode>} */
    this.nodes = new Map();
    this.pointing = 0;
    this.busy = false;
    this.asking = new AbortController();
    this.resizes = new ResizeObserver(() => this.draw());
    this.themes = new MutationObserver(() => this.draw());
  }

  connectedCallback() {
    super.connectedCallback();
    this.resizes.observe(this);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resizes.disconnect();
    this.themes.disconnect();
    this.asking.abort();
    clearTimeout(this.pointing);
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Trace | null | undefined} */ (changed.get("summary"));
    const grown = changed.has("summary") && before && (before.span_count !== this.summary?.span_count || before.end_time !== this.summary?.end_time);
    if (changed.has("trace") || grown) {
      this.asking.abort();
      this.asking = new AbortController();
      this.busy = false;
      this.asked = null;
      this.answered = "";
      this.nodes.clear();
      if (changed.has("trace")) {
        this.answer = null;
        this.zoomed = null;
        this.top = 0;
      }
    }
  }

  get length() {
    return Math.max(0.001, this.answer?.length_ms ?? 1);
  }

  get view() {
    return this.zoomed ?? { from: 0, to: this.length };
  }

  get box() {
    return /** @type {HTMLElement | null} */ (this.querySelector(".box"));
  }

  /** Pixels of all lanes against pixels that the browser scrolls. */
  get scale() {
    const real = Math.max(1, this.answer?.lanes ?? 1) * LANE + 2;
    const shown = Math.min(real, SCROLL_MAX);
    const height = this.box?.clientHeight ?? 0;
    return { shown, factor: real > shown ? (real - height) / (shown - height) : 1 };
  }

  /** What has to be here for what is in sight, with as much around it. @returns {Asked} */
  get wanted() {
    const { from, to } = this.view;
    const spare = this.zoomed ? (to - from) / 4 : 0;
    const pixels = (this.box?.clientWidth || 800) * (this.zoomed ? 1.5 : 1);
    const lane = Math.max(0, Math.floor(this.top / LANE) - SPARE_LANES);
    return {
      from: Math.max(0, from - spare),
      to: to + spare,
      columns: Math.min(COLUMNS_MAX, Math.ceil(pixels / COLUMN)),
      lane,
      lanes: Math.min(LANES_MAX, Math.ceil((this.box?.clientHeight ?? 0) / LANE) + 2 * SPARE_LANES),
    };
  }

  /** Whether what is here shows what is in sight as closely as it can be seen. */
  get isCovered() {
    const asked = this.asked;
    if (!asked || !this.answer) {
      return false;
    }
    const { from, to } = this.view;
    const first = Math.floor(this.top / LANE);
    const last = Math.min(this.answer.lanes, first + Math.ceil((this.box?.clientHeight ?? 0) / LANE));
    const fine = (asked.to - asked.from) / asked.columns <= 1.3 * ((to - from) / Math.max(1, (this.box?.clientWidth ?? 0) / COLUMN));
    return fine && asked.from <= from && asked.to >= to && asked.lane <= first && asked.lane + asked.lanes >= last;
  }

  /** Asks for what is in sight, one question at a time; what came last is drawn until then. */
  async need() {
    if (this.busy || this.error || this.isCovered || !this.trace) {
      return;
    }
    const wanted = this.wanted;
    const whole = !this.zoomed;
    const query = new URLSearchParams({ columns: String(wanted.columns), lane: String(wanted.lane), lanes: String(wanted.lanes) });
    if (!whole) {
      query.set("from", wanted.from.toFixed(6));
      query.set("to", wanted.to.toFixed(6));
    }
    const question = String(query);
    if (question === this.answered) {
      return;
    }
    this.busy = true;
    const { signal } = this.asking;
    try {
      /** @type {Answer} */
      const answer = await json(`${spanPath(this.trace)}/flame?${question}`, { signal });
      this.asked = whole ? { ...wanted, from: 0, to: Math.max(0.001, answer.length_ms) } : wanted;
      this.answer = answer;
      this.answered = question;
      this.busy = false;
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
        this.busy = false;
      }
    }
  }

  updated() {
    this.draw();
  }

  draw() {
    const canvas = this.querySelector("canvas.flame");
    const axis = this.querySelector("canvas.ticks");
    const box = this.box;
    if (!(canvas instanceof HTMLCanvasElement) || !(axis instanceof HTMLCanvasElement) || !box) {
      return;
    }
    canvas.style.height = `${box.clientHeight}px`;
    this.need();
    drawAxis(axis, this.view);
    const { context, width, height } = fitted(canvas);
    context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
    context.textBaseline = "middle";
    const scale = width / (this.view.to - this.view.from);
    for (const bar of this.answer?.bars ?? []) {
      const y = bar.lane * LANE + 1 - this.top;
      const x = (bar.from_ms - this.view.from) * scale;
      const wide = Math.max(bar.spans > 1 ? COLUMN : 1, (bar.to_ms - bar.from_ms) * scale - 1);
      if (x + wide >= 0 && x <= width && y + LANE >= 0 && y <= height) {
        this.drawBar(context, bar, Math.max(-2, x), Math.min(width + 4, x + wide) - Math.max(-2, x), y);
      }
    }
    this.drawSelected(context, scale, height);
  }

  /** @param {CanvasRenderingContext2D} context @param {Bar} bar @param {number} x @param {number} wide @param {number} y */
  drawBar(context, bar, x, wide, y) {
    const selected = bar.spans === 1 && bar.position === this.node?.position;
    context.globalAlpha = this.critical && !bar.critical ? 0.22 : selected ? 1 : 0.82;
    context.fillStyle = palette.get(bar.errors === bar.spans ? "--error" : `--${kindClass(bar.kind)}`);
    context.fillRect(x, y, wide, LANE - 2);
    if (bar.errors && bar.errors < bar.spans) {
      // Some of those told together failed: never so few that nothing is seen.
      const tall = Math.max(4, ((LANE - 2) * bar.errors) / bar.spans);
      context.fillStyle = palette.get("--error");
      context.fillRect(x, y + LANE - 2 - tall, wide, tall);
    }
    context.globalAlpha = 1;
    if (selected) {
      context.strokeStyle = palette.get("--text");
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(1, wide - 2), LANE - 4);
    }
    const name = bar.name || (bar.spans === 1 ? (this.nodes.get(bar.position)?.name ?? "") : "");
    if (wide > 34 && name) {
      context.save();
      context.beginPath();
      context.rect(x, y, wide - 4, LANE);
      context.clip();
      context.fillStyle = palette.get("--surface");
      context.fillText(name, Math.max(x, 0) + 5, y + LANE / 2 - 0.5);
      context.restore();
    }
  }

  /** Where the selected span begins, also when it is too narrow to be seen. @param {CanvasRenderingContext2D} context @param {number} scale @param {number} height */
  drawSelected(context, scale, height) {
    const bar = this.node && barOf(this.node, millis(this.summary?.start_time ?? null), this.length);
    if (bar) {
      context.fillStyle = palette.get("--accent");
      context.globalAlpha = 0.6;
      context.fillRect((bar.from - this.view.from) * scale, 0, 1, height);
      context.globalAlpha = 1;
    }
  }

  /** @param {MouseEvent} event */
  hit(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const lane = Math.floor((event.clientY - box.top + this.top) / LANE);
    const pixel = (this.view.to - this.view.from) / box.width;
    const at = this.view.from + (event.clientX - box.left) * pixel;
    return this.answer?.bars.findLast((bar) => bar.lane === lane && bar.from_ms - pixel <= at && bar.to_ms + pixel >= at) ?? null;
  }

  /** The span of a bar that stands for one. @param {Bar} bar @returns {Promise<SpanNode | null>} */
  async nodeOf(bar) {
    let node = this.nodes.get(bar.position) ?? null;
    if (!node) {
      try {
        node = (await json(`${spanPath(this.trace)}?offset=${bar.position}&limit=1`, { signal: this.asking.signal })).spans[0] ?? null;
      } catch (error) {
        if (!isAbort(error)) {
          this.error = error;
        }
      }
      if (this.nodes.size >= NODES_KEPT) {
        this.nodes.clear();
      }
      if (node) {
        this.nodes.set(bar.position, node);
      }
    }
    return node;
  }

  /** @param {MouseEvent} event */
  moved(event) {
    const bar = this.hit(event);
    const box = this.getBoundingClientRect();
    this.tip = bar ? { bar, x: Math.max(4, Math.min(event.clientX - box.left + 12, box.width - 240)), y: event.clientY - box.top + 14 } : null;
    clearTimeout(this.pointing);
    if (bar?.spans === 1 && !this.nodes.has(bar.position)) {
      this.pointing = setTimeout(() => this.nodeOf(bar).then(() => this.requestUpdate()), 60);
    }
  }

  /** @param {MouseEvent} event */
  async clicked(event) {
    const bar = event.detail > 1 ? null : this.hit(event);
    if (bar && bar.spans > 1) {
      this.lookAt(bar);
    } else if (bar) {
      const node = await this.nodeOf(bar);
      if (node) {
        this.dispatchEvent(new CustomEvent("choose", { detail: node.span_id }));
      }
    }
  }

  /** @param {MouseEvent} event */
  zoomTo(event) {
    const bar = this.hit(event);
    if (bar) {
      this.lookAt(bar);
    } else {
      this.look(0, this.length);
    }
  }

  /** @param {Bar} bar */
  lookAt(bar) {
    const pad = Math.max((bar.to_ms - bar.from_ms) * 0.02, 1e-5);
    this.look(bar.from_ms - pad, bar.to_ms + pad);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const { from, to } = this.view;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
      const at = from + ((event.clientX - box.left) / box.width) * (to - from);
      const by = Math.exp(event.deltaY / 300);
      this.look(at - (at - from) * by, at + (to - at) * by);
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const step = ((event.deltaX || event.deltaY) / 800) * (to - from);
      this.look(from + step, to + step);
    }
  }

  scrolled() {
    this.top = (this.box?.scrollTop ?? 0) * this.scale.factor;
    this.tip = null;
    this.draw();
  }

  /** @param {number} from @param {number} to */
  look(from, to) {
    const wide = Math.min(this.length, Math.max(1e-4, to - from));
    const start = Math.min(this.length - wide, Math.max(0, from));
    this.zoomed = wide < this.length ? { from: start, to: start + wide } : null;
    this.tip = null;
    this.requestUpdate();
  }

  render() {
    const { lanes = 0 } = this.answer ?? {};
    return html`<div class="line"><canvas class="ticks" aria-hidden="true"></canvas>
        ${this.zoomed ? html`<button class="button small" @click=${() => this.look(0, this.length)}>All of it</button>` : nothing}</div>
      ${this.error ? html`${errorNotice(this.error)}<button class="button small" @click=${() => (this.error = null)}>Try again</button>` : nothing}
      <div class="box" tabindex="0" aria-label="Flame" role="group" @scroll=${this.scrolled}><div class="sizer" .style="height: ${this.scale.shown}px"><div class="stage">
        <canvas class="flame" role="img" aria-busy=${this.answer ? "false" : "true"} aria-label="Flame of ${count(this.summary?.span_count ?? 0)} spans in ${count(lanes)} lanes; the tree below has them, too"
          @pointermove=${this.moved} @pointerleave=${() => (this.tip = null)} @click=${this.clicked} @dblclick=${this.zoomTo}
          @wheel=${{ handleEvent: (/** @type {WheelEvent} */ e) => this.wheel(e), passive: false }}></canvas></div></div></div>
      ${this.tip ? this.renderTip(this.tip) : nothing}`;
  }

  /** @param {{bar: Bar, x: number, y: number}} tip */
  renderTip({ bar, x, y }) {
    const node = bar.spans === 1 ? this.nodes.get(bar.position) : undefined;
    const name = bar.spans > 1 ? `${count(bar.spans)} spans` : bar.name || node?.name || bar.kind;
    const failed = bar.errors ? (bar.spans > 1 ? `${count(bar.errors)} failed` : "failed") : "";
    return html`<div class="tip" .style="left: ${x}px; top: ${y}px"><b>${name}</b> ${bar.open ? "not ended" : duration(bar.to_ms - bar.from_ms)}
      ${failed ? html`<span class="error-text">${failed}</span>` : nothing}
      ${bar.critical ? html`<br />on the critical path` : nothing}${node?.model ? html`<br />${node.model}` : nothing}
      ${bar.spans > 1 ? html`<br /><span class="muted">Click to look closer</span>` : nothing}</div>`;
  }
}
customElements.define("flame-view", FlameView);
