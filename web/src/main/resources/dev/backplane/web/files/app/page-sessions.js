// Sessions: threads of traces, as their users had them.
import { html, nothing } from "lit";
import { isAbort, quoted, rows } from "./api.js";
import { cost, count, duration, exactly, millis, short, when } from "./format.js";
import { range, rangeButton, timeCondition } from "./range.js";
import { address, go, onMove, parameters, path } from "./router.js";
import { Part, emptyState, errorState, icon, loadingLines, statusDot } from "./ui.js";

const SHOWN = 200;

class SessionsPage extends Part {
  static properties = { found: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {Record<string, any>[] | null} */
    this.found = null;
    /** @type {unknown} */
    this.error = null;
    this.shown = "";
    this.asking = new AbortController();
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    this.moved();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    this.asking.abort();
  }

  get session() {
    return decodeURIComponent(/^\/sessions\/([^/]+)$/.exec(path())?.[1] ?? "");
  }

  moved() {
    const asked = path() + parameters().toString();
    if (asked !== this.shown && path().startsWith("/sessions")) {
      this.shown = asked;
      this.load();
    }
    this.requestUpdate();
  }

  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    this.error = null;
    this.found = null;
    const query = this.session
      ? `select * from traces where session_id = ${quoted(this.session)} order by start_time limit ${SHOWN}`
      : `select session_id, count(*) n, min(start_time) first, max(end_time) last, sum(span_count)::bigint spans,
           count(*) filter (status = 'error') failed, sum(input_tokens + output_tokens)::bigint tokens, sum(cost) cost,
           any_value(user_id) user_id, any_value(agent) agent, arg_min(name, start_time) name
         from traces where session_id is not null${timeCondition(range())}
         group by 1 order by max(start_time) desc limit ${SHOWN}`;
    try {
      this.found = await rows(query, this.asking.signal);
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  render() {
    const session = this.session;
    return html`<header class="head">
        ${session
          ? html`<a class="button quiet small icon-only" href=${address("/sessions")} title="All sessions" aria-label="All sessions">${icon("back")}</a><h1 class="mono">${session}</h1>`
          : html`<h1 class="page-title">Sessions</h1><span class="grow"></span>${rangeButton()}`}
      </header>
      ${this.error ? errorState(this.error, () => this.load()) : this.found === null ? loadingLines() : session ? this.renderTraces(this.found) : this.renderSessions(this.found)}`;
  }

  /** @param {Record<string, any>[]} found */
  renderSessions(found) {
    if (!found.length) {
      return emptyState({
        icon: "sessions",
        title: "No sessions in this time",
        text: "A session is made of the traces whose root says the same session_id (session.id and gen_ai.conversation.id are understood, too).",
        actions: range().from === null ? undefined : html`<button class="button" @click=${() => go(address("/sessions", { range: "all" }))}>Look at all time</button>`,
      });
    }
    return html`<div class="scroll" tabindex="0"><table class="table">
      <thead><tr><th>Session</th><th>Latest</th><th>Agent</th><th>User</th><th class="number">Traces</th><th class="number">Failed</th><th class="number">Spans</th><th class="number">Tokens</th><th class="number">Cost</th></tr></thead>
      <tbody>${found.map(
        (row) => html`<tr>
          <td><a class="link mono" href=${address(`/sessions/${encodeURIComponent(row["session_id"])}`)}>${row["session_id"]}</a></td>
          <td title=${exactly(row["last"])}>${when(row["last"])}</td><td>${row["agent"] ?? nothing}</td><td>${row["user_id"] ?? nothing}</td>
          <td class="number">${count(row["n"])}</td><td class="number">${row["failed"] ? html`<span class="error-text">${row["failed"]}</span>` : nothing}</td>
          <td class="number">${short(row["spans"])}</td><td class="number">${short(row["tokens"])}</td><td class="number">${row["cost"] ? cost(row["cost"]) : nothing}</td>
        </tr>`,
      )}</tbody></table>
      ${found.length === SHOWN ? html`<p class="muted pad">The latest ${SHOWN}: choose another time to see others.</p>` : nothing}</div>`;
  }

  /** @param {Record<string, any>[]} found */
  renderTraces(found) {
    if (!found.length) {
      return emptyState({ icon: "sessions", title: "This session has no traces" });
    }
    const first = millis(found[0]?.["start_time"]);
    return html`<div class="scroll pad" tabindex="0"><ol class="thread">${found.map(
      (row) => html`<li class="card">
        <a href=${address(`/traces/${encodeURIComponent(row["trace_id"])}`, { view: "conversation" })}>
          ${statusDot({ status: row["status"] ?? "", end_time: row["end_time"] })}<b>${row["name"] ?? row["trace_id"]}</b>
          <span class="facts">
            <span title=${exactly(row["start_time"])}>${when(row["start_time"])}</span><span>+${duration(millis(row["start_time"]) - first)}</span>
            <span>${duration(row["duration_ms"])}</span><span>${count(row["span_count"])} spans</span>
            ${row["error_count"] ? html`<span class="error-text">${row["error_count"]} failed</span>` : nothing}
            <span>${short(row["input_tokens"] + row["output_tokens"])} tokens</span>${row["cost"] ? html`<span>${cost(row["cost"])}</span>` : nothing}
          </span>
        </a>
      </li>`,
    )}</ol></div>`;
  }
}
customElements.define("sessions-page", SessionsPage);
