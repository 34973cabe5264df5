// Dashboards as the server keeps them, and the one that is always there.
import { json } from "./api.js";

/** @import {ChartSpec} from "./chart.js" */

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} sql `{{time}}` stands for the conditions of the range that is looked at
 * @property {ChartSpec} [chart] a table without
 * @property {string} [filter] of traces that a point of the chart leads to
 */

/** @typedef {{name: string, panels: Panel[]}} Dashboard */

/** @param {AbortSignal} [signal] @returns {Promise<Dashboard[]>} */
export const dashboards = async (signal) => (await json("/api/v1/dashboards", signal ? { signal } : {})).dashboards;

/** @param {Dashboard} dashboard */
export const saveDashboard = (dashboard) =>
  json(`/api/v1/dashboards/${encodeURIComponent(dashboard.name)}`, { method: "PUT", body: { panels: dashboard.panels } });

/** @param {string} name */
export const deleteDashboard = (name) => json(`/api/v1/dashboards/${encodeURIComponent(name)}`, { method: "DELETE" });

/** `{{bucket}}` is a width of time that makes about sixty points. @type {Panel[]} */
export const OVERVIEW = [
  { title: "Traces and failures", sql: "select time_bucket(interval '{{bucket}}', start_time) t, count(*) traces, count(*) filter (status = 'error') failed from traces where true{{time}} group by t order by t", chart: { type: "bar", x: "t", y: ["traces", "failed"] } },
  { title: "Latency of model calls", sql: "select time_bucket(interval '{{bucket}}', start_time) t, quantile_cont(duration_ms, 0.5) p50_ms, quantile_cont(duration_ms, 0.95) p95_ms, quantile_cont(duration_ms, 0.99) p99_ms from spans where kind = 'llm'{{time}} group by t order by t", chart: { type: "line", x: "t", y: ["p50_ms", "p95_ms", "p99_ms"] }, filter: "kind:llm" },
  { title: "Cost by model", sql: "select time_bucket(interval '{{bucket}}', start_time) t, model, sum(cost) cost from spans where cost > 0{{time}} group by all order by t", chart: { type: "line", x: "t", y: ["cost"], by: "model" }, filter: "span.cost:>0" },
  { title: "Tokens", sql: "select time_bucket(interval '{{bucket}}', start_time) t, sum(input_tokens) input, sum(output_tokens) output, sum(cached_tokens) cached from spans where kind = 'llm'{{time}} group by t order by t", chart: { type: "line", x: "t", y: ["input", "output", "cached"] }, filter: "kind:llm" },
  { title: "Error rate by kind", sql: "select time_bucket(interval '{{bucket}}', start_time) t, kind, 100.0 * count(*) filter (status = 'error') / count(*) percent from spans where kind in ('llm', 'tool', 'agent', 'retriever'){{time}} group by all order by t", chart: { type: "line", x: "t", y: ["percent"], by: "kind" }, filter: "status:error" },
  { title: "Spans that came in", sql: "select time_bucket(interval '{{bucket}}', start_time) t, count(*) spans from spans where true{{time}} group by t order by t", chart: { type: "bar", x: "t", y: ["spans"] } },
  { title: "By model", sql: "select model, count(*) calls, count(*) filter (status = 'error') failed, sum(input_tokens)::bigint input, sum(output_tokens)::bigint output, quantile_cont(duration_ms, 0.95) p95_ms, sum(cost) cost from spans where model is not null{{time}} group by model order by cost desc nulls last limit 20" },
  { title: "By agent", sql: "select agent, count(*) traces, count(*) filter (status = 'error') failed, quantile_cont(duration_ms, 0.95) p95_ms, sum(cost) cost from traces where agent is not null{{time}} group by agent order by cost desc nulls last limit 20" },
  { title: "By user", sql: "select user_id as \"user\", count(*) traces, count(*) filter (status = 'error') failed, sum(input_tokens + output_tokens)::bigint tokens, sum(cost) cost from traces where user_id is not null{{time}} group by 1 order by cost desc nulls last limit 20" },
  { title: "Guard decisions", sql: "select name, status, count(*) decisions from spans where kind = 'guard'{{time}} group by all order by decisions desc limit 20" },
];
