// Ways to single spans of a trace: what failed, took longest, used and cost most.
import { html, nothing } from "lit";
import { quoted, rows } from "./api.js";
import { cost, duration, short } from "./format.js";
import { errorNotice, icon, kindMark, popover } from "./ui.js";

/** @import {TreeModel} from "./tree-model.js" */

/** @typedef {{model: TreeModel, choose: (span: string) => void, showFailed: () => void}} Jumping */

const JUMP_ROWS = 50;

/** Lists that lead to single spans: title, icon, SQL order, what to show of a row. */
const JUMPS = /** @type {[string, string, string, (row: any) => string][]} */ ([
  ["Errors", "alert", "status = 'error'|start_time", (row) => row.error_preview ?? ""],
  ["Slowest", "slow", "duration_ms is not null|duration_ms desc", (row) => duration(row.duration_ms)],
  ["Most tokens", "llm", "input_tokens is not null or output_tokens is not null|coalesce(input_tokens, 0) + coalesce(output_tokens, 0) desc", (row) => short((row.input_tokens ?? 0) + (row.output_tokens ?? 0))],
  ["Most expensive", "coin", "cost > 0|cost desc", (row) => cost(row.cost)],
]);

/** @param {Event} event @param {(typeof JUMPS)[number]} jump @param {Jumping} to */
async function list(event, jump, { model, choose, showFailed }) {
  const anchor = /** @type {Element} */ (event.currentTarget);
  const [title, , what, note] = jump;
  const [where, order] = what.split("|");
  /** @type {Record<string, any>[] | null} */
  let found = null;
  /** @type {unknown} */
  let error = null;
  const menu = popover(
    anchor,
    (close) => html`<div class="heading">${title}</div>
      ${error
        ? errorNotice(error)
        : found === null
          ? html`<div class="item"><span class="spinner"></span></div>`
          : found.length === 0
            ? html`<div class="item muted">None in this trace.</div>`
            : found.map(
                (row) => html`<button class="item" @click=${() => (close(), choose(row["span_id"]))}>
                  ${kindMark(row["kind"])}<span class="grow">${row["name"] || row["span_id"]}</span><span class="note">${note(row).slice(0, 40)}</span>
                </button>`,
              )}
      ${found?.length === JUMP_ROWS ? html`<div class="item muted">${title === "Errors" ? "The first" : "The"} ${JUMP_ROWS}</div>` : nothing}
      ${title === "Errors" && found?.length ? html`<hr /><button class="item" @click=${() => (close(), showFailed())}>${model.only === "failed" ? "Show the whole tree" : "Show only these in the tree"}</button>` : nothing}`,
    { label: title },
  );
  try {
    found = await rows(
      `select span_id, name, kind, duration_ms, input_tokens, output_tokens, cost, error_preview from spans
       where trace_id = ${quoted(model.traceId)} and (${where}) order by ${order} limit ${JUMP_ROWS}`,
      model.stop.signal,
    );
  } catch (failure) {
    error = failure;
  }
  menu?.draw();
}

/** The buttons that open the lists. @param {Jumping} to */
export const jumps = (to) =>
  JUMPS.map((jump) => {
    const [title, symbol] = jump;
    const errors = title === "Errors" ? (to.model.trace?.error_count ?? 0) : 0;
    return html`<button class="button quiet small ${errors ? "" : title === "Errors" ? "icon-only hide-phone" : "icon-only"}" title=${title} aria-label=${errors ? `${title}: ${short(errors)}` : title} aria-haspopup="dialog" aria-expanded="false" @click=${(/** @type {Event} */ e) => list(e, jump, to)}>
      ${icon(symbol)}${errors ? html`<span class="error-text">${short(errors)}</span>` : nothing}
    </button>`;
  });
