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
  {
    title: "Sessions",
    icon: "sessions",
    path: "sessions",
    key: "s",
    load: () => import("./page-sessions.js"),
    draw: () => html`<sessions-page></sessions-page>`,
  },
  {
    title: "Query",
    icon: "query",
    path: "query",
    key: "q",
    load: () => import("./page-query.js"),
    draw: () => html`<query-page></query-page>`,
  },
  {
    title: "Dashboards",
    icon: "dashboards",
    path: "dashboards",
    key: "d",
    load: () => import("./page-dashboards.js"),
    draw: () => html`<dashboards-page></dashboards-page>`,
  },
  {
    title: "Playground",
    icon: "playground",
    path: "playground",
    key: "p",
    group: "Try",
    load: () => import("./page-playground.js"),
    draw: () => html`<playground-page></playground-page>`,
  },
  {
    title: "Datasets",
    icon: "datasets",
    path: "datasets",
    key: "e",
    load: () => import("./page-datasets.js"),
    draw: () => html`<datasets-page></datasets-page>`,
  },
  {
    title: "Models",
    icon: "models",
    path: "models",
    key: "m",
    group: "Run",
    load: () => import("./page-models.js"),
    draw: () => html`<models-page></models-page>`,
  },
  {
    title: "Keys",
    icon: "keys",
    path: "keys",
    key: "k",
    load: () => import("./page-keys.js"),
    draw: () => html`<keys-page></keys-page>`,
  },
  {
    title: "Projects",
    icon: "projects",
    path: "projects",
    key: "j",
    load: () => import("./page-projects.js"),
    draw: () => html`<projects-page></projects-page>`,
  },
  {
    title: "Policies",
    icon: "guard",
    path: "policies",
    key: "o",
    load: () => import("./page-policies.js"),
    draw: () => html`<policies-page></policies-page>`,
  },
  {
    title: "Status",
    icon: "status",
    path: "status",
    key: "x",
    load: () => import("./page-status.js"),
    draw: () => html`<status-page></status-page>`,
  },
];

interceptLinks();
const shell = /** @type {HTMLElement & {pages: Page[]}} */ (document.querySelector("app-shell"));
shell.pages = PAGES;
