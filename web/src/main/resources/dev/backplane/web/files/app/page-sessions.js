// Sessions: threads of traces, as their users had them.
import { html, nothing } from "lit";
import { quoted, rows } from "./api.js";
import { addToDataset } from "./datasets.js";
import { cost, count, duration, exactly, millis, short, when } from "./format.js";
import { LoadedPage } from "./loaded.js";
import { range, rangeButton, timeCondition } from "./range.js";
import { address, go, path } from "./router.js";
import { emptyState, icon, statusDot } from "./ui.js";

const SHOWN = 200;

class SessionsPage extends LoadedPage {
  static properties = { ...LoadedPage.properties, busy: { state: true } };

  constructor() {
    super();
    this.limit = SHOWN;
    this.busy = false;
  }

  get at() {
    return "sessions";
  }

  get session() {
    return decodeURIComponent(/^\/sessions\/([^/]+)$/.exec(path())?.[1] ?? "");
  }

  moved() {
    if (this.wanted !== this.shown) {
      this.limit = SHOWN;
    }
    super.moved();
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const query = this.session
      ? `select * from traces where session_id = ${quoted(this.session)} order by start_time limit ${this.limit}`
      : `select session_id, count(*) n, min(start_time) first, max(end_time) last, sum(span_count)::bigint spans,
           count(*) filter (status = 'error') failed, sum(input_tokens + output_tokens)::bigint tokens, sum(cost) cost,
           any_value(user_id) user_id, any_value(agent) agent, arg_min(name, start_time) name
         from traces where session_id is not null${timeCondition(range())}
         group by 1 order by max(start_time) desc limit ${this.limit}`;
    return rows(query, signal);
  }

  async more() {
    this.busy = true;
    this.limit += SHOWN;
    await this.load();
    this.busy = false;
  }

  renderHead() {
    const session = this.session;
    return session
      ? html`<a class="button quiet small icon-only" href=${address("/sessions")} title="All sessions" aria-label="All sessions">${icon("back")}</a><h1 class="mono">${session}</h1><span class="grow"></span>
          <button class="button small icon-only" title=${`Add the ${count(this.data?.length ?? 0)} traces shown to a dataset`} aria-label="Add the traces shown to a dataset" ?disabled=${!this.data?.length} @click=${() => addToDataset({ traces: this.data.map((/** @type {{trace_id: string}} */ one) => one.trace_id) })}>${icon("datasets")}</button>`
      : html`<h1 class="page-title">Sessions</h1><span class="grow"></span>${rangeButton()}`;
  }

  renderData() {
    return this.session ? this.renderTraces(this.data) : this.renderSessions(this.data);
  }

  /** @param {Record<string, any>[]} found */
  renderMore(found) {
    return found.length < this.limit ? nothing : html`<div class="more"><button class="button quiet" ?disabled=${this.busy} @click=${this.more}>${this.busy ? html`<span class="spinner"></span>` : "More"}</button></div>`;
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
      <thead><tr><th>Session</th><th>Latest</th><th class="hide-phone">Agent</th><th class="hide-phone">User</th><th class="number">Traces</th><th class="number">Failed</th><th class="number hide-phone">Spans</th><th class="number hide-phone">Tokens</th><th class="number">Cost</th></tr></thead>
      <tbody>${found.map(
        (row) => html`<tr>
          <td><a class="link mono" href=${address(`/sessions/${encodeURIComponent(row["session_id"])}`)}>${row["session_id"]}</a></td>
          <td title=${exactly(row["last"])}>${when(row["last"])}</td><td class="hide-phone">${row["agent"] ?? nothing}</td><td class="hide-phone">${row["user_id"] ?? nothing}</td>
          <td class="number">${count(row["n"])}</td><td class="number">${row["failed"] ? html`<span class="error-text">${row["failed"]}</span>` : nothing}</td>
          <td class="number hide-phone">${short(row["spans"])}</td><td class="number hide-phone">${short(row["tokens"])}</td><td class="number">${row["cost"] ? cost(row["cost"]) : nothing}</td>
        </tr>`,
      )}</tbody></table>
      ${this.renderMore(found)}</div>`;
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
    )}</ol>${this.renderMore(found)}</div>`;
  }
}
customElements.define("sessions-page", SessionsPage);
