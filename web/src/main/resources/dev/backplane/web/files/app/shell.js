// The frame around every page: where one can go, which project, keys, help.
import { html, nothing } from "lit";
import { hasKey, json, project, useKey } from "./api.js";
import { address, go, onMove, parameters, path } from "./router.js";
import { Part, errorState, icon, isTyping, popover } from "./ui.js";

const THEME_KEY = "backplane.theme";
const RAIL_KEY = "backplane.rail";

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {string} icon
 * @property {string} path first in the address
 * @property {string} [key] pressed after g
 * @property {string} [group] heading above it
 * @property {() => Promise<unknown>} load the modules
 * @property {() => unknown} draw
 */

const HELP = /** @type {[string, [string, string][]][]} */ ([
  ["Everywhere", [["Ctrl K", "go anywhere"], ["g then t", "traces (s q d p …: the other pages)"], ["?", "this help"], ["[", "narrow or widen the sidebar"], ["Esc", "close what is open"]]],
  ["Traces", [["/", "filter"], ["j k ↓ ↑", "next, previous"], ["Enter", "open"], ["l", "live on, off"], ["x", "pick"]]],
  ["One trace", [["/", "search in it"], ["↓ ↑", "next, previous span"], ["→ ←", "unfold, fold; into, out"], ["x", "pick"], ["f", "zoom to the span"], ["0", "all of the time"], ["c", "critical path"], ["Ctrl wheel", "zoom the time"], ["Shift wheel", "move in time"]]],
  ["Playground", [["Ctrl Enter", "run"], ["Esc", "stop"]]],
]);

class AppShell extends Part {
  static properties = {
    pages: {},
    error: { state: true },
    ready: { state: true },
    theme: { state: true },
    keyAsked: { state: true },
    keyWrong: { state: true },
    found: { state: true },
    at: { state: true },
  };

  constructor() {
    super();
    /** @type {Page[]} */
    this.pages = [];
    /** @type {unknown} */
    this.error = null;
    /** Paths of pages whose modules are here. @type {Set<string>} */
    this.ready = new Set();
    this.theme = localStorage.getItem(THEME_KEY) ?? "auto";
    this.keyAsked = false;
    this.keyWrong = false;
    /** What the palette shows. */
    this.found = "";
    this.at = 0;
    /** When g was pressed. */
    this.going = 0;
    this.useTheme();
    this.toggleAttribute("rail", localStorage.getItem(RAIL_KEY) === "1");
  }

  connectedCallback() {
    super.connectedCallback();
    onMove(() => this.moved());
    window.addEventListener("key-needed", (event) => {
      this.keyWrong = /** @type {CustomEvent} */ (event).detail;
      this.keyAsked = true;
      this.updateComplete.then(() => this.dialog("key")?.showModal());
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  firstUpdated() {
    this.moved();
  }

  get page() {
    const first = path().split("/")[1] || "traces";
    return this.pages.find((page) => page.path === first);
  }

  moved() {
    this.removeAttribute("menu");
    const page = this.page;
    document.title = page ? `${page.title} · Backplane` : "Backplane";
    if (page && !this.ready.has(page.path)) {
      this.error = null;
      page.load().then(
        () => (this.ready = new Set([...this.ready, page.path])),
        (error) => (this.error = error),
      );
    }
    this.requestUpdate();
  }

  useTheme() {
    if (this.theme === "auto") {
      delete document.documentElement.dataset["theme"];
    } else {
      document.documentElement.dataset["theme"] = this.theme;
    }
  }

  nextTheme() {
    this.theme = this.theme === "auto" ? "light" : this.theme === "light" ? "dark" : "auto";
    localStorage.setItem(THEME_KEY, this.theme);
    this.useTheme();
  }

  toggleRail() {
    const rail = !this.hasAttribute("rail");
    this.toggleAttribute("rail", rail);
    localStorage.setItem(RAIL_KEY, rail ? "1" : "0");
    this.requestUpdate();
  }

  /** @param {string} name @returns {HTMLDialogElement | null} */
  dialog(name) {
    return this.querySelector(`dialog[data-name="${name}"]`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      this.openPalette();
      return;
    }
    if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    }
    if (this.going && Date.now() - this.going < 1200) {
      this.going = 0;
      const page = this.pages.find((one) => one.key === event.key);
      if (page) {
        event.preventDefault();
        go(address(`/${page.path}`));
      }
    } else if (event.key === "g") {
      this.going = Date.now();
    } else if (event.key === "?") {
      this.dialog("help")?.showModal();
    } else if (event.key === "[") {
      this.toggleRail();
    }
  }

  openPalette() {
    this.found = "";
    this.at = 0;
    this.dialog("palette")?.showModal();
  }

  /** What the palette offers for what was typed. */
  get offers() {
    const typed = this.found.trim();
    const words = typed.toLowerCase();
    const offers = [
      ...this.pages.map((page) => ({ icon: page.icon, label: page.title, note: page.key ? `g ${page.key}` : "", run: () => go(address(`/${page.path}`)) })),
      { icon: "sun", label: "Change between light and dark", note: "", run: () => this.nextTheme() },
      { icon: "help", label: "Keyboard", note: "?", run: () => this.dialog("help")?.showModal() },
    ].filter((offer) => offer.label.toLowerCase().includes(words));
    if (!typed) {
      return offers;
    }
    const id = /^[\w.:-]{6,128}$/.test(typed) && /\d/.test(typed);
    return [
      ...(id ? [{ icon: "traces", label: `Open the trace ${typed}`, note: "", run: () => go(address(`/traces/${encodeURIComponent(typed)}`)) }] : []),
      ...offers,
      { icon: "search", label: `Traces with “${typed}”`, note: "", run: () => go(address("/traces", { q: typed.includes(" ") ? `"${typed.replaceAll('"', "")}"` : typed, range: "all" })) },
    ];
  }

  /** @param {KeyboardEvent} event */
  paletteKey(event) {
    const offers = this.offers;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length;
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.dialog("palette")?.close();
      offers[this.at]?.run();
    }
  }

  /** @param {SubmitEvent} event */
  giveKey(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const key = String(new FormData(form).get("key")).trim();
    form.reset();
    this.keyAsked = false;
    this.dialog("key")?.close();
    useKey(key);
  }

  /** @param {Event} event */
  async chooseProject(event) {
    const anchor = /** @type {Element} */ (event.currentTarget);
    /** @type {string[] | null} */
    let names = null;
    const menu = popover(
      anchor,
      (close) => html`<div class="heading">Project</div>
        ${names === null
          ? html`<div class="item"><span class="spinner"></span></div>`
          : names.map(
              (name) => html`<button class="item" @click=${() => (close(), this.goToProject(name))}>
                <span class="grow">${name}</span>${name === (project() || "default") ? icon("check") : nothing}
              </button>`,
            )}`,
      { label: "Project" },
    );
    try {
      const found = await json("/api/v1/projects");
      names = found.projects.map((/** @type {{name: string}} */ one) => one.name);
      if (!names?.includes("default")) {
        names = ["default", ...(names ?? [])];
      }
    } catch {
      names = [project() || "default"];
    }
    menu?.draw();
  }

  /** @param {string} name */
  goToProject(name) {
    const first = path().split("/")[1] || "traces";
    go(address(`/${first}`, { project: name === "default" ? null : name }));
  }

  render() {
    const current = this.page;
    const themeIcon = this.theme === "auto" ? "auto" : this.theme === "light" ? "sun" : "moon";
    return html`<a class="skip" href="#main" @click=${(/** @type {Event} */ e) => (e.preventDefault(), /** @type {HTMLElement | null} */ (this.querySelector("#main"))?.focus())}>To the content</a>
      <header class="topbar">
        <button class="button quiet icon-only" aria-label="Menu" aria-expanded=${this.hasAttribute("menu") ? "true" : "false"} @click=${() => (this.toggleAttribute("menu"), this.requestUpdate())}>${icon("menu")}</button>
        <span class="grow">${current?.title ?? "Backplane"}</span>
        <button class="button quiet icon-only" aria-label="Go anywhere" @click=${this.openPalette}>${icon("search")}</button>
      </header>
      <nav class="side" aria-label="Pages">
        <a class="brand" href=${address("/traces")}><img src=${new URL("../icon.svg", import.meta.url).href} alt="" /><span class="label">Backplane</span></a>
        <button class="entry" @click=${this.openPalette} title="Go anywhere (Ctrl K)">${icon("search")}<span class="label">Go to…</span><span class="note"><kbd>Ctrl K</kbd></span></button>
        ${this.pages.map(
          (page) => html`${page.group ? html`<div class="group">${page.group}</div>` : nothing}
            <a class="entry" href=${address(`/${page.path}`)} title=${page.title} aria-current=${page === current ? "page" : nothing}>${icon(page.icon)}<span class="label">${page.title}</span></a>`,
        )}
        <span class="spacer"></span>
        <button class="entry" aria-haspopup="dialog" aria-expanded="false" title="Project" @click=${this.chooseProject}>${icon("projects")}<span class="label">${parameters().get("project") ?? "default"}</span></button>
        ${hasKey() ? html`<button class="entry" title="Forget the key of this tab" @click=${() => (useKey(""), window.location.reload())}>${icon("keys")}<span class="label">Forget the key</span></button>` : nothing}
        <button class="entry" title="Light, dark, or as the system" @click=${this.nextTheme}>${icon(themeIcon)}<span class="label">${this.theme === "auto" ? "As the system" : this.theme === "light" ? "Light" : "Dark"}</span></button>
        <button class="entry" title="Keyboard (?)" @click=${() => this.dialog("help")?.showModal()}>${icon("help")}<span class="label">Keyboard</span></button>
        <button class="entry hide-phone" title="Narrow or widen ([)" @click=${this.toggleRail}>${icon("rail")}<span class="label">Narrow</span></button>
      </nav>
      <main class="main" id="main" tabindex="-1">${this.renderPage(current)}</main>
      ${this.renderDialogs()}`;
  }

  /** @param {Page | undefined} page */
  renderPage(page) {
    if (this.error) {
      return errorState("The page could not be loaded. The server may be of another version now: load it again.", () => window.location.reload());
    }
    if (!page) {
      return html`<div>${errorState("There is no such page.")}</div>`;
    }
    return this.ready.has(page.path) ? page.draw() : nothing;
  }

  renderDialogs() {
    const offers = this.offers;
    return html`<dialog class="modal palette" data-name="palette" aria-label="Go anywhere" @click=${closeOnBackdrop}>
        <input class="palette-input" type="text" role="combobox" aria-expanded="true" aria-controls="palette-items" aria-activedescendant="palette-${this.at}" aria-label="Where to"
          placeholder="A page, a trace id, or words to look for" autocomplete="off" spellcheck="false" .value=${this.found}
          @input=${(/** @type {Event} */ e) => ((this.found = /** @type {HTMLInputElement} */ (e.target).value), (this.at = 0))} @keydown=${this.paletteKey} />
        <div class="items" id="palette-items" role="listbox" aria-label="Where to">
          ${offers.map(
            (offer, i) => html`<div class="item" role="option" id="palette-${i}" aria-selected=${i === this.at ? "true" : "false"} @pointermove=${() => (this.at = i)}
              @click=${() => (this.dialog("palette")?.close(), offer.run())}>${icon(offer.icon)}<span>${offer.label}</span><span class="note">${offer.note}</span></div>`,
          )}
        </div>
      </dialog>
      <dialog class="modal" data-name="help" aria-label="Keyboard" @click=${closeOnBackdrop}>
        <div class="body">
          <h1>Keyboard</h1>
          ${HELP.map(([title, keys]) => html`<div><h3>${title}</h3><dl class="facts-grid keys">${keys.map(([key, what]) => html`<dt>${key.split(" ").map((k) => (k === "then" ? " then " : html`<kbd>${k}</kbd> `))}</dt><dd>${what}</dd>`)}</dl></div>`)}
          <div class="actions"><button class="button" @click=${() => this.dialog("help")?.close()}>Close</button></div>
        </div>
      </dialog>
      <dialog class="modal" data-name="key" aria-label="Key" @cancel=${(/** @type {Event} */ e) => e.preventDefault()}>
        ${this.keyAsked
          ? html`<form @submit=${this.giveKey}>
              <h1>This server wants a key</h1>
              <p class="muted">It is kept for this tab only, and forgotten when the tab is closed. Make keys with <code>backplane keys create</code>.</p>
              ${this.keyWrong ? html`<div class="notice error" role="alert">${icon("alert")}<div class="grow">The server does not take the key that was given.</div></div>` : nothing}
              <label class="labelled">Key<input class="field" name="key" type="password" required autocomplete="off" autofocus /></label>
              <div class="actions"><button class="button primary">Go on</button></div>
            </form>`
          : nothing}
      </dialog>`;
  }
}
customElements.define("app-shell", AppShell);

/** @param {MouseEvent} event */
function closeOnBackdrop(event) {
  if (event.target === event.currentTarget) {
    /** @type {HTMLDialogElement} */ (event.currentTarget).close();
  }
}
