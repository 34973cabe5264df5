// Datasets as the server keeps them, and the question which one spans or traces shall go into.
import { html, nothing } from "lit";
import { FieldError, json } from "./api.js";
import { count } from "./format.js";
import { askInDialog } from "./loaded.js";
import { toast } from "./ui.js";

/** @typedef {{name: string, description: string, rows: number, bytes: number, created_time: string, changed_time: string}} Dataset */
/** @typedef {{spans?: {trace_id: string, span_id: string}[], traces?: string[]}} Chosen */

/** What the server takes at once. */
export const IDS_MAX = 10_000;
const LAST_KEY = "backplane.dataset";

/** @param {AbortSignal} [signal] @returns {Promise<Dataset[]>} */
export const datasets = async (signal) => (await json("/api/v1/datasets", signal ? { signal } : {})).datasets;

/** @param {string} name @param {...string} more */
export const datasetPath = (name, ...more) => ["/api/v1/datasets", name, ...more].map((part, i) => (i ? encodeURIComponent(part) : part)).join("/");

/**
 * Asks for a dataset, and adds copies of what was chosen.
 * @param {Chosen} chosen
 * @param {() => void} [added] called when it is done
 */
export async function addToDataset(chosen, added) {
  /** @type {Dataset[]} */
  let known = [];
  try {
    known = await datasets();
  } catch (error) {
    console.warn("datasets", error);
  }
  const traces = chosen.traces?.length ?? 0;
  const last = localStorage.getItem(LAST_KEY);
  askInDialog({
    title: traces ? `Add ${traces === 1 ? "a trace" : `${count(traces)} traces`} to a dataset` : "Add to a dataset",
    action: "Add",
    content: () => html`
      <label class="labelled">Dataset<input class="field" name="name" list="known-datasets" required pattern="[A-Za-z0-9][A-Za-z0-9._\\-]{0,59}" title="1 to 60 letters, digits, '.', '_' or '-'"
        value=${known.find((one) => one.name === last)?.name ?? known[0]?.name ?? ""} placeholder="a name; it is made if there is none" autocomplete="off" autofocus /></label>
      <datalist id="known-datasets">${known.map((one) => html`<option value=${one.name}>${count(one.rows)} rows</option>`)}</datalist>
      ${traces
        ? html`<fieldset class="choices"><legend>Of each trace</legend>
            <label><input type="radio" name="calls" value="last" checked /><span>the last call of a model that went well: it holds the conversation</span></label>
            <label><input type="radio" name="calls" value="all" /><span>all calls of models, each a row</span></label></fieldset>`
        : nothing}
      <p class="muted">Rows are copies: they stay when the trace goes.</p>`,
    submit: async (form) => {
      const name = String(form.get("name"));
      const done = await json(datasetPath(name, "rows"), { method: "POST", body: { ...chosen, ...(traces ? { calls: form.get("calls") } : {}) } });
      if (!done.added && done.skipped.length) {
        throw new FieldError(done.skipped[0].message);
      }
      localStorage.setItem(LAST_KEY, name);
      toast([`${count(done.added)} added to ${name}`, done.known ? `${count(done.known)} there already` : "", done.skipped_count ? `${count(done.skipped_count)} left out: ${done.skipped[0].message}` : ""].filter(Boolean).join(", "));
      added?.();
    },
  });
}
