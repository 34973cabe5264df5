// Everything about one span.
import { html, nothing } from "lit";
import { download, isAbort, json, spanPath } from "./api.js";
import { addToDataset } from "./datasets.js";
import { bytes, cost, count, duration, exactly, millis, short, when } from "./format.js";
import "./json-view.js";
import "./payload-view.js";
import { address } from "./router.js";
import { Part, copy, copyButton, emptyState, errorNotice, errorState, icon, kindMark, loadingLines, statusDot, toast } from "./ui.js";

/** @import {Span, Totals, SpanNode} from "./types.js" */

/** A longer payload is left on the server until somebody reads it. */
const PAYLOAD_BYTES = 256 << 10;

/** Members of a span with a place of their own on the panel. */
const PLACED = new Set([
  "trace_id", "span_id", "parent_id", "project", "name", "kind", "status", "start_time", "end_time", "error", "model", "provider",
  "input", "output", "expected", "tools", "input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens",
  "cost", "session_id", "user_id", "agent", "tags", "scores", "comments", "attributes", "resource", "events", "links", "scope",
  "metadata", "metrics", "time_to_first_token_ms", "dialect", "extra", "omitted",
]);

const TABS = /** @type {[string, string][]} */ ([
  ["overview", "Overview"],
  ["attributes", "Attributes"],
  ["events", "Events"],
  ["scores", "Scores"],
  ["raw", "Raw"],
]);

/** Fires `close`, and `changed` after a score or a comment was added. */
class SpanPanel extends Part {
  static properties = {
    trace: {},
    span: {},
    node: {},
    totals: {},
    data: { state: true },
    error: { state: true },
    tab: { state: true },
    sending: { state: true },
    sendError: { state: true },
  };

  constructor() {
    super();
    this.trace = "";
    this.span = "";
    /** The row in the tree, if it is known. @type {SpanNode | null} */
    this.node = null;
    /** @type {Totals | null} */
    this.totals = null;
    /** @type {Span | null} */
    this.data = null;
    /** @type {unknown} */
    this.error = null;
    this.tab = "overview";
    this.sending = false;
    /** @type {unknown} */
    this.sendError = null;
    this.asking = new AbortController();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("trace") || changed.has("span")) {
      this.load();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.asking.abort();
  }

  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.error = null;
    this.sendError = null;
    if (this.data?.span_id !== this.span) {
      this.data = null;
    }
    try {
      this.data = await json(`${spanPath(this.trace, this.span)}?payload_bytes=${PAYLOAD_BYTES}`, { signal });
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  render() {
    if (this.error) {
      return html`<div class="title">${this.renderTop(this.node?.name ?? this.span)}</div>${errorState(this.error, () => this.load())}`;
    }
    const data = this.data;
    if (!data) {
      return html`<div class="title">${this.renderTop(this.node?.name ?? "…")}</div>${loadingLines(5)}`;
    }
    return html`${this.renderTitle(data)}
      <div class="tabs" role="tablist" aria-label="Parts of the span">
        ${TABS.map(
          ([id, label]) => html`<button role="tab" id="tab-${id}" aria-selected=${this.tab === id ? "true" : "false"} aria-controls="tab-body" @click=${() => (this.tab = id)}>
            ${label}${this.tabCount(id, data)}
          </button>`,
        )}
      </div>
      <div class="body" role="tabpanel" id="tab-body" aria-labelledby="tab-${this.tab}" tabindex="0">${this.renderTab(data)}</div>`;
  }

  /** @param {string} id @param {Span} data */
  tabCount(id, data) {
    const n =
      id === "attributes"
        ? Object.keys(data["attributes"] ?? {}).length
        : id === "events"
          ? (data["events"] ?? []).length
          : id === "scores"
            ? Object.keys(data["scores"] ?? {}).length + (data["comments"] ?? []).length
            : 0;
    return n ? html`<span class="count">${n}</span>` : nothing;
  }

  /** @param {string} name */
  renderTop(name) {
    return html`<div class="line">
      ${this.node ? kindMark(this.node.kind) : nothing}
      <h2 title=${name}>${name}</h2>
      <span class="grow"></span>
      <button class="button quiet small icon-only" title="Close (Esc)" aria-label="Close the span" @click=${() => this.dispatchEvent(new CustomEvent("close"))}>${icon("close")}</button>
    </div>`;
  }

  /** @param {Span} data */
  renderTitle(data) {
    const ms = millis(data["end_time"]) - millis(data["start_time"]);
    const length = Number.isNaN(ms) ? null : ms;
    const skewed = length !== null && length < 0;
    return html`<div class="title">
      <div class="line">
        ${kindMark(data["kind"] ?? "other")}
        <h2 title=${data["name"] ?? ""}>${data["name"] || data.span_id}</h2>
        <span class="grow"></span>
        <button class="button quiet small icon-only" title="Add to a dataset" aria-label="Add this span to a dataset" @click=${() => addToDataset({ spans: [{ trace_id: this.trace, span_id: this.span }] })}>${icon("datasets")}</button>
        ${data["kind"] === "llm" ? html`<a class="button quiet small icon-only" title="Open in the playground" aria-label="Open in the playground" href=${address("/playground", { trace: this.trace, span: this.span })}>${icon("playground")}</a>` : nothing}
        <button class="button quiet small icon-only" title="Copy a link to this span" aria-label="Copy a link to this span" @click=${() => copy(window.location.href, "Link")}>${icon("link")}</button>
        <button class="button quiet small icon-only" title="Close (Esc)" aria-label="Close the span" @click=${() => this.dispatchEvent(new CustomEvent("close"))}>${icon("close")}</button>
      </div>
      <div class="facts">
        <span>${statusDot({ status: data["status"] ?? "", end_time: data["end_time"] ?? null })}${data["status"] === "error" ? "failed" : data["end_time"] ? "ended" : "not ended"}</span>
        ${length === null ? nothing : html`<span class=${skewed ? "error-text" : ""}><b>${duration(length)}</b>${skewed ? "ends before it starts" : nothing}</span>`}
        <span title=${exactly(data["start_time"])}>${data["start_time"] ? when(data["start_time"]) : "no start"}</span>
        ${data["model"] ? html`<span><b>${data["model"]}</b></span>` : nothing}
        ${data["input_tokens"] != null || data["output_tokens"] != null
          ? html`<span title="${count(data["input_tokens"])} in, ${count(data["output_tokens"])} out"><b>${short(data["input_tokens"] ?? 0)}</b> → <b>${short(data["output_tokens"] ?? 0)}</b> tokens</span>`
          : nothing}
        ${data["cost"] ? html`<span><b>${cost(data["cost"])}</b></span>` : nothing}
        ${data["time_to_first_token_ms"] != null ? html`<span>first token <b>${duration(data["time_to_first_token_ms"])}</b></span>` : nothing}
      </div>
    </div>`;
  }

  /** @param {Span} data */
  renderTab(data) {
    switch (this.tab) {
      case "attributes":
        return this.renderAttributes(data);
      case "events":
        return this.renderEvents(data);
      case "scores":
        return this.renderScores(data);
      case "raw":
        return this.renderRaw(data);
      default:
        return this.renderOverview(data);
    }
  }

  /** @param {Span} data */
  renderOverview(data) {
    const payloads = /** @type {[string, string][]} */ ([
      ["input", "Input"],
      ["output", "Output"],
      ["expected", "Expected"],
      ["tools", "Tools"],
      ["metadata", "Metadata"],
    ]).filter(([field]) => data[field] !== undefined || data.omitted?.[field]);
    return html`${this.renderError(data)}${this.renderTotals()}
      ${payloads.map(([field, label]) => this.payload(data, field, label))}
      ${payloads.length ? nothing : html`<p class="muted">This span carries no payload.</p>`}
      ${this.renderFacts(data)}`;
  }

  /** @param {Span} data */
  renderError(data) {
    if (data.omitted?.["error"]) {
      return this.payload(data, "error", "Error");
    }
    const error = data["error"];
    if (error === undefined) {
      return nothing;
    }
    return html`<div class="notice error" role="note">
      ${icon("alert")}<div class="grow"><long-text class="mono" .text=${typeof error === "string" ? error : JSON.stringify(error, null, 2)}></long-text></div>
    </div>`;
  }

  renderTotals() {
    const totals = this.totals;
    if (!totals || totals.spans < 2) {
      return nothing;
    }
    return html`<div class="facts">
      <span class="muted">With all below it:</span>
      <span><b>${count(totals.spans)}</b> spans</span>
      ${totals.errors ? html`<span class="error-text"><b>${count(totals.errors)}</b> failed</span>` : nothing}
      <span><b>${short(totals.input_tokens)}</b> → <b>${short(totals.output_tokens)}</b> tokens</span>
      ${totals.cost ? html`<span><b>${cost(totals.cost)}</b></span>` : nothing}
      ${totals.critical ? html`<span class="chip">on the critical path</span>` : nothing}
    </div>`;
  }

  /** @param {Span} data @param {string} field @param {string} label */
  payload(data, field, label) {
    return html`<payload-view
      .trace=${this.trace}
      .span=${this.span}
      .field=${field}
      .label=${label}
      .value=${data[field]}
      .omitted=${data.omitted?.[field]}
    ></payload-view>`;
  }

  /** @param {Span} data */
  renderFacts(data) {
    const facts = /** @type {[string, unknown][]} */ ([
      ["Started", data["start_time"] && html`<span class="mono">${data["start_time"]}</span>`],
      ["Ended", data["end_time"] && html`<span class="mono">${data["end_time"]}</span>`],
      ["Provider", data["provider"]],
      ["Agent", data["agent"]],
      ["Session", data["session_id"]],
      ["User", data["user_id"]],
      ["Cached tokens", data["cached_tokens"] != null ? count(data["cached_tokens"]) : undefined],
      ["Written to cache", data["cache_write_tokens"] != null ? count(data["cache_write_tokens"]) : undefined],
      ["Reasoning tokens", data["reasoning_tokens"] != null ? count(data["reasoning_tokens"]) : undefined],
      ["Tags", data["tags"]?.map((/** @type {string} */ tag) => html`<span class="chip">${tag}</span> `)],
      ["Span", html`<span class="mono">${data.span_id}</span>${copyButton("span id", data.span_id)}`],
      ["Parent", data["parent_id"] && html`<span class="mono">${data["parent_id"]}</span>${this.node?.depth === 0 ? html` <span class="chip warn">not here</span>` : nothing}`],
      ["Trace", html`<span class="mono">${data.trace_id}</span>${copyButton("trace id", data.trace_id)}`],
      ["Convention", data["dialect"]],
    ]).filter(([, value]) => value);
    return html`<section class="section">
      <header>Facts</header>
      <div class="content"><dl class="facts-grid">${facts.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl></div>
    </section>`;
  }

  /** @param {Span} data */
  renderAttributes(data) {
    const groups = /** @type {[string, string][]} */ ([
      ["attributes", "Attributes"],
      ["metrics", "Metrics"],
      ["resource", "Resource"],
      ["scope", "Library"],
      ["links", "Links"],
      ["extra", "Other"],
    ]);
    const shown = groups.filter(([field]) => data[field] !== undefined || data.omitted?.[field]);
    if (!shown.length) {
      return emptyState({ icon: "info", title: "No attributes", text: "All that was sent has a place of its own on the other tabs." });
    }
    return shown.map(([field, label]) => {
      const value = data[field];
      return data.omitted?.[field] || typeof value !== "object" || value === null || Array.isArray(value)
        ? this.payload(data, field, label)
        : html`<section class="section">
            <header>${label}<span class="count">${Object.keys(value).length}</span></header>
            <div class="content"><dl class="facts-grid">
              ${Object.entries(value).map(([name, item]) => html`<dt class="mono">${name}</dt><dd>${typeof item === "string" ? html`<long-text class="mono" .text=${item}></long-text>` : html`<json-view .value=${item}></json-view>`}</dd>`)}
            </dl></div>
          </section>`;
    });
  }

  /** @param {Span} data */
  renderEvents(data) {
    /** @type {{name: string, time?: string, attributes?: object}[]} */
    const events = data["events"] ?? [];
    if (data.omitted?.["events"]) {
      return this.payload(data, "events", "Events");
    }
    if (!events.length) {
      return emptyState({ icon: "clock", title: "No events", text: "Nothing was reported while this span ran." });
    }
    return events.map(
      (event) => html`<section class="section">
        <header><span>${event.name}</span><span class="grow"></span>
          <span class="count" title=${exactly(event.time)}>${event.time && data["start_time"] ? `+${duration(millis(event.time) - millis(data["start_time"]))}` : nothing}</span></header>
        <div class="content"><json-view .value=${event.attributes ?? {}}></json-view></div>
      </section>`,
    );
  }

  /** @param {Span} data */
  renderScores(data) {
    const scores = Object.entries(/** @type {Record<string, number | null>} */ (data["scores"] ?? {}));
    /** @type {{text: string, author?: string, time?: string}[]} */
    const comments = data["comments"] ?? [];
    return html`<section class="section">
        <header>Scores</header>
        <div class="content">
          ${scores.length
            ? html`<dl class="facts-grid">${scores.map(([name, score]) => html`<dt>${name}</dt><dd><meter min="0" max="1" value=${score ?? 0} aria-label=${name}></meter> <b>${score ?? "–"}</b></dd>`)}</dl>`
            : html`<span class="muted">None yet.</span>`}
        </div>
      </section>
      <section class="section">
        <header>Comments</header>
        <div class="content messages">
          ${comments.length
            ? comments.map((comment) => html`<div><div class="muted">${comment.author || "somebody"} ${when(comment.time)}</div><long-text .text=${String(comment.text ?? "")}></long-text></div>`)
            : html`<span class="muted">None yet.</span>`}
        </div>
      </section>
      <section class="section">
        <header>Add</header>
        <form class="content feedback" @submit=${this.send}>
          <div class="pair">
            <label class="labelled">Score<input class="field" name="name" placeholder="helpful" autocomplete="off" pattern=".*\\S.*" /></label>
            <label class="labelled">From 0 to 1<input class="field" name="value" type="number" min="0" max="1" step="any" placeholder="1" /></label>
          </div>
          <label class="labelled">Comment<textarea class="field" name="comment" rows="3"></textarea></label>
          ${this.sendError ? errorNotice(this.sendError) : nothing}
          <div><button class="button primary" ?disabled=${this.sending}>Add</button></div>
        </form>
      </section>`;
  }

  /** @param {SubmitEvent} event */
  async send(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    const name = String(given.get("name")).trim();
    const value = String(given.get("value"));
    const comment = String(given.get("comment")).trim();
    if ((name === "") !== (value === "") || (!name && !comment)) {
      toast("Give a score with its name, a comment, or both.");
      return;
    }
    this.sending = true;
    try {
      await json(`${spanPath(this.trace, this.span)}/feedback`, {
        method: "POST",
        body: { ...(name ? { scores: { [name]: Number(value) } } : {}), ...(comment ? { comment } : {}) },
      });
      form.reset();
      this.sendError = null;
      await this.load();
      this.dispatchEvent(new CustomEvent("changed"));
    } catch (error) {
      this.sendError = error;
    }
    this.sending = false;
  }

  /** @param {Span} data */
  renderRaw(data) {
    const unknown = Object.keys(data).filter((member) => !PLACED.has(member));
    return html`${unknown.length ? html`<p class="muted">Only here: ${unknown.join(", ")}.</p>` : nothing}
      ${data.omitted
        ? html`<div class="notice">${icon("info")}<div class="grow">Left out, because they are long: ${Object.entries(data.omitted).map(([field, { bytes: size }]) => `${field} (${bytes(size)})`).join(", ")}. The download has everything.</div></div>`
        : nothing}
      <section class="section">
        <header>Span<span class="grow"></span>${copyButton("span", JSON.stringify(data, null, 2))}
          <button class="button quiet small icon-only" title="Download everything" aria-label="Download everything" @click=${() => download(spanPath(this.trace, this.span), `${this.span}.json`)}>${icon("download")}</button></header>
        <div class="content"><json-view .value=${data} .depth=${1}></json-view></div>
      </section>`;
  }
}
customElements.define("span-panel", SpanPanel);
