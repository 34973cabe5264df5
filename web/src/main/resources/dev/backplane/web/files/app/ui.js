// Small parts that pages share: icons, marks, states, popovers, toasts.
import { LitElement, html, nothing, render, svg } from "lit";
import { ApiError, FieldError } from "./api.js";

/** Drawn on 24 by 24. @type {Record<string, string>} */
const PATHS = {
  traces: "M4 6h16M8 12h12M12 18h6",
  sessions: "M4 5h16v11H9l-5 4z",
  query: "M5 7l5 5-5 5M12 17h7",
  dashboards: "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
  playground: "M7 4l12 8-12 8z",
  datasets: "M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  keys: "M14 10a4 4 0 1 0-3.5 4L12 12.5l1.5 1.5L15 12.5l2 2 3-3-1.5-1.5z",
  projects: "M3 6h6l2 2h10v11H3z",
  status: "M3 12h4l3-8 4 16 3-8h4",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
  close: "M6 6l12 12M18 6L6 18",
  chevron: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  back: "M15 5l-7 7 7 7",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M4 12l5 6L20 6",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  columns: "M4 4h16v16H4zM10 4v16M15 4v16",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2",
  alert: "M12 4l9 16H3zM12 10v4M12 17v.01",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8v.01",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5",
  moon: "M20 14A8.5 8.5 0 0 1 10 4a8 8 0 1 0 10 10z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  rail: "M4 4h16v16H4zM9 4v16",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.300c-.7.4-1 .8-1 1.700M12 17v.01",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  pause: "M8 5v14M16 5v14",
  play: "M7 4l12 8-12 8z",
  stop: "M6 6h12v12H6z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  up: "M5 15l7-7 7 7",
  plus: "M12 5v14M5 12h14",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  zoom: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5M8 11h6M11 8v6",
  fold: "M4 12h16M12 3v6M9 6l3 3 3-3M12 21v-6M9 18l3-3 3 3",
  unfold: "M4 12h16M12 9V3M9 6l3-3 3 3M12 15v6M9 18l3 3 3-3",
  slow: "M12 5a8 8 0 0 0-8 8c0 2 1 4 2 5h12c1-1 2-3 2-5a8 8 0 0 0-8-8zM12 13l3-3",
  coin: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM14.5 9.5c-.5-1-1.5-1.5-2.5-1.5-3 0-3 3.700 0 4s3 4 0 4c-1 0-2-.5-2.5-1.5M12 6.5v11",
  path: "M5 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM19 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7 17h6a3 3 0 0 0 0-6h-2a3 3 0 0 1 0-6h6",
  llm: "M12 3l2 6 6 3-6 3-2 6-2-6-6-3 6-3z",
  tool: "M14 6a4 4 0 0 1 5 5l-9 9-4-4 9-9M14 6l3 3",
  agent: "M6 9h12v10H6zM12 9V5M12 5h.01M9.5 13v2M14.5 13v2",
  chain: "M5 12h14M14 7l5 5-5 5",
  retriever: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5",
  embedding: "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
  guard: "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z",
  env: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c4 5 4 13 0 18M12 3c-4 5-4 13 0 18",
  eval: "M4 12l5 6L20 6",
  train: "M4 18l6-7 4 4 6-9",
  other: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
};

/** @param {string} name */
export const icon = (name) =>
  svg`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? PATHS["other"]}></path></svg>`;

const KINDS = new Set(["llm", "tool", "agent", "chain", "retriever", "embedding", "guard", "env", "eval", "train"]);

/** The class that gives a kind its colour. @param {string} kind */
export const kindClass = (kind) => `kind-${KINDS.has(kind) ? kind : "other"}`;

/** @param {string} kind */
export const kindMark = (kind) =>
  html`<span class="kind-mark ${kindClass(kind)}" title=${kind}>${icon(KINDS.has(kind) ? kind : "other")}</span>`;

/** @param {{status: string, end_time: string | null}} item */
export function statusDot(item) {
  const [name, text] =
    item.status === "error" ? ["error", "failed"] : item.end_time === null ? ["open", "not ended"] : ["ok", "ended well"];
  return html`<span class="dot ${name}" role="img" aria-label=${text} title=${text}></span>`;
}

/** Components draw into the document itself, so that the page's styles reach them. */
export class Part extends LitElement {
  createRenderRoot() {
    return this;
  }
}

/**
 * Nothing to show, and why, and what to do.
 * @param {{icon?: string, title: string, text?: unknown, actions?: unknown}} what
 */
export const emptyState = (what) =>
  html`<div class="state">
    ${icon(what.icon ?? "info")}
    <h2>${what.title}</h2>
    ${what.text ? html`<p>${what.text}</p>` : nothing}
    ${what.actions ? html`<div class="actions">${what.actions}</div>` : nothing}
  </div>`;

/**
 * @param {unknown} error
 * @param {() => void} [retry]
 */
export function errorState(error, retry) {
  const { message, hint, id } = explained(error);
  return html`<div class="state" role="alert">
    ${icon("alert")}
    <h2>${message}</h2>
    ${hint ? html`<p>${hint}</p>` : nothing}
    ${id ? html`<p class="muted mono">request ${id}</p>` : nothing}
    ${retry ? html`<div class="actions"><button class="button" @click=${retry}>Try again</button></div>` : nothing}
  </div>`;
}

/** @param {unknown} error */
export const errorNotice = (error) => {
  const { message, hint } = explained(error);
  return html`<div class="notice error" role="alert">
    ${icon("alert")}
    <div class="grow">${message}${hint ? html`<br />${hint}` : nothing}</div>
  </div>`;
};

/** @param {unknown} error */
function explained(error) {
  if (error instanceof ApiError) {
    return { message: error.message, hint: sentence(error.hint), id: error.requestId };
  }
  if (error instanceof FieldError) {
    return { message: error.message, hint: "", id: "" };
  }
  console.error(error);
  return { message: "Something went wrong here.", hint: String(error), id: "" };
}

/** @param {string} text */
const sentence = (text) => (text ? text[0]?.toUpperCase() + text.slice(1).replace(/([^.!?])$/, "$1.") : "");

/** Grey lines while something loads. @param {number} [lines] */
export const loadingLines = (lines = 6) =>
  html`<div class="pad" role="status" aria-label="Loading">
    ${Array.from({ length: lines }, (_, i) => html`<p class="pad-line"><span class="skeleton w${(i % 4) + 1}"></span></p>`)}
  </div>`;

/** @param {string} text */
export function toast(text) {
  let box = document.querySelector(".toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  const item = document.createElement("div");
  item.className = "toast";
  item.textContent = text;
  box.append(item);
  setTimeout(() => item.remove(), 2600);
}

/** @param {string} text @param {string} what that was copied */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast("The browser did not allow copying.");
  }
}

/**
 * @param {string} label
 * @param {string} text
 */
export const copyButton = (label, text) =>
  html`<button class="button quiet small icon-only" title="Copy ${label}" aria-label="Copy ${label}"
    @click=${() => copy(text, label[0]?.toUpperCase() + label.slice(1))}>${icon("copy")}</button>`;

/** @type {(() => void) | null} */
let closeOpen = null;

/**
 * Opens a popover below (or above) an element. It closes on Escape, on a click elsewhere, and when
 * what it holds calls `close`. Arrow keys go through its items.
 * @param {Element} anchor
 * @param {(close: () => void) => unknown} content
 * @param {{label?: string, className?: string}} [options]
 */
export function popover(anchor, content, options = {}) {
  const again = anchor.getAttribute("aria-expanded") === "true";
  closeOpen?.();
  if (again) {
    return;
  }
  const box = document.createElement("div");
  box.className = `pop ${options.className ?? ""}`;
  box.setAttribute("role", "dialog");
  box.setAttribute("aria-label", options.label ?? "Menu");
  const close = () => {
    closeOpen = null;
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", keys, true);
    window.removeEventListener("moved", close);
    const inside = box.contains(document.activeElement);
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (inside && anchor instanceof HTMLElement) {
      anchor.focus();
    }
  };
  const outside = (/** @type {Event} */ event) => {
    const target = /** @type {globalThis.Node} */ (event.target);
    if (!box.contains(target) && !anchor.contains(target)) {
      close();
    }
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = /** @type {HTMLElement[]} */ ([...box.querySelectorAll(".item, input, button.button")]);
      const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  };
  const draw = () => {
    render(content(close), box);
    place(box, anchor);
  };
  document.body.append(box);
  draw();
  closeOpen = close;
  anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", keys, true);
  window.addEventListener("moved", close);
  /** @type {HTMLElement | null} */ (box.querySelector("[autofocus], .item, input, button"))?.focus();
  return { close, draw };
}

/** @param {HTMLElement} box @param {Element} anchor */
function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8));
  const below = at.bottom + 5 + box.offsetHeight < innerHeight || at.top < innerHeight / 2;
  box.style.left = `${left}px`;
  if (below) {
    box.style.top = `${at.bottom + 5}px`;
    box.style.maxHeight = `${Math.min(420, innerHeight - at.bottom - 13)}px`;
  } else {
    box.style.bottom = `${innerHeight - at.top + 5}px`;
  }
}

/** Whether a key was pressed where text is written. @param {Event} event */
export const isTyping = (event) =>
  event.target instanceof Element && !!event.target.closest("input, textarea, select, [contenteditable]");

/** Colours of the design as a canvas needs them: as numbers. */
export class Palette {
  constructor() {
    /** @type {Map<string, string>} */
    this.known = new Map();
    this.scheme = "";
  }

  /** @param {string} name of a custom property */
  get(name) {
    const scheme = document.documentElement.dataset["theme"] + String(matchMedia("(prefers-color-scheme: dark)").matches);
    if (scheme !== this.scheme) {
      this.known.clear();
      this.scheme = scheme;
    }
    let colour = this.known.get(name);
    if (!colour) {
      const probe = document.createElement("span");
      probe.style.color = `var(${name})`;
      document.body.append(probe);
      colour = getComputedStyle(probe).color;
      probe.remove();
      this.known.set(name, colour);
    }
    return colour;
  }
}

export const palette = new Palette();

/** Fits a canvas to its place on the screen; 0 wide when it has none. @param {HTMLCanvasElement} canvas */
export function fitted(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
