// Keys: made with scopes and limits, shown once, revoked.
import { html } from "lit";
import { FieldError, json, project } from "./api.js";
import { count, exactly, when } from "./format.js";
import { LoadedPage, askInDialog, listOf, numberOf, tellInDialog } from "./loaded.js";
import { copyButton, emptyState, icon } from "./ui.js";

const SCOPES = /** @type {[string, string, boolean][]} */ ([
  ["ingest", "send spans, scores and datasets", true],
  ["read", "look at everything", true],
  ["call", "call models through the gateway", false],
  ["admin", "everything, keys and deletes included", false],
]);

class KeysPage extends LoadedPage {
  get at() {
    return "keys";
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const [{ keys }, { projects }] = await Promise.all([json("/api/v1/keys", { signal }), json("/api/v1/projects", { signal })]);
    return { keys, projects: projects.map((/** @type {{name: string}} */ one) => one.name) };
  }

  create() {
    askInDialog({
      title: "New key",
      action: "Create",
      content: () => html`
        <label class="labelled">Name<input class="field" name="name" placeholder="whose it is" autocomplete="off" autofocus /></label>
        <fieldset class="choices"><legend>May</legend>${SCOPES.map(([scope, what, on]) => html`<label><input type="checkbox" name="scope" value=${scope} ?checked=${on} /><span><b>${scope}</b> <span class="muted">${what}</span></span></label>`)}</fieldset>
        <label class="labelled">Project<input class="field" name="project" list="key-projects" value=${project() || "default"} autocomplete="off" /></label>
        <datalist id="key-projects"><option value="*">all projects</option>${this.data.projects.map((/** @type {string} */ name) => html`<option value=${name}></option>`)}</datalist>
        <details><summary>Limits of its calls</summary><div class="range-form">
          <label class="labelled">Only these models<input class="field" name="models" placeholder="fast, smart" autocomplete="off" /></label>
          <label class="labelled">Budgets<input class="field" name="budgets" placeholder="5/day, 2000000 tokens/month" autocomplete="off" /></label>
          <div class="triple">
            <label class="labelled">Requests a minute<input class="field" name="rpm" type="number" min="0" /></label>
            <label class="labelled">Tokens a minute<input class="field" name="tpm" type="number" min="0" /></label>
            <label class="labelled">Calls at a time<input class="field" name="concurrency" type="number" min="0" /></label>
          </div></div></details>`,
      submit: async (form) => {
        const scopes = form.getAll("scope");
        if (!scopes.length) {
          throw new FieldError("Choose what the key may do.");
        }
        const made = await json("/api/v1/keys", {
          method: "POST",
          body: {
            name: String(form.get("name")).trim(),
            scopes,
            project: String(form.get("project")).trim() || "default",
            models: listOf(form.get("models")),
            budgets: listOf(form.get("budgets")),
            ...numberOf(form, "rpm"),
            ...numberOf(form, "tpm"),
            ...numberOf(form, "concurrency"),
          },
        });
        this.load();
        this.showSecret(made.key);
      },
    });
  }

  /** @param {string} secret */
  showSecret(secret) {
    tellInDialog("The new key", () => html`<p>Copy it now: it is shown this once and kept nowhere.</p>
      <div class="secret"><code>${secret}</code>${copyButton("key", secret)}</div>
      <pre class="muted">export OPENAI_BASE_URL=${window.location.origin}/v1
export OPENAI_API_KEY=…</pre>`);
  }

  /** @param {Record<string, any>} key */
  revoke(key) {
    askInDialog({
      title: `Revoke ${key["name"] || key["id"]}?`,
      action: "Revoke",
      danger: true,
      content: () => html`<p>Whoever uses this key is refused from the next request on. It cannot be taken back.</p>`,
      submit: async () => {
        await json(`/api/v1/keys/${encodeURIComponent(key["id"])}`, { method: "DELETE" });
        this.load();
      },
    });
  }

  renderHead() {
    return html`<h1 class="page-title">Keys</h1><span class="grow"></span>
      <button class="button primary" ?disabled=${!this.data} @click=${this.create}>${icon("plus")}New key</button>`;
  }

  renderData() {
    const { keys } = this.data;
    if (!keys.length) {
      return emptyState({ icon: "keys", title: "No keys yet", text: "From this machine none is needed. Who comes from elsewhere needs one; those in the configuration file are not listed here.", actions: html`<button class="button primary" @click=${this.create}>New key</button>` });
    }
    return html`<div class="scroll" tabindex="0"><table class="table">
      <thead><tr><th>Name</th><th>May</th><th>Project</th><th class="hide-phone">Limits of calls</th><th class="hide-phone">Made</th><th></th></tr></thead>
      <tbody>${keys.map(
        (/** @type {Record<string, any>} */ key) => html`<tr>
          <td>${key["name"] || html`<span class="muted">no name</span>`}<div class="muted mono">${key["id"]}</div></td>
          <td>${key["scopes"].map((/** @type {string} */ scope) => html`<span class="chip ${scope === "admin" ? "warn" : ""}">${scope}</span> `)}</td>
          <td>${key["project"] === "*" ? html`<i>all</i>` : key["project"]}</td>
          <td class="hide-phone">${limits(key)}</td>
          <td class="hide-phone" title=${exactly(key["created_time"])}>${when(key["created_time"])}</td>
          <td class="number"><button class="button small danger" aria-label="Revoke ${key["name"] || key["id"]}" @click=${() => this.revoke(key)}>Revoke</button></td>
        </tr>`,
      )}</tbody></table></div>`;
  }
}
customElements.define("keys-page", KeysPage);

/** Limits as chips. @param {Record<string, any>} of */
export function limits(of) {
  const all = [
    ...(of["models"] ?? []).map((/** @type {string} */ model) => `model ${model}`),
    ...(of["budgets"] ?? []),
    ...(of["rpm"] != null ? [`${count(of["rpm"])} requests/min`] : []),
    ...(of["tpm"] != null ? [`${count(of["tpm"])} tokens/min`] : []),
    ...(of["concurrency"] != null ? [`${count(of["concurrency"])} at a time`] : []),
  ];
  return all.length ? all.map((one) => html`<span class="chip">${one}</span> `) : html`<span class="muted">none</span>`;
}
