// Datasets: which there are; the rows of one; and a row, to be read and corrected.
import { html, nothing } from "lit";
import { FieldError, download, isAbort, json } from "./api.js";
import { datasetPath, datasets } from "./datasets.js";
import { bytes, count, exactly, flat, when } from "./format.js";
import { LoadedPage, askInDialog } from "./loaded.js";
import { messageView } from "./message-view.js";
import { message } from "./messages.js";
import { fault, jsonIn } from "./playground.js";
import { address, go, here, parameters, path } from "./router.js";
import { Part, emptyState, errorNotice, errorState, icon, loadingLines, popover, toast } from "./ui.js";

/** @import {Dataset} from "./datasets.js" */

const PAGE = 100;

class DatasetsPage extends LoadedPage {
  static properties = { ...LoadedPage.properties, busy: { state: true } };

  constructor() {
    super();
    this.busy = false;
  }

  get at() {
    return "datasets";
  }

  get name() {
    return decodeURIComponent(/^\/datasets\/([^/]+)$/.exec(path())?.[1] ?? "");
  }

  /** The row that is looked at changes nothing. */
  get wanted() {
    const query = parameters();
    query.delete("row");
    return path() + query.toString();
  }

  /** @param {AbortSignal} signal */
  async ask(signal) {
    const name = this.name;
    if (!name) {
      return { all: await datasets(signal) };
    }
    const [one, { rows, total, next_offset }] = await Promise.all([json(datasetPath(name), { signal }), json(`${datasetPath(name, "rows")}?limit=${PAGE}`, { signal })]);
    return { one, rows, total, next: next_offset };
  }

  async more() {
    this.busy = true;
    try {
      const found = await json(`${datasetPath(this.name, "rows")}?limit=${PAGE}&offset=${this.data.next}`, { signal: this.asking.signal });
      this.data = { ...this.data, rows: [...this.data.rows, ...found.rows], total: found.total, next: found.next_offset };
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
    this.busy = false;
  }

  create() {
    askInDialog({
      title: "New dataset",
      action: "Create",
      content: () => html`
        <label class="labelled">Name<input class="field" name="name" required autocomplete="off" autofocus /></label>
        <label class="labelled">What it is for<textarea class="field" name="description" rows="3"></textarea></label>`,
      submit: async (form) => {
        const name = String(form.get("name")).trim();
        await json(datasetPath(name), { method: "PUT", body: { description: String(form.get("description")) } });
        go(address(`/datasets/${encodeURIComponent(name)}`));
      },
    });
  }

  /** @param {Dataset} dataset */
  erase(dataset) {
    askInDialog({
      title: `Delete ${dataset.name}?`,
      action: "Delete for good",
      danger: true,
      content: () => html`<p>Its ${count(dataset.rows)} rows go, with what was corrected in them. There is no way back.</p>
        <label class="labelled">Type its name to go on<input class="field" name="name" autocomplete="off" autofocus /></label>`,
      submit: async (form) => {
        if (form.get("name") !== dataset.name) {
          throw new FieldError(`That is not ${dataset.name}.`);
        }
        await json(datasetPath(dataset.name), { method: "DELETE" });
        if (this.name) {
          go(address("/datasets"), { replace: true });
        } else {
          this.load();
        }
      },
    });
  }

  /** @param {Event} event */
  chooseExport(event) {
    const name = this.name;
    const save = (/** @type {string} */ query, /** @type {string} */ file) => download(`${datasetPath(name, "export")}?${query}`, file);
    popover(
      /** @type {Element} */ (event.currentTarget),
      (close) => html`<div class="heading">JSON lines</div>
        <button class="item" @click=${() => (close(), save("format=chat", `${name}.jsonl`))}><span class="grow">Chats, for training</span><span class="note">messages, tools</span></button>
        <button class="item" @click=${() => (close(), save("format=chat&thoughts=true", `${name}-thoughts.jsonl`))}><span class="grow">Chats with thoughts</span></button>
        <button class="item" @click=${() => (close(), save("format=rows", `${name}-rows.jsonl`))}><span class="grow">Rows with everything</span></button>`,
      { label: "Export" },
    );
  }

  renderHead() {
    const name = this.name;
    const one = this.data?.one;
    return name
      ? html`<a class="button quiet small icon-only" href=${address("/datasets")} title="All datasets" aria-label="All datasets">${icon("back")}</a><h1>${name}</h1>
          ${one ? html`<span class="facts"><span><b>${count(one.rows)}</b> ${one.rows === 1 ? "row" : "rows"}</span><span>${bytes(one.bytes)}</span></span>` : nothing}
          <span class="grow"></span>
          ${one ? html`<button class="button" aria-haspopup="dialog" ?disabled=${!one.rows} @click=${this.chooseExport}>${icon("download")}Export</button><button class="button danger" @click=${() => this.erase(one)}>Delete</button>` : nothing}`
      : html`<h1 class="page-title">Datasets</h1><span class="grow"></span><button class="button primary" @click=${this.create}>${icon("plus")}New dataset</button>`;
  }

  renderData() {
    return this.data.all ? this.renderAll(this.data.all) : this.renderOne();
  }

  /** @param {Dataset[]} all */
  renderAll(all) {
    if (!all.length) {
      return emptyState({ icon: "datasets", title: "No datasets yet", text: "Pick traces in the list, or a span or a whole trace where you read it, and add them to a dataset: copies to test with and to train on, which stay when the traces go.", actions: html`<a class="button primary" href=${address("/traces")}>Go to the traces</a>` });
    }
    return html`<div class="scroll" tabindex="0"><table class="table">
      <thead><tr><th>Name</th><th class="hide-phone">For</th><th class="number">Rows</th><th class="number">Size</th><th>Changed</th><th></th></tr></thead>
      <tbody>${all.map(
        (one) => html`<tr><td><a class="link" href=${address(`/datasets/${encodeURIComponent(one.name)}`)}>${one.name}</a></td><td class="hide-phone muted">${one.description}</td>
          <td class="number">${count(one.rows)}</td><td class="number">${bytes(one.bytes)}</td><td title=${exactly(one.changed_time)}>${when(one.changed_time)}</td>
          <td class="number"><button class="button small danger" aria-label="Delete ${one.name}" @click=${() => this.erase(one)}>Delete</button></td></tr>`,
      )}</tbody></table></div>`;
  }

  renderOne() {
    const { one, rows, next } = this.data;
    const row = parameters().get("row");
    if (!rows.length) {
      return emptyState({ icon: "datasets", title: "This dataset is empty", text: one.description || "Pick traces in the list, or a span where you read it.", actions: html`<a class="button primary" href=${address("/traces")}>Go to the traces</a>` });
    }
    return html`<div class="split ${row ? "" : "alone"}">
      <div class="scroll" tabindex="0">
        ${one.description ? html`<p class="pad muted">${one.description}</p>` : nothing}
        <table class="table rows-table"><thead><tr><th>Asked</th><th>Answered</th><th class="hide-phone">Model</th><th class="hide-phone">Note</th><th class="hide-phone">Added</th></tr></thead>
          <tbody>${rows.map((/** @type {Record<string, any>} */ item) => this.renderRow(item, item["id"] === row))}</tbody></table>
        ${next !== null ? html`<div class="more"><button class="button" ?disabled=${this.busy} @click=${this.more}>${this.busy ? html`<span class="spinner"></span>` : nothing}More rows</button></div>` : nothing}
      </div>
      ${row ? html`<div class="divider" role="presentation"></div><dataset-row .name=${this.name} .row=${row} @close=${() => go(here({ row: null }), { replace: true })} @changed=${() => this.load()}></dataset-row>` : nothing}
    </div>`;
  }

  /** @param {Record<string, any>} item @param {boolean} selected */
  renderRow(item, selected) {
    const corrected = item["expected_preview"];
    return html`<tr class=${selected ? "chosen" : ""} aria-selected=${selected ? "true" : nothing}>
      <td><a href=${here({ row: item["id"] })}>${flat(item["input_preview"]) || item["name"] || item["id"]}</a></td>
      <td>${corrected ? html`<span class="chip">corrected</span> ` : nothing}${flat(corrected || item["output_preview"])}</td>
      <td class="hide-phone">${item["model"]}</td><td class="hide-phone">${flat(item["note"] ?? "")}</td>
      <td class="hide-phone" title=${exactly(item["added_time"])}>${when(item["added_time"])}</td>
    </tr>`;
  }
}
customElements.define("datasets-page", DatasetsPage);

/** One row. Fires `close`, and `changed` after it was saved or removed. */
class DatasetRowView extends Part {
  static properties = { name: {}, row: {}, data: { state: true }, error: { state: true }, saveError: { state: true }, expected: { state: true }, asJson: { state: true } };

  constructor() {
    super();
    this.name = "";
    this.row = "";
    /** @type {Record<string, any> | null} */
    this.data = null;
    /** @type {unknown} */
    this.error = null;
    /** @type {unknown} */
    this.saveError = null;
    /** What should have been said, as it is edited. */
    this.expected = "";
    /** Whether it is written as messages. */
    this.asJson = false;
    this.asking = new AbortController();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("row") || changed.has("name")) {
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
    this.data = null;
    this.error = null;
    this.saveError = null;
    try {
      this.take(await json(datasetPath(this.name, "rows", this.row), { signal: this.asking.signal }));
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  /** @param {Record<string, any>} data */
  take(data) {
    this.data = data;
    this.edit(data["expected"] ?? []);
  }

  /** @param {Record<string, any>[]} expected */
  edit(expected) {
    const [only] = expected;
    this.asJson = expected.length > 1 || (!!only && (typeof only["content"] !== "string" || "tool_calls" in only));
    this.expected = this.asJson ? JSON.stringify(expected, null, 2) : String(only?.["content"] ?? "");
  }

  /** @param {SubmitEvent} event */
  async save(event) {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.saveError = null;
    try {
      const text = this.expected.trim();
      const expected = !text ? [] : this.asJson ? jsonIn(text, "The expected answer") : [{ role: "assistant", content: this.expected }];
      this.take(await json(datasetPath(this.name, "rows", this.row), { method: "PUT", body: { expected, note: String(form.get("note")) } }));
      toast("Saved");
      this.dispatchEvent(new CustomEvent("changed"));
    } catch (error) {
      this.saveError = error;
    }
  }

  erase() {
    askInDialog({
      title: "Remove this row?",
      action: "Remove",
      danger: true,
      content: () => html`<p>The span that it was copied from stays.</p>`,
      submit: async () => {
        await json(datasetPath(this.name, "rows", this.row), { method: "DELETE" });
        this.dispatchEvent(new CustomEvent("close"));
        this.dispatchEvent(new CustomEvent("changed"));
      },
    });
  }

  render() {
    const data = this.data;
    const close = html`<span class="grow"></span><button class="button quiet small icon-only" title="Close" aria-label="Close the row" @click=${() => this.dispatchEvent(new CustomEvent("close"))}>${icon("close")}</button>`;
    if (this.error || !data) {
      return html`<div class="title"><div class="line"><h2>Row</h2>${close}</div></div>${this.error ? errorState(this.error, () => this.load()) : loadingLines(5)}`;
    }
    const wrong = this.asJson ? fault(this.expected, true) : "";
    const from = { span: data["span_id"] };
    return html`<div class="title"><div class="line"><h2>${data["name"] || "Row"}</h2>
        <a class="button quiet small icon-only" title="Show the span" aria-label="Show the span" href=${address(`/traces/${encodeURIComponent(data["trace_id"])}`, from)}>${icon("traces")}</a>
        <a class="button quiet small icon-only" title="Open in the playground" aria-label="Open in the playground" href=${address("/playground", { trace: data["trace_id"], ...from })}>${icon("playground")}</a>
        <button class="button quiet small icon-only" title="Remove from the dataset" aria-label="Remove from the dataset" @click=${this.erase}>${icon("trash")}</button>${close}</div></div>
      <div class="body" tabindex="0">
        <div class="messages">${said(data["input"])}</div>
        <h3>Answered</h3>
        <div class="messages">${data["output"].length ? said(data["output"]) : html`<span class="muted">nothing</span>`}</div>
        <form class="feedback" @submit=${this.save}>
          <label class="labelled">What should have been said; this is what is trained on, if there is something
            <textarea class="field ${this.asJson ? "mono" : ""}" rows="6" aria-label="Expected" aria-invalid=${wrong ? "true" : nothing} .value=${this.expected} @input=${(/** @type {Event} */ e) => (this.expected = /** @type {HTMLTextAreaElement} */ (e.target).value)}></textarea></label>
          ${wrong ? html`<p class="error-text">${wrong}</p>` : nothing}
          <div class="actions-line">
            <button type="button" class="button small" ?disabled=${!data["output"].length} @click=${() => this.edit(data["output"])}>Start from the answer</button>
            <label><input type="checkbox" .checked=${this.asJson} @change=${this.toggleJson} /> as messages (JSON)</label>
          </div>
          <label class="labelled">Note<textarea class="field" name="note" rows="2" .value=${data["note"] ?? ""}></textarea></label>
          ${this.saveError ? errorNotice(this.saveError) : nothing}
          <div><button class="button primary">Save</button></div>
        </form>
        ${data["tools"].length ? html`<details class="section"><summary>Tools<span class="count">${data["tools"].length}</span></summary><div class="content"><json-view .value=${data["tools"]}></json-view></div></details>` : nothing}
      </div>`;
  }

  toggleJson() {
    const text = this.expected.trim();
    this.expected = this.asJson ? text : text ? JSON.stringify([{ role: "assistant", content: this.expected }], null, 2) : "";
    this.asJson = !this.asJson;
  }
}
customElements.define("dataset-row", DatasetRowView);

/** @param {Record<string, any>[]} messages */
const said = (messages) => messages.map((one) => messageView(message(one)));
