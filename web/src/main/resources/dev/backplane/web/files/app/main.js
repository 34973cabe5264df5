// Where the UI begins: the list of its pages, and the shell around them.
import { html } from "lit";
import { interceptLinks, path } from "./router.js";
import "./shell.js";

/** @import {Page} from "./shell.js" */

/** @type {Page[]} */
const PAGES = [
  {
    title: "Traces",
    icon: "traces",
    path: "traces",
    key: "t",
    load: () => Promise.all([import("./page-traces.js"), import("./page-trace.js")]),
    draw: () => (/^\/traces\/./.test(path()) ? html`<trace-page></trace-page>` : html`<traces-page></traces-page>`),
  },
];

interceptLinks();
const shell = /** @type {HTMLElement & {pages: Page[]}} */ (document.querySelector("app-shell"));
shell.pages = PAGES;
