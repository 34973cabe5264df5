// Models and providers: who would answer for which name, and whether they can.
import { html, nothing } from "lit";
import { json } from "./api.js";
import { cost, count, duration, short } from "./format.js";
import { LoadedPage } from "./loaded.js";
import { address } from "./router.js";
import { emptyState, errorNotice, icon } from "./ui.js";

/** @typedef {{provider: string, model: string, weight: number, state: string}} Target */
/** @typedef {{model: string, how: string, targets: Target[]}} Route */

const DAY = 864e5;
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
  }

  get at() {
    return "models";
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const [{ providers }, { routes }, { usage }] = await Promise.all([
      json("/api/v1/providers", { signal }),
      json("/api/v1/routes", { signal }),
      json(`/api/v1/usage?by=model&since=${new Date(Date.now() - DAY).toISOString()}`, { signal }),
    ]);
    return { providers, routes, usage };
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
    const { providers, routes, usage } = this.data;
    if (!providers.length && !routes.length) {
      return emptyState({ icon: "models", title: "No models yet", text: html`Name providers and models in the configuration (<code>providers:</code> and <code>models:</code>), or start Ollama or vLLM on this machine: they are found.` });
    }
    return html`<div class="scroll pad sections" tabindex="0">
      ${this.testError ? errorNotice(this.testError) : nothing}
      <section><h2>Models by name</h2>${routes.length ? this.renderRoutes(routes) : html`<p class="muted">None has a name of its own: call them PROVIDER/MODEL.</p>`}</section>
      <section><h2>Providers</h2>${this.renderProviders(providers)}</section>
      <section><h2>Used in the last 24 hours</h2>${usage.length ? this.renderUsage(usage) : html`<p class="muted">No model was called.</p>`}</section>
    </div>`;
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
        (row) => html`<tr><td><a class="link mono" href=${address("/traces", { q: `model:${JSON.stringify(row["name"])}`, range: "24h" })}>${row["name"]}</a></td>
          <td class="number">${count(row["calls"])}</td><td class="number">${row["errors"] ? html`<span class="error-text">${count(row["errors"])}</span>` : nothing}</td>
          <td class="number hide-phone">${short(row["input_tokens"])}</td><td class="number hide-phone">${short(row["output_tokens"])}</td><td class="number">${cost(row["cost"])}</td></tr>`,
      )}</tbody></table>`;
  }
}
customElements.define("models-page", ModelsPage);
