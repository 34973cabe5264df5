// Traces over time: bars to see when, and a brush to look closer.
import { html, nothing } from "lit";
import { count } from "./format.js";
import { Part, fitted, palette } from "./ui.js";

const AXIS = 16;

/**
 * @typedef {object} Bucket
 * @property {number} from milliseconds since 1970
 * @property {number} n
 * @property {number} errors among them
 */

/** Round widths in milliseconds, up to about a year. */
const WIDTHS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5,
  864e5, 2 * 864e5, 7 * 864e5, 14 * 864e5, 30 * 864e5, 90 * 864e5, 365 * 864e5,
];

/** The width of buckets so that there are about so many. @param {number} length of time in milliseconds @param {number} buckets */
export const bucketMillis = (length, buckets) =>
  WIDTHS.find((width) => length / width <= buckets) ?? /** @type {number} */ (WIDTHS.at(-1));

/** Fires `brush` with {from, to} in milliseconds. */
class TimeHistogram extends Part {
  static properties = {
    buckets: {},
    from: { type: Number },
    to: { type: Number },
    width: { type: Number },
    at: { state: true },
    drag: { state: true },
  };

  constructor() {
    super();
    /** @type {Bucket[]} */
    this.buckets = [];
    this.from = 0;
    this.to = 0;
    /** Of a bucket, in milliseconds. */
    this.width = 1;
    this.at = -1;
    /** @type {{start: number, end: number} | null} */
    this.drag = null;
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
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (["buckets", "from", "to", "width", "at"].some((name) => changed.has(name))) {
      this.draw();
    }
  }

  draw() {
    const canvas = this.querySelector("canvas");
    if (!canvas || !(this.to > this.from)) {
      return;
    }
    const { context, width, height } = fitted(canvas);
    const bottom = height - AXIS;
    const highest = Math.max(1, ...this.buckets.map((bucket) => bucket.n));
    const scale = width / (this.to - this.from);
    const slot = this.width * scale;
    const gap = slot > 4 ? 1 : 0;
    context.fillStyle = palette.get("--border");
    context.fillRect(0, bottom, width, 1);
    this.buckets.forEach((bucket, i) => {
      const x = (bucket.from - this.from) * scale;
      const top = Math.max(2, (bucket.n / highest) * (bottom - 4));
      context.globalAlpha = this.at < 0 || this.at === i ? 1 : 0.55;
      context.fillStyle = palette.get("--accent");
      context.fillRect(x, bottom - top, Math.max(1, slot - gap), top);
      if (bucket.errors) {
        const part = Math.max(2, (bucket.errors / highest) * (bottom - 4));
        context.fillStyle = palette.get("--error");
        context.fillRect(x, bottom - part, Math.max(1, slot - gap), part);
      }
    });
    context.globalAlpha = 1;
    this.drawAxis(context, width, height, scale);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {number} scale */
  drawAxis(context, width, height, scale) {
    const step = bucketMillis(this.to - this.from, Math.max(2, width / 110));
    const zone = new Date(this.from).getTimezoneOffset() * 6e4;
    context.fillStyle = palette.get("--muted");
    context.font = `11px ${getComputedStyle(this).fontFamily}`;
    context.textBaseline = "bottom";
    for (let t = Math.ceil((this.from - zone) / step) * step + zone; t < this.to; t += step) {
      const x = (t - this.from) * scale;
      const label = tick(t, step);
      if (x + context.measureText(label).width + 4 < width) {
        context.fillText(label, x + 2, height);
        context.fillRect(x, height - AXIS, 1, 4);
      }
    }
  }

  /** @param {PointerEvent} event */
  time(event) {
    const box = this.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return this.from + share * (this.to - this.from);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const time = this.time(event);
    if (this.drag) {
      this.drag = { ...this.drag, end: time };
    }
    this.at = this.buckets.findIndex((bucket) => time >= bucket.from && time < bucket.from + this.width);
  }

  /** @param {PointerEvent} event */
  start(event) {
    if (event.button === 0) {
      /** @type {Element} */ (event.target).setPointerCapture(event.pointerId);
      const time = this.time(event);
      this.drag = { start: time, end: time };
    }
  }

  end() {
    const drag = this.drag;
    this.drag = null;
    if (!drag) {
      return;
    }
    let from = Math.min(drag.start, drag.end);
    let to = Math.max(drag.start, drag.end);
    const pixel = (this.to - this.from) / Math.max(1, this.clientWidth);
    const bucket = this.buckets[this.at];
    if (to - from < 4 * pixel) {
      if (!bucket) {
        return;
      }
      from = bucket.from;
      to = bucket.from + this.width;
    }
    this.dispatchEvent(new CustomEvent("brush", { detail: { from: Math.floor(from), to: Math.ceil(to) } }));
  }

  render() {
    const total = this.buckets.reduce((sum, bucket) => sum + bucket.n, 0);
    const bucket = this.buckets[this.at];
    const left = (/** @type {number} */ time) => ((time - this.from) / (this.to - this.from)) * this.clientWidth;
    const [a, b] = this.drag ? [left(Math.min(this.drag.start, this.drag.end)), left(Math.max(this.drag.start, this.drag.end))] : [0, 0];
    return html`<canvas
        role="img"
        aria-label="${count(total)} traces over time; drag to look closer"
        @pointerdown=${this.start}
        @pointermove=${this.move}
        @pointerup=${this.end}
        @pointercancel=${() => (this.drag = null)}
        @pointerleave=${() => (this.at = -1)}
      ></canvas>
      ${this.drag ? html`<div class="brush" .style=${`left:${a}px;width:${b - a}px`}></div>` : nothing}
      ${bucket
        ? html`<div class="tip" .style=${`left:${Math.min(Math.max(0, left(bucket.from) - 60), Math.max(0, this.clientWidth - 210))}px`}>
            <b>${count(bucket.n)}</b> traces${bucket.errors ? html`, <b class="error-text">${count(bucket.errors)}</b> failed` : nothing}
            <span class="muted">${new Date(bucket.from).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...(this.width < 6e4 ? { second: "2-digit" } : {}) })}</span>
          </div>`
        : nothing}`;
  }
}
customElements.define("time-histogram", TimeHistogram);

/** @param {number} t @param {number} step */
function tick(t, step) {
  const date = new Date(t);
  if (step >= 864e5) {
    return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(step > 60 * 864e5 ? { year: "2-digit" } : {}) });
  }
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (midnight) {
    return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  }
  if (step < 1000) {
    return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  }
  return date.toLocaleTimeString("en-GB", step < 6e4 ? {} : { hour: "2-digit", minute: "2-digit" });
}
