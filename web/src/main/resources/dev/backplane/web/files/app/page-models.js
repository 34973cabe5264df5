// Models and providers: who would answer for which name, and whether they can.
import { html, nothing } from "lit";
import { ApiError, isAbort, json, request } from "./api.js";
import { bytes, cost, count, duration, short, when } from "./format.js";
import { LoadedPage, askInDialog } from "./loaded.js";
import { address } from "./router.js";
import { emptyState, errorNotice, icon } from "./ui.js";

/** @typedef {{provider: string, model: string, weight: number, state: string}} Target */
/** @typedef {{model: string, how: string, targets: Target[]}} Route */

/** @typedef {{model: string, size: number, expires_at: string, context_length: number, requests: number, state: string, details: Record<string, string>}} Resident */
/** @typedef {{at: number, counts: Map<string, number>}} Sample */

const DAY = 864e5;
const EVERY_MILLIS = 3000;
/** A model that stays for good is said to go then. */
const FOR_GOOD = "2300";
/** What a breaker's states mean. @type {Record<string, [string, string]>} */
const STATES = { closed: ["", "answers"], open: ["error", "left alone, it failed"], half_open: ["warn", "being tried again"] };

class ModelsPage extends LoadedPage {
  static properties = { ...LoadedPage.properties, tests: { state: true }, testing: { state: true }, testError: { state: true } };

  constructor() {
    super();
    /** @type {Map<string, Record<string, any>>} */
    this.tests = new Map();
    this.testing = false;
    /** @type {unknown} */
    this.testError = null;
    /** What the engines had counted, now and one look before. @type {Sample[]} */
    this.samples = [];
    this.timer = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    this.timer = setInterval(() => document.hidden || !this.data || this.look(), EVERY_MILLIS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  get at() {
    return "models";
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const [{ providers }, { routes }, { usage }, resident] = await Promise.all([
      json("/api/v1/providers", { signal }),
      json("/api/v1/routes", { signal }),
      json(`/api/v1/usage?by=model&since=${new Date(Date.now() - DAY).toISOString()}`, { signal }),
      this.residents(signal),
    ]);
    return { providers, routes, usage, resident };
  }

  /** What is in this process's memory, and what its engines count. @param {AbortSignal} signal @returns {Promise<Resident[]>} */
  async residents(signal) {
    try {
      const [{ models }, text] = await Promise.all([json("/api/ps", { signal }), request("/metrics", { signal }).then((answer) => answer.text())]);
      this.samples = [.../** @type {Sample[]} */ (this.samples.slice(-1)), { at: Date.now(), counts: engineCounts(text) }];
      return models;
    } catch (error) {
      // A key that may only read is told nothing of what may be called.
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        return [];
      }
      throw error;
    }
  }

  /** Looks at what is in memory again, and at nothing else. */
  async look() {
    try {
      const resident = await this.residents(this.asking.signal);
      this.data = { ...this.data, resident };
    } catch (error) {
      if (!isAbort(error)) {
        console.warn("models", error);
      }
    }
  }

  /** @param {Resident} one */
  unload(one) {
    askInDialog({
      title: `Unload ${one.model}?`,
      action: "Unload",
      content: () => html`<p>Its ${bytes(one.size)} are free as soon as nobody uses it. The next call loads it again.</p>`,
      submit: async () => {
        await json("/api/generate", { method: "POST", body: { model: one.model, keep_alive: 0 } });
        await this.look();
      },
    });
  }

  async test() {
    this.testing = true;
    this.testError = null;
    try {
      const { tests } = await json("/api/v1/providers/test", { method: "POST", body: {} });
      this.tests = new Map(tests.map((/** @type {{name: string}} */ one) => [one.name, one]));
      await this.load();
    } catch (error) {
      this.testError = error;
    }
    this.testing = false;
  }

  renderHead() {
    return html`<h1 class="page-title">Models</h1><span class="grow"></span>
      <button class="button" ?disabled=${this.testing || !this.data?.providers.length} title="Reach, key and models of each provider; costs nothing" @click=${this.test}>
        ${this.testing ? html`<span class="spinner"></span>` : icon("status")}Test providers</button>`;
  }

  renderData() {
    const { providers, routes, usage, resident } = this.data;
    if (!providers.length && !routes.length) {
      return emptyState({ icon: "models", title: "No models yet", text: html`Name providers and models in the configuration (<code>providers:</code> and <code>models:</code>), or start Ollama or vLLM on this machine: they are found.` });
    }
    return html`<div class="scroll pad sections" tabindex="0">
      ${this.testError ? errorNotice(this.testError) : nothing}
      ${resident.length ? html`<section><h2>In memory</h2>${this.renderResident(resident)}</section>` : nothing}
      <section><h2>Models by name</h2>${routes.length ? this.renderRoutes(routes) : html`<p class="muted">None has a name of its own: call them PROVIDER/MODEL.</p>`}</section>
      <section><h2>Providers</h2>${this.renderProviders(providers)}</section>
      <section><h2>Used in the last 24 hours</h2>${usage.length ? this.renderUsage(usage) : html`<p class="muted">No model was called.</p>`}</section>
    </div>`;
  }

  /** @param {Resident[]} resident */
  renderResident(resident) {
    return html`<table class="table resident"><thead><tr><th>Model</th><th class="number">Memory</th><th class="number hide-phone">Context</th><th class="number">Tokens/s</th><th class="number">Running</th><th class="number hide-phone">Waiting</th><th class="number hide-phone">Cache used</th><th class="hide-phone">Stays</th><th></th></tr></thead>
      <tbody>${resident.map((one) => {
        const rate = this.tokensPerSecond(one.model);
        const now = (/** @type {string} */ name) => this.samples.at(-1)?.counts.get(`${name} ${one.model}`) ?? 0;
        return html`<tr>
          <td class="mono">${one.model}<div class="muted">${[one.details["parameter_size"], one.details["quantization_level"], one.details["family"]].filter((part) => part && part !== "0.0").join(", ")}</div></td>
          <td class="number">${one.state === "loading" ? html`<span class="chip">loading</span>` : bytes(one.size)}</td><td class="number hide-phone">${short(one.context_length)}</td>
          <td class="number" title="Tokens made in the last few seconds, of all its requests together">${rate === null ? html`<span class="muted">measured while you look</span>` : rate ? rate.toFixed(1) : html`<span class="muted">idle</span>`}</td>
          <td class="number">${count(Math.max(one.requests, now("vllm:num_requests_running")))}</td><td class="number hide-phone">${count(now("vllm:num_requests_waiting"))}</td>
          <td class="number hide-phone">${Math.round(100 * now("vllm:kv_cache_usage_perc"))} %</td>
          <td class="hide-phone" title=${one.expires_at}>${one.expires_at > FOR_GOOD ? "for good" : one.requests ? "while it is used" : html`until ${when(one.expires_at)}`}</td>
          <td class="number"><button class="button small" ?disabled=${one.state === "loading"} aria-label="Unload ${one.model}" @click=${() => this.unload(one)}>Unload</button></td>
        </tr>`;
      })}</tbody></table>`;
  }

  /** Between the last two looks; null while there is one only. @param {string} model */
  tokensPerSecond(model) {
    const [before, now] = this.samples;
    if (!before || !now) {
      return null;
    }
    const made = ["vllm:inter_token_latency_seconds_count", "vllm:time_to_first_token_seconds_count"].reduce((sum, name) => sum + (now.counts.get(`${name} ${model}`) ?? 0) - (before.counts.get(`${name} ${model}`) ?? 0), 0);
    return Math.max(0, made) / Math.max(0.001, (now.at - before.at) / 1000);
  }

  /** @param {Route[]} routes */
  renderRoutes(routes) {
    return html`<table class="table"><thead><tr><th>Name</th><th>Answered by</th><th class="hide-phone">How</th><th></th></tr></thead>
      <tbody>${routes.map(
        (route) => html`<tr>
          <td class="mono">${route.model}</td>
          <td>${route.targets.map((target) => {
            const [tone, text] = STATES[target.state] ?? ["", target.state];
            return html`<div class="line"><span class="dot ${tone === "error" ? "error" : tone ? "open" : "ok"}" role="img" aria-label=${text} title=${text}></span><span class="mono">${target.provider}/${target.model}</span>${target.weight ? html`<span class="muted">weight ${target.weight}</span>` : nothing}${tone ? html`<span class="chip ${tone}">${text}</span>` : nothing}</div>`;
          })}</td>
          <td class="hide-phone muted">${route.how}</td>
          <td class="number"><a class="button small" href=${address("/playground", { model: route.model })}>${icon("play")}Try</a></td>
        </tr>`,
      )}</tbody></table>`;
  }

  /** @param {Record<string, any>[]} providers */
  renderProviders(providers) {
    return html`<table class="table"><thead><tr><th>Name</th><th>Address</th><th class="hide-phone">Speaks</th><th class="hide-phone">Key</th><th>State</th></tr></thead>
      <tbody>${providers.map(
        (provider) => html`<tr>
          <td class="mono">${provider["name"]}</td><td class="mono">${provider["address"]}</td>
          <td class="hide-phone">${provider["dialects"].map((/** @type {string} */ one) => html`<span class="chip">${one}</span> `)}</td>
          <td class="hide-phone">${provider["has_key"] ? "yes" : html`<span class="muted">none</span>`}</td>
          <td>${this.renderTest(this.tests.get(provider["name"]))}</td>
        </tr>`,
      )}</tbody></table>`;
  }

  /** @param {Record<string, any> | undefined} test */
  renderTest(test) {
    if (!test) {
      return html`<span class="muted">not tested</span>`;
    }
    return test["status"] === "ok"
      ? html`<div class="line"><span class="dot ok"></span>reached in ${duration((test["connect_ms"] ?? 0) + (test["list_ms"] ?? 0))}${test["models"] === null ? nothing : html`, ${count(test["models"])} models`}</div>`
      : html`<div class="line"><span class="dot error"></span><span class="error-text">${test["error"]}</span></div>${test["hint"] ? html`<div class="muted">${test["hint"]}</div>` : nothing}`;
  }

  /** @param {Record<string, any>[]} usage */
  renderUsage(usage) {
    return html`<table class="table"><thead><tr><th>Model</th><th class="number">Calls</th><th class="number">Failed</th><th class="number hide-phone">Tokens in</th><th class="number hide-phone">Out</th><th class="number">Cost</th></tr></thead>
      <tbody>${usage.slice(0, 50).map(
        (row) => html`<tr><td>${row["name"] ? html`<a class="link mono" href=${address("/traces", { q: `model:${JSON.stringify(row["name"])}`, range: "24h" })}>${row["name"]}</a>` : html`<span class="muted">no model named</span>`}</td>
          <td class="number">${count(row["calls"])}</td><td class="number">${row["errors"] ? html`<span class="error-text">${count(row["errors"])}</span>` : nothing}</td>
          <td class="number hide-phone">${short(row["input_tokens"])}</td><td class="number hide-phone">${short(row["output_tokens"])}</td><td class="number">${cost(row["cost"])}</td></tr>`,
      )}</tbody></table>`;
  }
}
customElements.define("models-page", ModelsPage);

/** Of the metrics, those of engines, by name and model. @param {string} text */
function engineCounts(text) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const line of text.split("\n")) {
    const parts = /^(vllm:\w+)\{(?:.*,)?model_name="([^"]*)".*\} (\S+)$/.exec(line);
    if (parts) {
      counts.set(`${parts[1]} ${parts[2]}`, Number(parts[3]));
    }
  }
  return counts;
}
