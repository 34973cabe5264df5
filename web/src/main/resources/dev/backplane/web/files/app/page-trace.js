// One trace: its tree with a timeline, or what was said in it; and the span that is looked at.
import { html, nothing } from "lit";
import { isAbort, json, spanPath } from "./api.js";
import "./conversation.js";
import { addToDataset } from "./datasets.js";
import "./flame.js";
import { cost, count, duration, exactly, short, when } from "./format.js";
import { address, go, here, onMove, parameters, path } from "./router.js";
import "./span-panel.js";
import "./trace-tree.js";
import { TreeModel } from "./tree-model.js";
import { Part, copy, errorState, icon, isTyping, statusDot } from "./ui.js";

/** @import {Trace} from "./types.js" */

const LIVE_MILLIS = 4000;
const DETAIL_KEY = "backplane.detail-width";

class TracePage extends Part {
  static properties = { version: { state: true }, trace: { state: true } };

  constructor() {
    super();
    this.version = 0;
    this.trace = "";
    /** @type {TreeModel | null} */
    this.model = null;
    this.timer = 0;
    this.asking = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    this.keys = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.timer = setInterval(() => this.tick(), LIVE_MILLIS);
    const width = localStorage.getItem(DETAIL_KEY);
    if (width && /^\d{3,4}$/.test(width)) {
      this.style.setProperty("--detail", `${width}px`);
    }
    this.moved();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    document.removeEventListener("keydown", /** @type {(e: KeyboardEvent) => void} */ (this.keys));
    clearInterval(this.timer);
    this.model?.close();
  }

  get selected() {
    return parameters().get("span") ?? "";
  }

  get view() {
    return parameters().get("view") === "conversation" ? "conversation" : "tree";
  }

  /** Which part of the tree is shown. @returns {"" | "failed" | "critical"} */
  get only() {
    const only = parameters().get("only");
    return only === "failed" || only === "critical" ? only : "";
  }

  moved() {
    const found = /^\/traces\/([^/]+)$/.exec(path());
    if (!found?.[1]) {
      return;
    }
    const trace = decodeURIComponent(found[1]);
    if (trace !== this.trace) {
      this.trace = trace;
      this.model?.close();
      this.model = new TreeModel(trace, () => this.version++);
      this.model.only = this.only;
      this.model.open(this.only ? "" : this.selected);
    } else if (this.model && this.model.only !== this.only) {
      this.model.search(this.model.query, this.only);
    }
    this.requestUpdate();
  }

  /** A trace that is still running grows while one looks. */
  async tick() {
    const model = this.model;
    const known = model?.trace;
    if (!model || !known || document.hidden || this.asking || model.isPart) {
      return;
    }
    this.asking = true;
    try {
      /** @type {{trace: Trace, total: number}} */
      const now = await json(`${spanPath(this.trace)}?limit=1`, { signal: model.stop.signal });
      if (now.total !== model.total || now.trace.end_time !== known.end_time || now.trace.error_count !== known.error_count) {
        await model.refresh();
      }
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("live", error);
      }
    }
    this.asking = false;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Escape" && !isTyping(event) && this.selected && !document.querySelector("dialog[open], .pop:not([hidden])")) {
      this.choose("");
    }
  }

  /** @param {string} span */
  choose(span) {
    go(here({ span: span || null }), { replace: true });
  }

  /** @param {PointerEvent} event */
  resize(event) {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    handle.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ e) => this.setDetail(this.getBoundingClientRect().right - e.clientX);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", move), { once: true });
  }

  /** @param {number} width */
  setDetail(width) {
    const sane = Math.round(Math.min(this.clientWidth - 320, Math.max(340, width)));
    this.style.setProperty("--detail", `${sane}px`);
    localStorage.setItem(DETAIL_KEY, String(sane));
  }

  render() {
    const model = this.model;
    if (model?.error && !model.trace) {
      return html`<header class="head">${this.back()}<h1 class="mono">${this.trace}</h1></header>${errorState(model.error, () => model.open(""))}`;
    }
    const conversation = this.view === "conversation";
    const selected = this.selected;
    return html`${this.renderHead(model?.trace ?? null)}
      <div class="split ${selected ? "" : "alone"}">
        ${conversation
          ? html`<conversation-view .trace=${this.trace} .under=${""} tabindex="0"></conversation-view>`
          : html`<div class="tree-side">${parameters().has("flame") ? html`<flame-view .trace=${this.trace} .summary=${model?.trace ?? null} .node=${model?.byId(selected) ?? null} .critical=${this.only === "critical"} @choose=${(/** @type {CustomEvent} */ e) => this.choose(e.detail)}></flame-view>` : nothing}
            <trace-tree .model=${model} .version=${this.version} .selected=${selected} @choose=${(/** @type {CustomEvent} */ e) => this.choose(e.detail)} @only=${(/** @type {CustomEvent} */ e) => go(here({ only: e.detail || null }), { replace: true })}></trace-tree></div>`}
        ${selected
          ? html`<div class="divider" role="separator" aria-orientation="vertical" aria-label="Width of the details" aria-valuenow="50" tabindex="0" @pointerdown=${this.resize}
                @keydown=${(/** @type {KeyboardEvent} */ e) => {
                  const panel = this.querySelector("span-panel");
                  if (panel && (e.key === "ArrowLeft" || e.key === "ArrowRight")) {
                    this.setDetail(panel.clientWidth + (e.key === "ArrowLeft" ? 24 : -24));
                  }
                }}></div>
              <span-panel .trace=${this.trace} .span=${selected} .node=${model?.byId(selected) ?? null} .totals=${this.totals(selected)} @close=${() => this.choose("")}></span-panel>`
          : nothing}
      </div>`;
  }

  /** @param {string} span */
  totals(span) {
    const node = this.model?.byId(span);
    return node ? (this.model?.totalsAt(node.position) ?? null) : null;
  }

  back() {
    return html`<a class="button quiet small icon-only" href=${address("/traces")} title="All traces" aria-label="All traces">${icon("back")}</a>`;
  }

  /** @param {Trace | null} trace */
  renderHead(trace) {
    return html`<header class="head">
      ${this.back()}
      ${trace ? statusDot(trace) : nothing}
      <h1 title=${trace?.name ?? ""}>${trace ? trace.name || trace.trace_id : "…"}</h1>
      ${trace ? this.renderFacts(trace) : nothing}
      <span class="grow"></span>
      ${this.view === "tree" ? html`<button class="button small" aria-pressed=${parameters().has("flame") ? "true" : "false"} title="What called what, over time" @click=${() => go(here({ flame: parameters().has("flame") ? null : "1" }), { replace: true })}>Flame</button>` : nothing}
      <span class="segments" role="group" aria-label="View">
        <button aria-pressed=${this.view === "tree" ? "true" : "false"} @click=${() => go(here({ view: null }))}>Tree</button>
        <button aria-pressed=${this.view === "conversation" ? "true" : "false"} @click=${() => go(here({ view: "conversation" }))}>Conversation</button>
      </span>
      <button class="button small icon-only" title="Add to a dataset" aria-label="Add this trace to a dataset" @click=${() => addToDataset({ traces: [this.trace] })}>${icon("datasets")}</button>
      <button class="button small icon-only" title="Copy a link to this trace" aria-label="Copy a link to this trace" @click=${() => copy(window.location.href, "Link")}>${icon("link")}</button>
    </header>`;
  }

  /** @param {Trace} trace */
  renderFacts(trace) {
    return html`<div class="facts hide-phone">
      ${trace.duration_ms === null ? nothing : html`<span><b>${duration(trace.duration_ms)}</b></span>`}
      <span><b>${count(trace.span_count)}</b> ${trace.span_count === 1 ? "span" : "spans"}</span>
      ${trace.llm_count ? html`<span><b>${count(trace.llm_count)}</b> LLM ${trace.llm_count === 1 ? "call" : "calls"}</span>` : nothing}
      ${trace.error_count ? html`<span class="error-text"><b>${count(trace.error_count)}</b> failed</span>` : nothing}
      ${trace.input_tokens + trace.output_tokens
        ? html`<span title="${count(trace.input_tokens)} in, ${count(trace.output_tokens)} out"><b>${short(trace.input_tokens)}</b> → <b>${short(trace.output_tokens)}</b> tokens</span>`
        : nothing}
      ${trace.cost ? html`<span><b>${cost(trace.cost)}</b></span>` : nothing}
      <span title=${exactly(trace.start_time)}>${when(trace.start_time)}</span>
    </div>`;
  }
}
customElements.define("trace-page", TracePage);
