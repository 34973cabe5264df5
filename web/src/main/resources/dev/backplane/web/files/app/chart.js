// Charts over uPlot, in the design's colours.
import { html, nothing } from "lit";
import uPlot from "uplot";
import { cost, duration, millis, short } from "./format.js";
import { Part, fitted, palette } from "./ui.js";

/** @import {SqlResult} from "./types.js" */

/** @typedef {"line" | "bar" | "scatter" | "heat"} ChartType */

/**
 * What a chart shows of a result.
 * @typedef {object} ChartSpec
 * @property {ChartType} type
 * @property {string} x name of a column
 * @property {string[]} y names of columns with numbers
 * @property {string} [by] a column whose values become series of their own
 */

const COLOURS = ["--accent", "--kind-tool", "--kind-retriever", "--kind-embedding", "--kind-env", "--kind-guard", "--kind-agent", "--kind-train", "--kind-llm", "--kind-eval"];
const SERIES_MAX = 12;

/** @param {string} type */
export const isNumber = (type) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type) && !type.endsWith("[]");

/** @param {string} type */
export const isTime = (type) => /^(TIMESTAMP|DATE)/.test(type);

/** What can be drawn of a result at once; null when nothing can. @param {SqlResult} result @returns {ChartSpec | null} */
export function guess(result) {
  const numbers = result.columns.filter((column) => isNumber(column.type)).map((column) => column.name);
  const time = result.columns.find((column) => isTime(column.type));
  const word = result.columns.find((column) => column.type === "VARCHAR");
  const x = time ?? word ?? result.columns.find((column) => isNumber(column.type));
  const y = numbers.filter((name) => name !== x?.name);
  if (!x || !y.length || !result.rows.length) {
    return null;
  }
  return { type: time ? "line" : word ? "bar" : "scatter", x: x.name, y, ...(time && word ? { by: word.name } : {}) };
}

/**
 * A result as series over x.
 * @param {SqlResult} result
 * @param {ChartSpec} spec
 */
export function series(result, spec) {
  const at = (/** @type {string} */ name) => result.columns.findIndex((column) => column.name === name);
  const xAt = at(spec.x);
  const time = isTime(result.columns[xAt]?.type ?? "");
  const numeric = time || isNumber(result.columns[xAt]?.type ?? "");
  /** @type {Map<string, Map<number, number | null>>} */
  const found = new Map();
  /** @type {string[]} */
  const labels = [];
  /** @type {Map<string, number>} */
  const places = new Map();
  const byAt = spec.by ? at(spec.by) : -1;
  for (const row of result.rows) {
    const value = row[xAt];
    let x = time ? millis(String(value).length === 10 ? `${value}T00:00:00Z` : String(value)) / 1000 : Number(value);
    if (!numeric) {
      const label = String(value ?? "none");
      if (!places.has(label)) {
        places.set(label, labels.length);
        labels.push(label);
      }
      x = places.get(label) ?? 0;
    }
    if (Number.isNaN(x)) {
      continue;
    }
    for (const y of spec.y) {
      const name = byAt < 0 ? y : spec.y.length > 1 ? `${row[byAt] ?? "none"} ${y}` : String(row[byAt] ?? "none");
      if (!found.has(name) && found.size < SERIES_MAX) {
        found.set(name, new Map());
      }
      const number = row[at(y)];
      found.get(name)?.set(x, number === null ? null : Number(number));
    }
  }
  const xs = [...new Set([...found.values()].flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  return { time, numeric, labels, xs, names: [...found.keys()], ys: [...found.values()].map((points) => xs.map((x) => points.get(x) ?? null)) };
}

/** How numbers of a column are written, by its name. @param {string} name @returns {(n: number | null) => string} */
export function written(name) {
  if (/cost|dollar|usd/i.test(name)) {
    return cost;
  }
  return /(_ms|^ms|duration|latency|p50|p95|p99|ttft)/i.test(name) ? duration : short;
}

/** A moment on an axis, as exact as its steps. @param {number} seconds @param {number} step in seconds */
function moment(seconds, step) {
  const date = new Date(seconds * 1000);
  if (step >= 86_400 || (step > 60 && date.getHours() === 0 && date.getMinutes() === 0)) {
    return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  }
  return date.toLocaleTimeString("en-GB", step < 60 ? {} : { hour: "2-digit", minute: "2-digit" });
}

/** Fires `pick` with {x, label} when a point is clicked. */
class DataChart extends Part {
  static properties = { result: {}, spec: {}, height: { type: Number }, unit: {} };

  constructor() {
    super();
    /** @type {SqlResult | null} */
    this.result = null;
    /** @type {ChartSpec | null} */
    this.spec = null;
    this.height = 260;
    /** Name that says how numbers are written; of the first y otherwise. */
    this.unit = "";
    /** @type {uPlot | null} */
    this.plot = null;
    this.wide = 0;
    this.resizes = new ResizeObserver(() => {
      if (this.clientWidth !== this.wide) {
        this.build();
      }
    });
    this.themes = new MutationObserver(() => this.build());
    this.schemes = matchMedia("(prefers-color-scheme: dark)");
    this.rebuild = () => this.build();
  }

  connectedCallback() {
    super.connectedCallback();
    this.resizes.observe(this);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.schemes.addEventListener("change", this.rebuild);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.resizes.disconnect();
    this.themes.disconnect();
    this.schemes.removeEventListener("change", this.rebuild);
    this.plot?.destroy();
    this.plot = null;
  }

  updated() {
    this.build();
  }

  build() {
    const target = /** @type {HTMLElement | null} */ (this.querySelector(".plot"));
    this.plot?.destroy();
    this.plot = null;
    this.wide = this.clientWidth;
    if (!target || !this.result || !this.spec || !this.wide) {
      return;
    }
    if (this.spec.type === "heat") {
      this.heat(target);
      return;
    }
    const data = series(this.result, this.spec);
    this.plot = new uPlot(this.options(data), /** @type {uPlot.AlignedData} */ ([data.xs, ...data.ys]), target);
    this.plot.root.classList.add("idle");
    this.plot.over.addEventListener("click", () => {
      const index = this.plot?.cursor.idx;
      if (index !== null && index !== undefined) {
        const x = data.xs[index] ?? 0;
        this.dispatchEvent(new CustomEvent("pick", { detail: { x: data.time ? x * 1000 : x, label: data.labels[x] ?? "", width: ((data.xs[1] ?? x) - (data.xs[0] ?? x)) * 1000 } }));
      }
    });
  }

  /** @param {ReturnType<typeof series>} data @returns {uPlot.Options} */
  options(data) {
    const spec = /** @type {ChartSpec} */ (this.spec);
    const text = palette.get("--muted");
    const grid = { stroke: palette.get("--border"), width: 1 };
    const font = `11px ${getComputedStyle(this).fontFamily}`;
    const show = written(this.unit || (spec.y[0] ?? ""));
    // A bar stands from its moment on: there is room for the last one.
    const gap = data.xs.reduce((least, x, i) => (i ? Math.min(least, x - (data.xs[i - 1] ?? x)) : least), Infinity);
    const bars = uPlot.paths.bars?.({ size: [0.7, 60], align: data.numeric ? 1 : 0, radius: 0.08 });
    return {
      width: this.wide,
      height: this.height,
      padding: [8, 16, 0, 0],
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      legend: { live: true },
      // Values stand in the legend while a point is pointed at.
      hooks: { setCursor: [(plot) => plot.root.classList.toggle("idle", plot.cursor.idx === null || plot.cursor.idx === undefined)] },
      scales: { x: { time: data.time, ...(data.numeric && spec.type === "bar" ? { range: (_, low, high) => /** @type {[number, number]} */ ([low, high + (gap === Infinity ? 1 : gap)]) } : data.numeric ? {} : { range: () => /** @type {[number, number]} */ ([-0.6, data.labels.length - 0.4]) }) }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.06] } },
      axes: [
        { stroke: text, grid: { show: false }, ticks: grid, font, ...(data.time ? { values: (_, splits, __, ___, step) => splits.map((s) => moment(s, step)) } : {}), ...(data.numeric ? {} : { values: (_, splits) => splits.map((s) => (Number.isInteger(s) ? (data.labels[s] ?? "").slice(0, 22) : "")), incrs: [1, 2, 5, 10, 50] }) },
        { stroke: text, grid, ticks: { show: false }, font, size: 56, values: (_, splits) => splits.map((s) => show(s)) },
      ],
      series: [
        { label: spec.x, ...(data.time ? { value: (/** @type {uPlot} */ _, /** @type {number} */ v) => (v === null ? "" : moment(v, 60)) } : {}), ...(data.numeric ? {} : { value: (_, v) => data.labels[v] ?? "" }) },
        ...data.names.map((label, i) => {
          const colour = palette.get(/^(failed|errors?)$/.test(label) ? "--error" : (COLOURS[i % COLOURS.length] ?? "--accent"));
          return /** @type {uPlot.Series} */ ({
            label,
            stroke: colour,
            width: 1.8,
            spanGaps: true,
            value: (_, v) => (v === null || v === undefined ? "–" : show(v)),
            ...(spec.type === "bar" && bars ? { paths: bars, fill: colour, points: { show: false } } : {}),
            ...(spec.type === "scatter" ? { paths: () => null, points: { show: true, size: 6, fill: colour } } : {}),
            ...(spec.type === "line" ? { points: { show: data.xs.length < 40, size: 5 } } : {}),
          });
        }),
      ],
    };
  }

  /** Time across, the first number down in steps, and how many fall into each. @param {HTMLElement} target */
  heat(target) {
    const data = series(/** @type {SqlResult} */ (this.result), /** @type {ChartSpec} */ (this.spec));
    const canvas = document.createElement("canvas");
    canvas.className = "heat";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Heat map of ${this.spec?.y[0] ?? ""} over ${this.spec?.x ?? ""}`);
    target.replaceChildren(canvas);
    canvas.style.height = `${this.height}px`;
    const { context, width, height } = fitted(canvas);
    const values = data.ys.flatMap((ys) => ys.filter((y) => y !== null));
    const low = Math.min(...values);
    const high = Math.max(...values);
    const [from, to] = [data.xs[0] ?? 0, data.xs.at(-1) ?? 1];
    const [columns, lines] = [Math.min(80, Math.max(1, data.xs.length)), 18];
    const cells = new Map();
    data.ys.forEach((ys) =>
      ys.forEach((y, i) => {
        if (y !== null) {
          const column = Math.min(columns - 1, Math.floor((((data.xs[i] ?? 0) - from) / (to - from || 1)) * columns));
          const line = Math.min(lines - 1, Math.floor(((y - low) / (high - low || 1)) * lines));
          cells.set(column * lines + line, (cells.get(column * lines + line) ?? 0) + 1);
        }
      }),
    );
    const most = Math.max(1, ...cells.values());
    const [left, bottom] = [62, 18];
    context.fillStyle = palette.get("--accent");
    for (const [cell, n] of cells) {
      context.globalAlpha = 0.15 + (0.85 * n) / most;
      context.fillRect(left + (Math.floor(cell / lines) * (width - left)) / columns, ((lines - 1 - (cell % lines)) * (height - bottom)) / lines, (width - left) / columns - 1, (height - bottom) / lines - 1);
    }
    context.globalAlpha = 1;
    context.fillStyle = palette.get("--muted");
    context.font = `11px ${getComputedStyle(this).fontFamily}`;
    const show = written(this.spec?.y[0] ?? "");
    context.fillText(show(high), 4, 12);
    context.fillText(show(low), 4, height - bottom - 4);
    const label = (/** @type {number} */ x) => (data.time ? new Date(x * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }) : short(x));
    context.fillText(label(from), left, height - 3);
    context.textAlign = "right";
    context.fillText(label(to), width - 4, height - 3);
  }

  render() {
    return html`<div class="plot"></div>${this.result?.truncated ? html`<p class="muted">Drawn from the first ${this.result.rows.length} rows.</p>` : nothing}`;
  }
}
customElements.define("data-chart", DataChart);
