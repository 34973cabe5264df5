// A trace as a flame: time goes across, and what a span called stands below it. Spans at the same
// time get lanes of their own. Drawn on a canvas, only where one looks; the tree beside it has the
// same spans for the keyboard and for readers of the screen.
import { html, nothing } from "lit";
import { isAbort, json, spanPath } from "./api.js";
import { count, duration } from "./format.js";
import { barOf, drawAxis } from "./timeline.js";
import { Part, errorNotice, fitted, kindClass, palette } from "./ui.js";

/** @import {SpanNode, Trace} from "./types.js" */

const LANE = 19;
const STEP = 2500;
/** Above so many the first ones are drawn, and it is said that others are not. */
const SPANS_MAX = 20_000;

/** @typedef {{node: SpanNode, from: number, to: number, open: boolean, lane: number}} Bar */

/**
 * Gives each span a lane below its parent's in which it overlaps nothing.
 * @param {SpanNode[]} nodes in pre-order, from the first of the trace on
 * @param {number} origin milliseconds since 1970
 * @param {number} length of the trace
 */
export function lanes(nodes, origin, length) {
  /** @type {Bar[]} */
  const bars = [];
  /** Until when each lane is taken. @type {number[]} */
  const ends = [];
  /** Lanes of the ancestors by depth. @type {number[]} */
  const path = [];
  for (const node of nodes) {
    const bar = barOf(node, origin, length);
    let lane = node.depth ? (path[node.depth - 1] ?? -1) + 1 : 0;
    if (bar) {
      while ((ends[lane] ?? -Infinity) > bar.from + 1e-6) {
        lane++;
      }
      ends[lane] = Math.max(ends[lane] ?? -Infinity, bar.to);
      bars.push({ node, ...bar, lane });
    }
    path[node.depth] = lane;
  }
  return { bars, lanes: ends.length };
}

/** Fires `choose` with the id of a span. */
class FlameView extends Part {
  static properties = { trace: {}, summary: {}, selected: {}, error: { state: true }, tip: { state: true }, loaded: { state: true } };

  constructor() {
    super();
    this.trace = "";
    /** @type {Trace | null} */
    this.summary = null;
    this.selected = "";
    /** @type {unknown} */
    this.error = null;
    /** @type {{bar: Bar, x: number, y: number} | null} */
    this.tip = null;
    this.loaded = 0;
    this.total = 0;
    /** @type {SpanNode[]} */
    this.nodes = [];
    /** @type {{bars: Bar[], lanes: number}} */
    this.drawn = { bars: [], lanes: 0 };
    this.origin = 0;
    this.length = 1;
    /** What one looks at. */
    this.view = { from: 0, to: 1 };
    this.zoomed = false;
    this.asking = new AbortController();
    this.resizes = new ResizeObserver(() => this.draw());
  }

  connectedCallback() {
    super.connectedCallback();
    this.resizes.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resizes.disconnect();
    this.asking.abort();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    const before = /** @type {Trace | null | undefined} */ (changed.get("summary"));
    if (changed.has("trace") || (changed.has("summary") && before?.span_count !== this.summary?.span_count)) {
      this.load();
    }
  }

  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.error = null;
    /** @type {SpanNode[]} */
    const nodes = [];
    try {
      for (let offset = 0; offset < SPANS_MAX; offset += STEP) {
        const found = await json(`${spanPath(this.trace)}?offset=${offset}&limit=${STEP}`, { signal });
        nodes.push(...found.spans);
        this.total = found.total;
        this.take(nodes);
        if (found.next_offset === null) {
          break;
        }
      }
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  /** @param {SpanNode[]} nodes */
  take(nodes) {
    let [from, to] = [Infinity, -Infinity];
    for (const node of nodes) {
      const bar = barOf(node, 0, 0);
      if (bar) {
        from = Math.min(from, bar.from);
        to = Math.max(to, bar.to);
      }
    }
    this.origin = from === Infinity ? 0 : from;
    this.length = Math.max(0.001, to === -Infinity ? 1 : to - this.origin);
    this.drawn = lanes(nodes, this.origin, this.length);
    if (!this.zoomed) {
      this.view = { from: 0, to: this.length };
    }
    this.loaded = nodes.length;
  }

  updated() {
    this.draw();
  }

  draw() {
    const canvas = this.querySelector("canvas.flame");
    const axis = this.querySelector("canvas.ticks");
    if (!(canvas instanceof HTMLCanvasElement) || !(axis instanceof HTMLCanvasElement)) {
      return;
    }
    canvas.style.height = `${Math.max(1, this.drawn.lanes) * LANE + 2}px`;
    drawAxis(axis, this.view);
    const { context, width } = fitted(canvas);
    const scale = width / (this.view.to - this.view.from);
    const font = getComputedStyle(canvas).fontFamily;
    context.font = `11px ${font}`;
    context.textBaseline = "middle";
    /** Where each lane was drawn to last: thousands of bars in one pixel are one. @type {number[]} */
    const drawn = [];
    for (const bar of this.drawn.bars) {
      const x = (bar.from - this.view.from) * scale;
      const wide = Math.max(1, (bar.to - bar.from) * scale - 1);
      if (x + wide < 0 || x > width || (wide < 1.5 && (drawn[bar.lane] ?? -9) >= Math.floor(x))) {
        continue;
      }
      drawn[bar.lane] = Math.floor(x);
      this.drawBar(context, bar, Math.max(-2, x), Math.min(width + 4, x + wide) - Math.max(-2, x));
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Bar} bar @param {number} x @param {number} wide */
  drawBar(context, bar, x, wide) {
    const y = bar.lane * LANE + 1;
    const failed = bar.node.status === "error";
    const colour = palette.get(failed ? "--error" : `--${kindClass(bar.node.kind)}`);
    context.globalAlpha = bar.node.span_id === this.selected ? 1 : 0.82;
    context.fillStyle = colour;
    context.fillRect(x, y, wide, LANE - 2);
    context.globalAlpha = 1;
    if (bar.node.span_id === this.selected) {
      context.strokeStyle = palette.get("--text");
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(1, wide - 2), LANE - 4);
    }
    if (wide > 34) {
      context.save();
      context.beginPath();
      context.rect(x, y, wide - 4, LANE);
      context.clip();
      context.fillStyle = palette.get("--surface");
      context.fillText(bar.node.name || bar.node.span_id, Math.max(x, 0) + 5, y + LANE / 2 - 0.5);
      context.restore();
    }
  }

  /** @param {MouseEvent} event */
  hit(event) {
    const canvas = /** @type {HTMLElement} */ (event.currentTarget);
    const box = canvas.getBoundingClientRect();
    const lane = Math.floor((event.clientY - box.top) / LANE);
    const pixel = (this.view.to - this.view.from) / box.width;
    const at = this.view.from + (event.clientX - box.left) * pixel;
    return this.drawn.bars.findLast((bar) => bar.lane === lane && bar.from - pixel <= at && bar.to + pixel >= at) ?? null;
  }

  /** @param {MouseEvent} event */
  moved(event) {
    const bar = this.hit(event);
    const box = this.getBoundingClientRect();
    this.tip = bar ? { bar, x: Math.min(event.clientX - box.left + 12, box.width - 240), y: event.clientY - box.top + 14 } : null;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const bar = this.hit(event);
    if (bar) {
      this.dispatchEvent(new CustomEvent("choose", { detail: bar.node.span_id }));
    }
  }

  /** @param {MouseEvent} event */
  zoomTo(event) {
    const bar = this.hit(event);
    const pad = bar ? (bar.to - bar.from) * 0.02 : 0;
    this.look(bar ? bar.from - pad : 0, bar ? bar.to + pad : this.length);
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

  /** @param {number} from @param {number} to */
  look(from, to) {
    const wide = Math.min(this.length, Math.max(this.length / 1e6, to - from));
    const start = Math.min(this.length - wide, Math.max(0, from));
    this.view = { from: start, to: start + wide };
    this.zoomed = wide < this.length;
    this.draw();
    this.requestUpdate();
  }

  render() {
    const tip = this.tip;
    return html`<div class="line"><canvas class="ticks" aria-hidden="true"></canvas>
        ${this.zoomed ? html`<button class="button small" @click=${() => this.look(0, this.length)}>All of it</button>` : nothing}</div>
      ${this.error ? errorNotice(this.error) : nothing}
      <div class="box"><canvas class="flame" role="img" aria-label="Flame of ${count(this.loaded)} spans in ${this.drawn.lanes} lanes; the tree below has them, too"
        @pointermove=${this.moved} @pointerleave=${() => (this.tip = null)} @click=${this.clicked} @dblclick=${this.zoomTo}
        @wheel=${{ handleEvent: (/** @type {WheelEvent} */ e) => this.wheel(e), passive: false }}></canvas></div>
      ${this.total > this.loaded && this.loaded >= SPANS_MAX ? html`<p class="muted">The first ${count(this.loaded)} of ${count(this.total)} spans; the tree has all of them.</p>` : nothing}
      ${tip ? html`<div class="tip" .style="left: ${tip.x}px; top: ${tip.y}px"><b>${tip.bar.node.name || tip.bar.node.span_id}</b> ${tip.bar.open ? "not ended" : duration(tip.bar.to - tip.bar.from)}${tip.bar.node.model ? html`<br />${tip.bar.node.model}` : nothing}</div>` : nothing}`;
  }
}
customElements.define("flame-view", FlameView);
