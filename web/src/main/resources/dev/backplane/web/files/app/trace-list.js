// What a list of traces shows: its columns, and how its pages and its histogram are asked for.
import { html, nothing } from "lit";
import { json, quoted, rows } from "./api.js";
import { conditions } from "./filter.js";
import { bucketMillis } from "./histogram.js";
import { ago, cost, count, duration, exactly, flat, millis, short, when } from "./format.js";
import { timeCondition } from "./range.js";
import { address } from "./router.js";
import { statusDot } from "./ui.js";

/** @import {Trace} from "./types.js" */
/** @import {Range} from "./range.js" */
/** @import {Bucket} from "./histogram.js" */

export const PAGE = 100;
const BUCKETS = 90;

/**
 * The first texts of a trace's root, which lists do not carry.
 * @typedef {{input: string, output: string}} Preview
 */

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {string} width of the grid's track
 * @property {boolean} [number]
 * @property {boolean} [usual] shown unless somebody chose
 * @property {(trace: Trace, preview: Preview | undefined) => unknown} cell
 */

/** @type {Column[]} */
export const COLUMNS = [
  { id: "started", label: "Started", width: "104px", usual: true, cell: (t) => html`<span title=${exactly(t.start_time)}>${when(t.start_time)}</span>` },
  { id: "name", label: "Name", width: "minmax(200px, 1.1fr)", usual: true, cell: nameCell },
  { id: "input", label: "Input", width: "minmax(160px, 1.5fr)", usual: true, cell: (_, p) => html`<span class="preview">${flat(p?.input ?? "")}</span>` },
  { id: "output", label: "Output", width: "minmax(160px, 1.5fr)", cell: (_, p) => html`<span class="preview">${flat(p?.output ?? "")}</span>` },
  { id: "duration", label: "Duration", width: "78px", number: true, usual: true, cell: (t) => duration(t.duration_ms) },
  { id: "spans", label: "Spans", width: "56px", number: true, usual: true, cell: (t) => short(t.span_count) },
  { id: "errors", label: "Errors", width: "52px", number: true, usual: true, cell: (t) => (t.error_count ? html`<span class="error-text">${short(t.error_count)}</span>` : nothing) },
  { id: "calls", label: "LLM calls", width: "66px", number: true, cell: (t) => short(t.llm_count) },
  { id: "tokens", label: "Tokens", width: "64px", number: true, usual: true, cell: (t) => (t.input_tokens + t.output_tokens === 0 ? nothing : html`<span title="${count(t.input_tokens)} in, ${count(t.output_tokens)} out">${short(t.input_tokens + t.output_tokens)}</span>`) },
  { id: "cached", label: "Cached", width: "64px", number: true, cell: (t) => short(t.cached_tokens) },
  { id: "cost", label: "Cost", width: "70px", number: true, usual: true, cell: (t) => (t.cost ? cost(t.cost) : nothing) },
  { id: "models", label: "Models", width: "minmax(110px, .7fr)", usual: true, cell: (t) => html`<span title=${t.models.join(", ")}>${t.models.join(", ")}</span>` },
  { id: "agent", label: "Agent", width: "minmax(90px, .5fr)", cell: (t) => t.agent },
  { id: "user", label: "User", width: "minmax(90px, .5fr)", cell: (t) => t.user_id },
  { id: "session", label: "Session", width: "minmax(90px, .5fr)", cell: (t) => t.session_id },
  { id: "tags", label: "Tags", width: "minmax(90px, .5fr)", cell: (t) => t.tags.join(", ") },
  { id: "scores", label: "Scores", width: "minmax(90px, .5fr)", cell: (t) => Object.entries(t.scores).map(([name, score]) => `${name} ${score ?? "–"}`).join(", ") },
  { id: "id", label: "Trace id", width: "minmax(110px, .6fr)", cell: (t) => html`<span class="mono">${t.trace_id}</span>` },
];

/** The name, and on a phone all that matters in a second line. @param {Trace} t */
function nameCell(t) {
  return html`<span class="name">${statusDot(t)}<a href=${address(`/traces/${encodeURIComponent(t.trace_id)}`)} tabindex="-1">${t.name || t.trace_id}</a></span>
    <span class="phone">
      <span>${ago(t.start_time)}</span><span>${duration(t.duration_ms)}</span><span>${short(t.span_count)} spans</span>
      ${t.error_count ? html`<span class="error-text">${short(t.error_count)} failed</span>` : nothing}
      ${t.cost ? html`<span>${cost(t.cost)}</span>` : nothing}
    </span>`;
}

/**
 * A page of traces, newest first.
 * @param {string} filter
 * @param {Range} range
 * @param {string} cursor of the page before, or empty
 * @param {AbortSignal} signal
 * @returns {Promise<{traces: Trace[], cursor: string | null}>}
 */
export async function page(filter, range, cursor, signal) {
  const { spans, trace } = conditions(filter);
  if (trace) {
    return pageBySql(spans, trace, range, cursor, signal);
  }
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (spans) {
    query.set("filter", spans);
  }
  if (range.from !== null) {
    query.set("since", new Date(range.from).toISOString());
  }
  if (range.to !== null) {
    query.set("until", new Date(range.to).toISOString());
  }
  if (cursor) {
    query.set("cursor", cursor);
  }
  return json(`/api/v1/traces?${query}`, { signal });
}

/** @param {string} spans @param {string} trace @param {Range} range @param {string} cursor @param {AbortSignal} signal */
async function pageBySql(spans, trace, range, cursor, signal) {
  const [time = "", id = ""] = cursor.split(" ");
  const after = cursor ? ` and (start_time < '${time}' or start_time = '${time}' and trace_id < ${quoted(id)})` : "";
  const found = await rows(
    `select * from traces where ${trace}${spans ? ` and any_span(${spans})` : ""}${timeCondition(range)}${after}
     order by start_time desc, trace_id desc limit ${PAGE + 1}`,
    signal,
  );
  const traces = found.slice(0, PAGE).map(
    (row) =>
      /** @type {Trace} */ ({
        ...row,
        ...Object.fromEntries(["name", "session_id", "user_id", "agent", "status"].map((field) => [field, row[field] ?? ""])),
        models: row["models"] ?? [],
        tags: JSON.parse(row["tags"] ?? "[]"),
        scores: JSON.parse(row["scores"] ?? "{}"),
      }),
  );
  const last = traces.at(-1);
  return { traces, cursor: found.length > PAGE && last ? `${last.start_time} ${last.trace_id}` : null };
}

/** What of a filter stands in SQL over `traces`; with `and` in front. @param {string} filter */
function overTraces(filter) {
  const { spans, trace } = conditions(filter);
  return (trace ? ` and ${trace}` : "") + (spans ? ` and any_span(${spans})` : "");
}

/**
 * Counts over time.
 * @param {string} filter
 * @param {Range} range
 * @param {AbortSignal} signal
 * @returns {Promise<{buckets: Bucket[], from: number, to: number, width: number}>}
 */
export async function histogram(filter, range, signal) {
  let { from, to } = range;
  if (from === null) {
    const [ends] = await rows("select min(start_time) a, max(start_time) b from traces", signal);
    from = ends?.["a"] ? Math.floor(millis(ends["a"])) : Date.now() - 864e5;
    to = ends?.["b"] ? Math.ceil(millis(ends["b"])) + 1 : Date.now();
  }
  to ??= Date.now();
  const width = bucketMillis(Math.max(1, to - from), BUCKETS);
  const found = await rows(
    `select epoch_ns(start_time) // ${width * 1e6} b, count(*) n, count(*) filter (status = 'error') e
     from traces where true${timeCondition({ ...range, from, to })}${overTraces(filter)} group by 1 order by 1`,
    signal,
  );
  const buckets = found.map((row) => ({ from: row["b"] * width, n: row["n"], errors: row["e"] }));
  return { buckets, from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width, width };
}

/**
 * The previews of traces' roots.
 * @param {Trace[]} traces
 * @param {AbortSignal} signal
 * @returns {Promise<Map<string, Preview>>}
 */
export async function previews(traces, signal) {
  const starts = traces.map((trace) => trace.start_time).filter((time) => time !== null);
  if (!starts.length) {
    return new Map();
  }
  starts.sort();
  const found = await rows(
    `select trace_id, input_preview i, output_preview o from spans
     where parent_id is null and start_time >= '${starts[0]}' and start_time <= '${starts.at(-1)}'
       and trace_id in (${traces.map((trace) => quoted(trace.trace_id)).join(", ")})`,
    signal,
  );
  return new Map(found.map((row) => [row["trace_id"], { input: row["i"] ?? "", output: row["o"] ?? "" }]));
}
