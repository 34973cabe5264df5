// Policies: what the configuration in force says about calls, content and limits.
import { html, nothing } from "lit";
import { json } from "./api.js";
import { bytes, count } from "./format.js";
import { LoadedPage } from "./loaded.js";
import { limits } from "./page-keys.js";
import { address } from "./router.js";
import { icon } from "./ui.js";

/** @type {Record<string, string>} */
const CONTENT = {
  full: "Spans hold all that was said.",
  hashed: "Spans hold the hash and the length of what was said, not the texts.",
  none: "Spans hold nothing of what was said.",
};

class PoliciesPage extends LoadedPage {
  get at() {
    return "policies";
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    return json("/api/v1/config", { signal });
  }

  renderHead() {
    return html`<h1 class="page-title">Policies</h1><span class="grow"></span>`;
  }

  renderData() {
    const config = this.data;
    return html`<div class="scroll pad sections" tabindex="0">
      <p class="muted">As the configuration file says; change it there, and the limits and models are in force with the next request.</p>
      ${facts("Content of calls", [
        ["Kept", html`<b>${config["content"]}</b> · ${CONTENT[config["content"]] ?? nothing}`],
        ["Stored", config["async"] ? "after the answer's end: a crash may lose the last calls" : "before the answer's end"],
        ["Answers kept for repeats", config["cache"] ? bytes(config["cache"]) : "none"],
        ["Targets are looked after", config["probe"] === "off" ? "only by their calls" : `every ${config["probe"]}`],
      ])}
      <section class="section"><header>Limits of calls</header><div class="content">${this.renderLimits(config["call_limits"])}</div></section>
      <section class="section"><header>Routes</header><div class="content">${config["models"].length
        ? html`<dl class="facts-grid">${config["models"].map((/** @type {Record<string, any>} */ model) => html`<dt class="mono">${model["name"]}</dt><dd>${model["balance"]}: <span class="mono">${model["targets"].join(", ")}</span></dd>`)}</dl>`
        : html`<span class="muted">No model has a name of its own.</span>`}
        <p><a class="link" href=${address("/models")}>How they are</a></p></div></section>
      ${facts("Access", [
        ["Keys in the configuration", count(config["keys"])],
        ["From this machine", config["loopback_without_key"] ? "no key is needed" : "a key is needed"],
        ["Changes over the API", config["audit"] ? html`are kept as spans in <a class="link" href="/traces?project=_system&range=all">_system</a>` : "are not kept"],
      ])}
      ${facts("Bounds", [
        ["Traces are kept", config["retention_days"] ? `${count(config["retention_days"])} days after their last event, unless a project says otherwise` : "for ever, unless a project says otherwise"],
        ["One request", `${bytes(config["request_bytes"])}; OTLP ${bytes(config["otlp_bytes"])}; a file ${bytes(config["file_bytes"])}`],
        ["All requests together", bytes(config["ingest_memory"])],
        ["A query", `${config["sql_time"]}, ${count(config["sql_rows"])} rows, ${bytes(config["sql_memory"])}`],
        ["Calls of batches at a time", count(config["batch_calls"])],
      ])}
      <div class="notice">${icon("guard")}<div class="grow">No guard looks at requests, answers or calls of tools: this version has none. Spans of kind <code>guard</code> that agents send are on the <a class="link" href=${address("/dashboards")}>dashboards</a>.</div></div>
    </div>`;
  }

  /** @param {Record<string, any>[]} all */
  renderLimits(all) {
    return all.length
      ? html`<dl class="facts-grid">${all.map((one) => html`<dt>${one["of"]}</dt><dd>${limits(one)}</dd>`)}</dl><p class="muted">Keys made here have theirs on the page <a class="link" href=${address("/keys")}>Keys</a>.</p>`
      : html`<span class="muted">None in the configuration.</span> <a class="link" href=${address("/keys")}>Keys have their own.</a>`;
  }
}
customElements.define("policies-page", PoliciesPage);

/** @param {string} title @param {[string, unknown][]} all */
const facts = (title, all) => html`<section class="section"><header>${title}</header>
  <div class="content"><dl class="facts-grid">${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div></section>`;
