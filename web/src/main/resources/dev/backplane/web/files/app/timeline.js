// Drawing of the timeline: bars of the rows in sight, an axis, and an overview of the whole trace.
import { duration, millis, short } from "./format.js";
import { fitted, kindClass, palette } from "./ui.js";

/** @import {SpanNode} from "./types.js" */

export const ROW = 26;

/**
 * A window of time, in milliseconds since the trace's start.
 * @typedef {{from: number, to: number}} Window
 */

/** @param {SpanNode} node @param {number} origin milliseconds since 1970 @param {number} length of the trace */
export function barOf(node, origin, length) {
  const from = millis(node.start_time) - origin;
  if (Number.isNaN(from)) {
    return null;
  }
  const end = millis(node.end_time) - origin;
  const open = Number.isNaN(end);
  return { from, to: open ? Math.max(from, length) : Math.max(from, end), open };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{rows: {y: number, node: SpanNode}[], origin: number, length: number, window: Window}} what
 */
export function drawBars(canvas, what) {
  const { context, width, height } = fitted(canvas);
  const { from, to } = what.window;
  const scale = width / (to - from);
  context.strokeStyle = palette.get("--border");
  context.lineWidth = 1;
  context.beginPath();
  for (const tick of ticks(what.window, width)) {
    const x = Math.round((tick - from) * scale) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height);
  }
  context.stroke();
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  for (const row of what.rows) {
    drawBar(context, row, what, scale, width);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{y: number, node: SpanNode}} row
 * @param {{origin: number, length: number, window: Window}} what
 * @param {number} scale
 * @param {number} width
 */
function drawBar(context, row, what, scale, width) {
  const { node, y } = row;
  const bar = barOf(node, what.origin, what.length);
  if (!bar) {
    context.fillStyle = palette.get("--muted");
    context.fillText("no start", 6, y + ROW / 2);
    return;
  }
  const left = (bar.from - what.window.from) * scale;
  const right = (bar.to - what.window.from) * scale;
  const failed = node.status === "error";
  const colour = palette.get(failed ? "--error" : `--${kindClass(node.kind)}`);
  if (right < 0 || left > width) {
    // Where it is, for bars out of sight.
    context.fillStyle = palette.get("--muted");
    context.fillText(right < 0 ? "◂" : "▸", right < 0 ? 2 : width - 10, y + ROW / 2);
    return;
  }
  const x = Math.max(-4, left);
  const length = Math.max(2, Math.min(width + 4, right) - x);
  context.fillStyle = colour;
  if (bar.open) {
    const fade = context.createLinearGradient(x, 0, x + length, 0);
    fade.addColorStop(0, colour);
    fade.addColorStop(1, "transparent");
    context.fillStyle = fade;
  }
  context.beginPath();
  context.roundRect(x, y + 7, length, ROW - 14, Math.min(3, length / 2));
  context.fill();
  label(context, node, bar, { x, length, y, width });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {SpanNode} node
 * @param {{open: boolean}} bar
 * @param {{x: number, length: number, y: number, width: number}} at
 */
function label(context, node, bar, at) {
  const tokens = node.output_tokens !== null || node.input_tokens !== null ? `  ${short((node.input_tokens ?? 0) + (node.output_tokens ?? 0))} tok` : "";
  const text = (bar.open ? "not ended" : node.duration_ms !== null && node.duration_ms < 0 ? "ends before it starts" : duration(node.duration_ms)) + tokens;
  const wide = context.measureText(text).width;
  context.fillStyle = palette.get("--text-2");
  if (at.x + at.length + 6 + wide < at.width) {
    context.fillText(text, at.x + at.length + 6, at.y + ROW / 2);
  } else if (at.x - 6 - wide > 0) {
    context.fillText(text, at.x - 6 - wide, at.y + ROW / 2);
  } else if (at.length > wide + 12) {
    context.fillStyle = palette.get("--surface");
    context.fillText(text, Math.max(at.x, 0) + 6, at.y + ROW / 2);
  }
}

/** Round moments in a window, about one every 90 pixels. @param {Window} window @param {number} width */
export function ticks(window, width) {
  const length = window.to - window.from;
  const rough = length / Math.max(1, width / 90);
  const power = 10 ** Math.floor(Math.log10(rough));
  const minutes = [6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];
  const step =
    rough > 3e4 ? (minutes.find((size) => size >= rough) ?? Math.ceil(rough / 864e5) * 864e5) : power * (/** @type {number} */ ([1, 2, 5, 10].find((n) => n * power >= rough)));
  /** @type {number[]} */
  const found = [];
  for (let tick = Math.ceil(window.from / step) * step; tick <= window.to && found.length < 100; tick += step) {
    found.push(tick);
  }
  return found;
}

/** @param {HTMLCanvasElement} canvas @param {Window} window */
export function drawAxis(canvas, window) {
  const { context, width, height } = fitted(canvas);
  const scale = width / (window.to - window.from);
  context.fillStyle = palette.get("--muted");
  context.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  context.textBaseline = "middle";
  for (const tick of ticks(window, width)) {
    const x = (tick - window.from) * scale;
    const text = tick === 0 ? "0" : duration(tick);
    const wide = context.measureText(text).width;
    if (x + wide + 6 < width) {
      context.fillText(text, x + 4, height / 2);
    }
  }
}

/**
 * How many spans start when, over the whole trace, with the window that is looked at.
 * @param {HTMLCanvasElement} canvas
 * @param {{bins: {n: number, errors: number}[], length: number, window: Window}} what
 */
export function drawOverview(canvas, what) {
  const { context, width, height } = fitted(canvas);
  const bottom = height - 4;
  const highest = Math.max(1, ...what.bins.map((bin) => bin.n));
  const slot = width / Math.max(1, what.bins.length);
  what.bins.forEach((bin, i) => {
    if (!bin.n) {
      return;
    }
    const tall = Math.max(2, (Math.sqrt(bin.n) / Math.sqrt(highest)) * (bottom - 6));
    context.fillStyle = palette.get("--border-strong");
    context.fillRect(i * slot, bottom - tall, Math.max(1, slot - (slot > 3 ? 1 : 0)), tall);
    if (bin.errors) {
      context.fillStyle = palette.get("--error");
      context.fillRect(i * slot, bottom - Math.max(3, (tall * bin.errors) / bin.n), Math.max(1, slot - (slot > 3 ? 1 : 0)), Math.max(3, (tall * bin.errors) / bin.n));
    }
  });
  const left = (what.window.from / what.length) * width;
  const right = (what.window.to / what.length) * width;
  if (left > 0.5 || right < width - 0.5) {
    context.fillStyle = palette.get("--accent");
    context.globalAlpha = 0.13;
    context.fillRect(left, 0, right - left, height);
    context.globalAlpha = 1;
    context.fillRect(left - 1, 0, 2, height);
    context.fillRect(right - 1, 0, 2, height);
  }
}
