// The playground: prompts that are edited on one side, and on the other the models that answer them
// side by side. What is written is kept in the tab; each run is a trace.
import { html, nothing } from "lit";
import { hasKey, isAbort, json, spanPath } from "./api.js";
import { addToDataset } from "./datasets.js";
import { bytes, cost, count, cut, duration } from "./format.js";
import { messageView } from "./message-view.js";
import { parsed } from "./messages.js";
import { SETTINGS, ask, bodyOf, emptyPrompt, fault, fromSpan, goingOn, newAnswer } from "./playground.js";
import "./prompt-editor.js";
import { address, onMove, parameters, path } from "./router.js";
import { Part, copy, errorNotice, errorState, icon, isTyping, loadingLines, toast } from "./ui.js";

/** @import {Answer, Prompt, Run} from "./playground.js" */
/** @import {Span} from "./types.js" */

/** A longer payload is not for editing by hand. */
const INPUT_BYTES = 4 << 20;
const RUNS_MAX = 6;
const LETTERS = "ABCDEFGH";

/** @typedef {{prompts: Prompt[], runs: Run[]}} Work */

class PlaygroundPage extends Part {
  static properties = { work: { state: true }, error: { state: true }, shown: { state: true }, models: { state: true } };

  constructor() {
    super();
    /** @type {Work | null} */
    this.work = null;
    /** @type {unknown} */
    this.error = null;
    /** The prompt that is edited. */
    this.shown = 0;
    /** @type {string[]} */
    this.models = [];
    /** @type {Map<Run, {answer: Answer, stop: AbortController}>} */
    this.answers = new Map();
    this.session = `playground-${crypto.randomUUID?.() ?? Date.now().toString(36)}`;
    this.source = "";
    this.drawing = false;
    this.asking = new AbortController();
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    this.keys = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.loadModels();
    this.moved();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    document.removeEventListener("keydown", /** @type {(e: KeyboardEvent) => void} */ (this.keys));
    this.asking.abort();
    this.answers.forEach((one) => one.stop.abort());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.runAll();
    } else if (event.key === "Escape" && !isTyping(event) && !document.querySelector("dialog[open]")) {
      this.stopAll();
    }
  }

  async loadModels() {
    try {
      this.models = (await json("/v1/models")).data.map((/** @type {{id: string}} */ one) => one.id);
    } catch (error) {
      console.warn("models", error);
    }
  }

  moved() {
    if (!path().startsWith("/playground")) {
      return;
    }
    const source = `${parameters().get("project") ?? ""}/${parameters().get("trace") ?? ""}/${parameters().get("span") ?? ""}/${parameters().get("model") ?? ""}`;
    if (source !== this.source || !this.work) {
      this.stopAll();
      this.source = source;
      this.shown = 0;
      this.answers.clear();
      const kept = sessionStorage.getItem(this.storeKey);
      if (kept) {
        this.work = JSON.parse(kept);
      } else {
        this.load();
      }
    }
  }

  get storeKey() {
    return `backplane.playground:${this.source}`;
  }

  async load() {
    const [trace, span] = [parameters().get("trace"), parameters().get("span")];
    this.error = null;
    if (!trace || !span) {
      this.work = { prompts: [emptyPrompt()], runs: [{ model: parameters().get("model") ?? "", settings: {}, other: "", prompt: 0 }] };
      return;
    }
    this.work = null;
    this.asking.abort();
    this.asking = new AbortController();
    try {
      /** @type {Span} */
      const found = await json(`${spanPath(trace, span)}?payload_bytes=${INPUT_BYTES}`, { signal: this.asking.signal });
      const { prompt, run, thoughts } = fromSpan(found);
      this.work = { prompts: [prompt], runs: [run] };
      const long = found.omitted?.["input"];
      if (long) {
        toast(`The input of ${bytes(long.bytes)} is too long to be edited here.`);
      } else if (thoughts) {
        toast(`${count(thoughts)} thoughts of the model were left out: only it takes them back.`);
      }
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  /** Keeps what is written for this tab, if it has room for it. */
  changed() {
    try {
      sessionStorage.setItem(this.storeKey, JSON.stringify(this.work));
    } catch {
      sessionStorage.removeItem(this.storeKey);
    }
    this.requestUpdate();
  }

  startOver() {
    this.stopAll();
    sessionStorage.removeItem(this.storeKey);
    this.answers.clear();
    this.shown = 0;
    this.load();
  }

  /** One drawing a frame, however fast the tokens come. */
  redraw() {
    if (!this.drawing) {
      this.drawing = true;
      requestAnimationFrame(() => {
        this.drawing = false;
        this.requestUpdate();
      });
    }
  }

  /** @param {Run} run */
  async run(run) {
    const prompt = this.work?.prompts[run.prompt];
    if (!prompt || this.isRunning(run)) {
      return;
    }
    const answer = newAnswer();
    const stop = new AbortController();
    this.answers.set(run, { answer, stop });
    try {
      const body = bodyOf(prompt, run);
      this.requestUpdate();
      await ask(body, answer, { signal: stop.signal, session: this.session, changed: () => this.redraw() });
    } catch (error) {
      answer.state = "failed";
      answer.error = error;
    }
    this.requestUpdate();
  }

  runAll() {
    this.work?.runs.forEach((run) => this.run(run));
  }

  stopAll() {
    this.answers.forEach((one) => one.stop.abort());
  }

  /** @param {Run} run */
  isRunning(run) {
    return this.answers.get(run)?.answer.state === "running";
  }

  /** @param {Work} work */
  addRun(work) {
    const last = work.runs.at(-1);
    work.runs.push({ model: "", settings: { ...last?.settings }, other: last?.other ?? "", prompt: last?.prompt ?? 0 });
    this.changed();
    this.updateComplete.then(() => /** @type {HTMLElement | undefined} */ ([...this.querySelectorAll(".run .model")].at(-1))?.focus());
  }

  /** @param {Work} work */
  addPrompt(work) {
    work.prompts.push(structuredClone(/** @type {Prompt} */ (work.prompts[this.shown])));
    const last = work.runs.findLast((run) => run.prompt === this.shown) ?? work.runs.at(-1);
    this.shown = work.prompts.length - 1;
    if (last && work.runs.length < RUNS_MAX) {
      work.runs.push({ ...structuredClone(last), prompt: this.shown });
    }
    this.changed();
  }

  /** @param {Work} work */
  removePrompt(work) {
    work.prompts.splice(this.shown, 1);
    work.runs.forEach((run) => (run.prompt = Math.max(0, run.prompt - (run.prompt >= this.shown ? 1 : 0))));
    this.shown = Math.max(0, this.shown - 1);
    this.changed();
  }

  /** @param {Run} run @param {Answer} answer */
  goOn(run, answer) {
    this.work?.prompts[run.prompt]?.messages.push(...goingOn(answer));
    this.shown = run.prompt;
    this.answers.delete(run);
    this.changed();
  }

  render() {
    const work = this.work;
    const running = work?.runs.some((run) => this.isRunning(run));
    const trace = parameters().get("trace");
    return html`<header class="head">
        <h1 class="page-title">Playground</h1>
        ${trace ? html`<a class="link hide-phone" href=${address(`/traces/${encodeURIComponent(trace)}`, { span: parameters().get("span") })}>from a span</a>` : nothing}
        <span class="grow"></span>
        ${work ? html`<button class="button" @click=${this.startOver} title=${trace ? "As the span has it" : "Empty"}>Start over</button>
          <button class="button" ?disabled=${work.runs.length >= RUNS_MAX} @click=${() => this.addRun(work)}>${icon("plus")}Compare</button>
          ${running ? html`<button class="button" @click=${this.stopAll}>${icon("stop")}Stop</button>` : html`<button class="button primary" title="Ctrl Enter" @click=${this.runAll}>${icon("play")}Run${work.runs.length > 1 ? " all" : ""}</button>`}` : nothing}
      </header>
      ${this.error ? errorState(this.error, () => this.load()) : work ? this.renderWork(work) : loadingLines()}
      <datalist id="models">${this.models.map((model) => html`<option value=${model}></option>`)}</datalist>`;
  }

  /** @param {Work} work */
  renderWork(work) {
    const shown = Math.min(this.shown, work.prompts.length - 1);
    return html`<div class="playground">
      <section class="prompt scroll" aria-label="Prompt" tabindex="0">
        <div class="actions-line">
          <span class="segments" role="group" aria-label="Prompt">${work.prompts.map((_, i) => html`<button aria-pressed=${i === shown ? "true" : "false"} @click=${() => (this.shown = i)}>Prompt${work.prompts.length > 1 ? ` ${LETTERS[i]}` : ""}</button>`)}</span>
          <button class="button quiet small" ?disabled=${work.prompts.length >= LETTERS.length} title="Another prompt to compare with, at first the same" @click=${() => this.addPrompt(work)}>${icon("plus")}Variant</button>
          <span class="grow"></span>
          ${work.prompts.length > 1 ? html`<button class="button quiet small" @click=${() => this.removePrompt(work)}>${icon("trash")}Remove</button>` : nothing}
        </div>
        <prompt-editor .prompt=${work.prompts[shown]} @changed=${this.changed}></prompt-editor>
      </section>
      <div class="runs" tabindex="0">${work.runs.map((run, i) => this.renderRun(work, run, i))}</div>
    </div>`;
  }

  /** @param {Work} work @param {Run} run @param {number} i */
  renderRun(work, run, i) {
    const name = work.runs.length > 1 ? ` ${i + 1}` : "";
    const unknown = run.model && this.models.length && !this.models.includes(run.model) && !run.model.includes("/");
    return html`<section class="run" aria-label="Run${name}">
      <div class="actions-line">
        <input class="field model grow" list="models" aria-label="Model${name}" placeholder="Model" autocomplete="off" spellcheck="false" .value=${run.model} @input=${(/** @type {Event} */ e) => ((run.model = valueOf(e)), this.changed())} />
        ${work.prompts.length > 1
          ? html`<select class="field small" aria-label="Prompt of run${name}" @change=${(/** @type {Event} */ e) => ((run.prompt = Number(valueOf(e))), this.changed())}>${work.prompts.map((_, at) => html`<option value=${at} ?selected=${at === run.prompt}>${LETTERS[at]}</option>`)}</select>`
          : nothing}
        ${work.runs.length > 1
          ? html`${this.isRunning(run)
                ? html`<button class="button icon-only" title="Stop" aria-label="Stop run${name}" @click=${() => this.answers.get(run)?.stop.abort()}>${icon("stop")}</button>`
                : html`<button class="button icon-only" title="Run" aria-label="Start run${name}" @click=${() => this.run(run)}>${icon("play")}</button>`}
              <button class="button quiet icon-only" title="Remove" aria-label="Remove run${name}" @click=${() => (this.answers.get(run)?.stop.abort(), work.runs.splice(i, 1), this.changed())}>${icon("close")}</button>`
          : nothing}
      </div>
      ${unknown ? html`<p class="muted">The server has no model of this name; it has ${cut(this.models.join(", "), 160)}.</p>` : nothing}
      ${!this.models.length ? html`<p class="muted">Models are named in the configuration, or as PROVIDER/MODEL.</p>` : nothing}
      ${this.renderSettings(run, name)}${this.renderAnswer(run)}
    </section>`;
  }

  /** @param {Run} run @param {string} name */
  renderSettings(run, name) {
    const set = SETTINGS.filter(([field]) => run.settings[field]).map(([field, label]) => `${label.toLowerCase()} ${run.settings[field]}`);
    const wrong = fault(run.other, false);
    return html`<details class="section">
      <summary>Settings<span class="count">${[...set, ...(run.other.trim() ? ["others"] : [])].join(", ")}</span></summary>
      <div class="content settings">
        ${SETTINGS.map(([field, label, hint]) => html`<label class="labelled">${label}<input class="field" aria-label="${label}${name ? ` of run${name}` : ""}" placeholder=${hint} autocomplete="off" .value=${run.settings[field] ?? ""} @input=${(/** @type {Event} */ e) => ((run.settings[field] = valueOf(e)), this.changed())} /></label>`)}
        <label class="labelled wide">Others, as JSON<textarea class="field mono" rows="2" aria-label="Other settings${name ? ` of run${name}` : ""}" aria-invalid=${wrong ? "true" : nothing} spellcheck="false" placeholder='{"stop": ["END"]}' .value=${run.other} @input=${(/** @type {Event} */ e) => ((run.other = valueOf(e)), this.changed())}></textarea></label>
        ${wrong ? html`<p class="error-text wide">${wrong}</p>` : nothing}
      </div>
    </details>`;
  }

  /** @param {Run} run */
  renderAnswer(run) {
    const answer = this.answers.get(run)?.answer;
    if (!answer) {
      return html`<p class="muted">The answer comes here, and stays as a trace.</p>`;
    }
    const facts = [
      answer.first === null ? "" : `first token ${duration(answer.first)}`,
      answer.total === null ? "" : duration(answer.total),
      answer.input === null && answer.output === null ? "" : `${count(answer.input ?? 0)} → ${count(answer.output ?? 0)} tokens`,
      cost(answer.cost),
      answer.state === "stopped" ? "stopped" : answer.finish && answer.finish !== "stop" ? answer.finish : "",
    ].filter(Boolean);
    const said = answer.text || answer.thinking || answer.calls.length;
    return html`<div class="facts" role="status">
        ${answer.state === "running" ? html`<span class="spinner"></span><span>${said ? "answering" : "waiting"}</span>` : nothing}
        ${facts.map((fact) => html`<span>${fact}</span>`)}
        ${answer.target ? html`<span class="muted">${answer.target}</span>` : nothing}
      </div>
      ${answer.ignored ? html`<div class="notice warn">${icon("info")}<div class="grow">The provider could not be told: ${answer.ignored}.</div></div>` : nothing}
      ${said ? this.renderSaid(run, answer) : nothing}
      ${answer.error ? errorNotice(answer.error) : nothing}
      ${answer.state !== "running" && (answer.trace || said)
        ? html`<div class="actions-line">
            ${said ? html`<button class="button small" title="Put the answer below the messages" @click=${() => this.goOn(run, answer)}>Go on from here</button>` : nothing}
            ${answer.trace ? html`<a class="button small" href=${address(`/traces/${encodeURIComponent(answer.trace)}`, { span: answer.span })}>${icon("traces")}Trace</a>` : nothing}
            ${answer.trace && answer.state === "done" ? html`<button class="button quiet small" @click=${() => addToDataset({ spans: [{ trace_id: answer.trace, span_id: answer.span }] })}>${icon("datasets")}Dataset</button>` : nothing}
            <button class="button quiet small" title="The request, for a shell" @click=${() => this.copyCurl(run)}>${icon("copy")}curl</button>
          </div>`
        : nothing}`;
  }

  /** @param {Run} run @param {Answer} answer */
  renderSaid(run, answer) {
    const structured = this.work?.prompts[run.prompt]?.schema.trim() ? parsed(answer.text) : answer.text;
    return messageView(
      {
        role: "assistant",
        name: "",
        parts: [
          ...(answer.thinking ? [/** @type {const} */ ({ type: "thinking", text: answer.thinking })] : []),
          ...(typeof structured === "string" ? (structured ? [/** @type {const} */ ({ type: "text", text: structured })] : []) : [/** @type {const} */ ({ type: "json", value: structured })]),
          ...answer.calls.map((call) => /** @type {const} */ ({ type: "call", id: call.id, name: call.name, input: parsed(call.input) })),
        ],
      },
      { unfolded: true },
    );
  }

  /** @param {Run} run */
  copyCurl(run) {
    const prompt = this.work?.prompts[run.prompt];
    if (prompt) {
      const body = JSON.stringify(bodyOf(prompt, run), null, 2).replaceAll("'", "'\\''");
      copy(`curl ${window.location.origin}/v1/chat/completions ${hasKey() ? "-H \"Authorization: Bearer $BACKPLANE_API_KEY\" " : ""}-d '${body}'`, "Request");
    }
  }
}
customElements.define("playground-page", PlaygroundPage);

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLInputElement} */ (event.target).value;
