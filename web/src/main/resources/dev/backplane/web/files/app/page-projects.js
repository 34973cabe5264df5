// Projects: how long they keep traces, how much they may hold, and their end.
import { html, nothing } from "lit";
import { FieldError, json } from "./api.js";
import { bytes, count } from "./format.js";
import { LoadedPage, askInDialog, numberOf } from "./loaded.js";
import { go, parameters } from "./router.js";
import { icon } from "./ui.js";

const MEGABYTE = 1e6;

/** @typedef {{name: string, retention_days: number, quota_bytes: number, stored_bytes: number}} Project */

class ProjectsPage extends LoadedPage {
  get at() {
    return "projects";
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    return (await json("/api/v1/projects", { signal })).projects;
  }

  /** @param {Project | null} project null for a new one */
  edit(project) {
    askInDialog({
      title: project ? `Project ${project.name}` : "New project",
      action: project ? "Save" : "Create",
      content: () => html`
        ${project ? nothing : html`<label class="labelled">Name<input class="field" name="name" required maxlength="100" autocomplete="off" autofocus /></label>`}
        <label class="labelled">Keeps traces for so many days after their last event<input class="field" name="retention_days" type="number" min="0" max="36500" value=${project?.retention_days ?? 0} /></label>
        <p class="muted">0 is the server's own setting.</p>
        <label class="labelled">Quota on disk, in MB<input class="field" name="quota" type="number" min="0" step="any" value=${(project?.quota_bytes ?? 0) / MEGABYTE} /></label>
        <p class="muted">0 is none. Above it, sending is refused until there is room.</p>`,
      submit: async (form) => {
        const body = { ...numberOf(form, "retention_days"), quota_bytes: Math.round(Number(form.get("quota")) * MEGABYTE) };
        await (project
          ? json(`/api/v1/projects/${encodeURIComponent(project.name)}`, { method: "PUT", body })
          : json("/api/v1/projects", { method: "POST", body: { name: String(form.get("name")).trim(), ...body } }));
        this.load();
      },
    });
  }

  /** @param {Project} project */
  erase(project) {
    askInDialog({
      title: `Delete ${project.name}?`,
      action: "Delete for good",
      danger: true,
      content: () => html`<p>Its traces, files, batches, datasets, settings and keys go: ${bytes(project.stored_bytes)}. There is no way back.</p>
        <label class="labelled">Type its name to go on<input class="field" name="name" autocomplete="off" autofocus /></label>`,
      submit: async (form) => {
        if (form.get("name") !== project.name) {
          throw new FieldError(`That is not ${project.name}.`);
        }
        await json(`/api/v1/projects/${encodeURIComponent(project.name)}`, { method: "DELETE" });
        if (parameters().get("project") === project.name) {
          go("/projects", { replace: true });
        }
        this.load();
      },
    });
  }

  renderHead() {
    return html`<h1 class="page-title">Projects</h1><span class="grow"></span>
      <button class="button primary" @click=${() => this.edit(null)}>${icon("plus")}New project</button>`;
  }

  renderData() {
    return html`<div class="scroll" tabindex="0"><table class="table">
      <thead><tr><th>Name</th><th>Keeps traces</th><th class="number">On disk</th><th class="hide-phone">Quota</th><th></th></tr></thead>
      <tbody>${this.data.map(
        (/** @type {Project} */ project) => html`<tr>
          <td><a class="link" href=${project.name === "default" ? "/traces" : `/traces?project=${encodeURIComponent(project.name)}`}>${project.name}</a></td>
          <td>${project.retention_days ? `${count(project.retention_days)} days` : html`<span class="muted">as the server</span>`}</td>
          <td class="number">${bytes(project.stored_bytes)}</td>
          <td class="hide-phone">${project.quota_bytes ? html`<meter min="0" max=${project.quota_bytes} high=${project.quota_bytes * 0.9} value=${project.stored_bytes} aria-label="Quota used"></meter> ${bytes(project.quota_bytes)}` : html`<span class="muted">none</span>`}</td>
          <td class="number">${project.name === "_system"
            ? html`<span class="muted">the server's own</span>`
            : html`<button class="button small" aria-label="Change ${project.name}" @click=${() => this.edit(project)}>Change</button>
                <button class="button small danger" aria-label="Delete ${project.name}" @click=${() => this.erase(project)}>Delete</button>`}</td>
        </tr>`,
      )}</tbody></table></div>`;
  }
}
customElements.define("projects-page", ProjectsPage);
