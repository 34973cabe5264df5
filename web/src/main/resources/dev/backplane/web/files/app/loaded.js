// What pages that show one answer of the server have in common, and dialogs that ask before they do.
import { html, nothing, render } from "lit";
import { isAbort } from "./api.js";
import { onMove, parameters, path } from "./router.js";
import { Part, errorNotice, errorState, loadingLines } from "./ui.js";

/** A page that asks when it is opened and when its address changes, and shows what came. */
export class LoadedPage extends Part {
  static properties = { data: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** What `ask` brought. @type {any} */
    this.data = null;
    /** @type {unknown} */
    this.error = null;
    this.shown = "";
    this.asking = new AbortController();
  }

  connectedCallback() {
    super.connectedCallback();
    this.leave = onMove(() => this.moved());
    this.moved();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
    this.asking.abort();
  }

  /** First in the addresses of the page. */
  get at() {
    return "";
  }

  /** What of the address decides what is loaded. */
  get wanted() {
    return path() + parameters().toString();
  }

  moved() {
    const asked = this.wanted;
    if (asked !== this.shown && path().split("/")[1] === this.at) {
      this.shown = asked;
      this.data = null;
      this.load();
    }
    this.requestUpdate();
  }

  /** Asks again; what is shown stays until the answer is there. */
  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    try {
      const data = await this.ask(this.asking.signal);
      this.error = null;
      this.data = data;
    } catch (error) {
      if (!isAbort(error)) {
        this.error = error;
      }
    }
  }

  /** @param {AbortSignal} _signal @returns {Promise<unknown>} */
  async ask(_signal) {
    return null;
  }

  /** @returns {unknown} */
  renderHead() {
    return nothing;
  }

  /** @returns {unknown} */
  renderData() {
    return nothing;
  }

  render() {
    return html`<header class="head">${this.renderHead()}</header>
      ${this.error ? errorState(this.error, () => this.load()) : this.data === null ? loadingLines() : this.renderData()}`;
  }
}

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {() => unknown} content fields of the form
 * @property {string} action what the button says
 * @property {boolean} [danger]
 * @property {(form: FormData) => Promise<unknown>} submit what it throws is told in the dialog
 */

/** Asks in a dialog, which closes when what is to be done is done. @param {Question} question */
export function askInDialog(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "modal";
  dialog.setAttribute("aria-label", question.title);
  /** @type {unknown} */
  let error = null;
  let busy = false;
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    busy = true;
    draw();
    try {
      await question.submit(form);
      dialog.close();
    } catch (problem) {
      error = problem;
      busy = false;
      draw();
    }
  };
  const draw = () =>
    render(
      html`<form @submit=${submit}>
        <h1>${question.title}</h1>
        ${question.content()} ${error ? errorNotice(error) : nothing}
        <div class="actions">
          <button type="button" class="button" @click=${() => dialog.close()}>Cancel</button>
          <button class="button ${question.danger ? "danger" : "primary"}" ?disabled=${busy}>${question.action}</button>
        </div>
      </form>`,
      dialog,
    );
  open(dialog, draw);
}

/** Tells something in a dialog. @param {string} title @param {() => unknown} content */
export function tellInDialog(title, content) {
  const dialog = document.createElement("dialog");
  dialog.className = "modal";
  dialog.setAttribute("aria-label", title);
  open(dialog, () =>
    render(
      html`<div class="body">
        <h1>${title}</h1>
        ${content()}
        <div class="actions"><button class="button primary" @click=${() => dialog.close()}>Close</button></div>
      </div>`,
      dialog,
    ),
  );
}

/** @param {HTMLDialogElement} dialog @param {() => void} draw */
function open(dialog, draw) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  draw();
  dialog.showModal();
}

/** Texts between commas. @param {FormDataEntryValue | null} text */
export const listOf = (text) =>
  String(text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

/** A number if one was given. @param {FormData} form @param {string} name @returns {Record<string, number>} */
export const numberOf = (form, name) => {
  const text = String(form.get(name) ?? "").trim();
  return text === "" ? {} : { [name]: Number(text) };
};
