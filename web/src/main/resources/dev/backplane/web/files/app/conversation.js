// What was said in a trace: each message once, under the call that added it.
import { html, nothing } from "lit";
import { isAbort, json, request, spanPath } from "./api.js";
import { bytes, cost, count, duration, short } from "./format.js";
import { messageView } from "./message-view.js";
import { message, messagesIn, sameness } from "./messages.js";
import { here } from "./router.js";
import { Part, emptyState, errorNotice, errorState, icon, kindMark, loadingLines } from "./ui.js";

/** @import {Turn, TurnMessage} from "./types.js" */
/** @import {Message} from "./messages.js" */

const TURNS = 60;

/**
 * A turn ready to show.
 * @typedef {{turn: Turn, shown: {item: TurnMessage, messages: Message[] | null}[], repeated: number}} Shown
 */

class ConversationView extends Part {
  static properties = {
    trace: {},
    under: {},
    turns: { state: true },
    next: { state: true },
    error: { state: true },
    busy: { state: true },
    again: { state: true },
  };

  constructor() {
    super();
    this.trace = "";
    /** A span: only what was said below it. Empty for all. */
    this.under = "";
    /** @type {Shown[]} */
    this.turns = [];
    /** @type {number | null} */
    this.next = null;
    /** @type {unknown} */
    this.error = null;
    this.busy = false;
    /** What was shown, whatever members its providers added. @type {Set<string>} */
    this.said = new Set();
    /** Names of tools by the id of their call. @type {Map<string, string>} */
    this.calls = new Map();
    /** What calls were sent again, as far as somebody wanted to see it. @type {Map<string, Message[] | Error | null>} */
    this.again = new Map();
    this.asking = new AbortController();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("trace") || changed.has("under")) {
      this.asking.abort();
      this.asking = new AbortController();
      this.turns = [];
      this.next = null;
      this.said.clear();
      this.calls.clear();
      this.again = new Map();
      this.load(0);
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.asking.abort();
  }

  /** @param {number} from */
  async load(from) {
    const { signal } = this.asking;
    this.busy = true;
    this.error = null;
    try {
      const query = new URLSearchParams({ from: String(from), limit: String(TURNS) });
      if (this.under) {
        query.set("span", this.under);
      }
      const found = await json(`${spanPath(this.trace)}/conversation?${query}`, { signal });
      this.turns = [...this.turns, ...found.turns.map((/** @type {Turn} */ turn) => this.shown(turn))];
      this.next = found.next;
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      this.error = error;
    }
    this.busy = false;
  }

  /** @param {Turn} turn @returns {Shown} */
  shown(turn) {
    let repeated = turn.repeated;
    /** @type {Shown["shown"]} */
    const shown = [];
    for (const item of turn.messages) {
      const content = item.content;
      const messages = content === null && item.bytes > 4 ? null : (messagesIn(content) ?? [this.wrapped(item, content)]);
      const fresh = messages?.filter((one) => this.isFresh(one)) ?? null;
      if (fresh === null || fresh.length) {
        shown.push({ item, messages: fresh });
      } else {
        repeated++;
      }
    }
    return { turn, shown, repeated };
  }

  /** A payload that is no message, as one. @param {TurnMessage} item @param {unknown} content @returns {Message} */
  wrapped(item, content) {
    return typeof content === "object" && content !== null && "content" in content
      ? message(/** @type {Record<string, any>} */ (content))
      : { role: item.field, name: "", parts: [typeof content === "string" ? { type: "text", text: content } : { type: "json", value: content }] };
  }

  /** @param {Message} one */
  isFresh(one) {
    for (const part of one.parts) {
      if (part.type === "call" && part.id) {
        this.calls.set(part.id, part.name);
      }
    }
    // An answer comes back as input of the next call, often with other members around it.
    if (one.role !== "assistant") {
      return true;
    }
    const key = sameness(one);
    const fresh = !this.said.has(key);
    this.said.add(key);
    return fresh;
  }

  /** Reads a message that was too long to come along. @param {Shown} shown @param {TurnMessage} item */
  async readLong(shown, item) {
    try {
      const { call } = shown.turn;
      const response = await request(spanPath(call.trace_id, call.span_id, item.field), { signal: this.asking.signal });
      const all = await response.json().catch(() => null);
      const content = Array.isArray(all) ? all[item.index] : all;
      const entry = shown.shown.find((one) => one.item === item);
      if (entry) {
        entry.messages = messagesIn(content) ?? [this.wrapped(item, content)];
      }
      this.requestUpdate();
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  /** Shows what a call was sent again, or hides it. @param {Shown} shown */
  async toggleBefore(shown) {
    const { call } = shown.turn;
    const set = (/** @type {Message[] | Error | null | undefined} */ value) => {
      const before = new Map(this.again);
      if (value === undefined) {
        before.delete(call.span_id);
      } else {
        before.set(call.span_id, value);
      }
      this.again = before;
    };
    if (this.again.has(call.span_id)) {
      set(undefined);
      return;
    }
    set(null);
    try {
      const response = await request(spanPath(call.trace_id, call.span_id, "input"), { signal: this.asking.signal });
      const all = await response.json();
      const added = new Set(shown.turn.messages.filter((one) => one.field === "input").map((one) => one.index));
      set((Array.isArray(all) ? all : []).filter((_, i) => !added.has(i)).flatMap((one) => messagesIn([one]) ?? []));
    } catch (error) {
      if (!isAbort(error)) {
        set(/** @type {Error} */ (error));
      }
    }
  }

  /** @param {Shown} shown */
  renderBefore(shown) {
    const before = this.again.get(shown.turn.call.span_id);
    if (before === undefined) {
      return nothing;
    }
    return html`<div class="before">${before === null ? loadingLines(2) : before instanceof Error ? errorNotice(before) : before.length ? before.map((one) => messageView(one, { resultOf: this.resultOf(one) })) : html`<p class="muted">What was sent again is no list of messages; the call's details have it.</p>`}</div>`;
  }

  render() {
    if (this.error && !this.turns.length) {
      return errorState(this.error, () => this.load(0));
    }
    if (!this.turns.length) {
      return this.busy
        ? loadingLines(8)
        : emptyState({ icon: "sessions", title: "No model was called here", text: "A conversation is made of the messages of a trace's LLM spans; this one has none. The tree shows what it did." });
    }
    return html`<div class="column">
      ${this.turns.map((shown) => this.renderTurn(shown))}
      ${this.error ? errorNotice(this.error) : nothing}
      ${this.next !== null
        ? html`<div class="more"><button class="button" ?disabled=${this.busy} @click=${() => this.load(this.next ?? 0)}>${this.busy ? html`<span class="spinner"></span>` : nothing}More of the conversation</button></div>`
        : nothing}
    </div>`;
  }

  /** @param {Shown} shown */
  renderTurn(shown) {
    const { call } = shown.turn;
    return html`<div class="turn">
        ${kindMark(call.kind)}
        <a href=${here({ span: call.span_id, view: null })} title="Show this call in the tree">${call.name || call.span_id}</a>
        ${call.model ? html`<span>${call.model}</span>` : nothing}
        ${call.duration_ms !== null ? html`<span>${duration(call.duration_ms)}</span>` : nothing}
        ${call.input_tokens !== null ? html`<span>${short(call.input_tokens)} → ${short(call.output_tokens ?? 0)} tokens</span>` : nothing}
        ${call.cost ? html`<span>${cost(call.cost)}</span>` : nothing}
        ${shown.repeated ? html`<button class="button quiet small" title="Sent again with this call" aria-expanded=${this.again.has(call.span_id) ? "true" : "false"} @click=${() => this.toggleBefore(shown)}>${count(shown.repeated)} as before</button>` : nothing}
        ${call.status === "error" ? html`<span class="chip error">failed</span>` : nothing}
      </div>
      ${this.renderBefore(shown)}
      ${call.error ? html`<div class="notice error">${icon("alert")}<div class="grow">${call.error}</div></div>` : nothing}
      ${shown.shown.map(({ item, messages }) =>
        messages === null
          ? html`<div class="notice">${icon("info")}<div class="grow">A message of ${bytes(item.bytes)} in ${item.field}.</div>
              <button class="button small" @click=${() => this.readLong(shown, item)}>Read it</button></div>`
          : messages.map((one) => messageView(one, { resultOf: this.resultOf(one) })),
      )}`;
  }

  /** @param {Message} one */
  resultOf(one) {
    const result = one.parts.find((part) => part.type === "result");
    return result?.type === "result" ? (this.calls.get(result.id) ?? result.name) : "";
  }
}
customElements.define("conversation-view", ConversationView);
