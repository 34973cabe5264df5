// The HTTP API. The key, where one is needed, is kept for the tab alone.
import { parameters } from "./router.js";

/** @import {SqlResult} from "./types.js" */

const KEY = "backplane.key";

/** What went wrong, in the server's words: message, hint, kind. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when the server could not be reached
   * @param {{message?: string, hint?: string, kind?: string, request_id?: string}} body
   * @param {Headers} [headers] of the answer
   */
  constructor(status, body, headers) {
    super(body.message || `The server answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.hint = body.hint && !this.message.includes(body.hint) ? body.hint : "";
    this.kind = body.kind ?? "";
    this.requestId = body.request_id ?? "";
    /** Of a call that was refused: where it is kept. */
    this.trace = headers?.get("X-Backplane-Trace") ?? "";
    this.span = headers?.get("X-Backplane-Span") ?? "";
  }
}

/** Something that was written on a page cannot be sent as it is. */
export class FieldError extends Error {}

/** @returns {boolean} whether an error only says that nobody waits any more */
export const isAbort = (/** @type {unknown} */ error) =>
  error instanceof DOMException && error.name === "AbortError";

export const hasKey = () => !!sessionStorage.getItem(KEY);

/** @param {string} key empty to forget it */
export function useKey(key) {
  if (key) {
    sessionStorage.setItem(KEY, key);
  } else {
    sessionStorage.removeItem(KEY);
  }
  waiting.splice(0).forEach((go) => go());
}

/** Requests that were refused for want of a key, until there is one. @type {(() => void)[]} */
const waiting = [];

/** Asks the shell for a key, and waits until somebody has given one. */
function keyGiven() {
  return new Promise((/** @type {(value: void) => void} */ resolve) => {
    waiting.push(resolve);
    window.dispatchEvent(new CustomEvent("key-needed", { detail: hasKey() }));
  });
}

/** The project that the address names. */
export const project = () => parameters().get("project") ?? "";

/**
 * @typedef {object} Options
 * @property {string} [method]
 * @property {unknown} [body] sent as JSON, unless it is text
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 */

/**
 * Asks, and throws an ApiError unless the answer is good.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { ...options.headers };
  const key = sessionStorage.getItem(KEY);
  if (key) {
    headers["Authorization"] = `Bearer ${key}`;
  }
  if (project()) {
    headers["X-Backplane-Project"] = project();
  }
  /** @type {RequestInit} */
  const init = { method: options.method ?? "GET", headers };
  if (options.signal) {
    init.signal = options.signal;
  }
  if (options.body !== undefined) {
    init.body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
    headers["Content-Type"] ??= "application/json";
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) {
      throw error;
    }
    throw new ApiError(0, {
      message: "The server cannot be reached.",
      hint: "Check that it runs (./backplane up), then try again.",
    });
  }
  if (response.status === 401) {
    await keyGiven();
    options.signal?.throwIfAborted();
    return request(path, options);
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    // Paths of OpenAI's have their errors in its form.
    throw new ApiError(response.status, typeof told.error === "object" && told.error ? told.error : told, response.headers);
  }
  return response;
}

/**
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function json(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/**
 * @param {string} query
 * @param {AbortSignal} [signal]
 * @returns {Promise<SqlResult>}
 */
export const sql = (query, signal) =>
  json("/api/v1/sql", { method: "POST", body: { query }, ...(signal ? { signal } : {}) });

/** The rows of a query as objects. @returns {Promise<Record<string, any>[]>} */
export async function rows(
  /** @type {string} */ query,
  /** @type {AbortSignal | undefined} */ signal,
) {
  const result = await sql(query, signal);
  return result.rows.map((row) =>
    Object.fromEntries(result.columns.map((column, i) => [column.name, row[i]])),
  );
}

/** A text as a literal of SQL. @param {string} text */
export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** @param {string} trace @param {string} [span] @param {string} [field] */
export const spanPath = (trace, span, field) =>
  ["/api/v1/" + (span === undefined ? "traces" : "spans"), trace, span, field]
    .filter((part) => part !== undefined)
    .map((part, i) => (i === 0 ? part : encodeURIComponent(/** @type {string} */ (part))))
    .join("/");

/**
 * Saves an answer as a file. With a key the bytes go through this page, because a link cannot carry
 * one; without, the browser fetches them itself.
 * @param {string} path
 * @param {string} name
 */
export async function download(path, name) {
  const link = document.createElement("a");
  link.download = name;
  if (!hasKey() && !project()) {
    link.href = path;
    link.click();
    return;
  }
  link.href = URL.createObjectURL(await (await request(path)).blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
