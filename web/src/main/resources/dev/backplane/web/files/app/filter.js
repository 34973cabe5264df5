// The language of the filter bar, and its translation to SQL conditions (docs/ui.md has the table).
//
//   kind:tool status:error  duration:>2s  -model:gpt-4o  name:*search*  "basic economy" refund
//
// Terms are joined by AND. What names a column of the list of traces (duration, cost, tokens, spans,
// errors) is about the trace; with `span.` in front, and all other keys, about one span of it.
import { quoted } from "./api.js";

/**
 * A term as it was written. `key` is empty for free text.
 * @typedef {object} Term
 * @property {boolean} not
 * @property {string} key
 * @property {string} op one of `:` `>` `>=` `<` `<=`
 * @property {string[]} values alternatives; one, unless they are written with commas
 * @property {boolean} phrase whether the value was quoted
 * @property {number} from where it starts in the text
 * @property {number} to
 */

/** A mistake in a filter, for the person who wrote it. */
export class FilterError extends Error {}

/** Keys with the column that they mean. @type {Record<string, {column: string, type: "text" | "number" | "ms", about: string}>} */
export const KEYS = {
  kind: { column: "kind", type: "text", about: "llm, tool, agent…" },
  status: { column: "status", type: "text", about: "ok or error" },
  name: { column: "name", type: "text", about: "of a span" },
  model: { column: "model", type: "text", about: "the model called" },
  provider: { column: "provider", type: "text", about: "who serves it" },
  agent: { column: "agent", type: "text", about: "the agent" },
  user: { column: "user_id", type: "text", about: "the user" },
  session: { column: "session_id", type: "text", about: "the conversation" },
  tag: { column: "tags", type: "text", about: "a label" },
  error: { column: "error_preview", type: "text", about: "what went wrong" },
  trace: { column: "trace_id", type: "text", about: "id of the trace" },
  span: { column: "span_id", type: "text", about: "id of a span" },
  "input.tokens": { column: "input_tokens", type: "number", about: "of one call" },
  "output.tokens": { column: "output_tokens", type: "number", about: "of one call" },
  "span.duration": { column: "duration_ms", type: "ms", about: "of one span: >2s" },
  "span.cost": { column: "cost", type: "number", about: "of one call, dollars" },
  ttft: { column: "time_to_first_token_ms", type: "ms", about: "time to the first token" },
};

/** The same for traces as a whole. @type {typeof KEYS} */
export const TRACE_KEYS = {
  duration: { column: "duration_ms", type: "ms", about: "of the trace: >10s" },
  cost: { column: "cost", type: "number", about: "of the trace, dollars: >0.1" },
  tokens: { column: "input_tokens + output_tokens", type: "number", about: "of the trace: >10k" },
  spans: { column: "span_count", type: "number", about: "in the trace" },
  errors: { column: "error_count", type: "number", about: "spans that failed" },
};

/** Keys that go on with a name: score.helpful:>0.5 */
export const PREFIXES = {
  "score.": "a score by name: >0.5",
  "attributes.": "any attribute by name",
  "metadata.": "metadata by name",
};

const TERM = /(-)?(?:([A-Za-z_][\w.\-/]*)(:>=|:<=|:>|:<|:))?("(?:[^"\\]|\\.)*"?|[^\s"]+)?/gy;

/** @param {string} text @returns {Term[]} */
export function parse(text) {
  /** @type {Term[]} */
  const terms = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    TERM.lastIndex = at;
    const found = TERM.exec(text);
    if (!found || found[0] === "") {
      throw new FilterError(`Not understood: ${text.slice(at, at + 20)}`);
    }
    const [whole, minus, key = "", sign = ":", value = ""] = found;
    const phrase = value.startsWith('"');
    terms.push({
      not: minus === "-",
      key,
      op: sign === ":" ? ":" : sign.slice(1),
      values: phrase ? [unquoted(value)] : key ? value.split(",").filter((part) => part !== "") : [value],
      phrase,
      from: at,
      to: at + whole.length,
    });
    at += whole.length;
  }
  return terms;
}

/** @param {string} value */
const unquoted = (value) => value.slice(1, value.length > 1 && value.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, "$1");

/** A value as it has to be written. @param {string} value */
export const written = (value) => (/^[^\s",]+$/.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`);

/**
 * Conditions of a filter: `spans` over columns of spans (joined by AND, about one span), `trace` over
 * columns of traces; each empty when nothing is asked.
 * @param {string} text
 * @returns {{spans: string, trace: string}}
 */
export function conditions(text) {
  /** @type {string[]} */
  const spans = [];
  /** @type {string[]} */
  const trace = [];
  /** @type {string[]} */
  const words = [];
  for (const term of parse(text)) {
    if (!term.key) {
      const value = term.values[0] ?? "";
      if (value !== "" && value !== "-") {
        words.push((term.not ? "-" : "") + (term.phrase ? `"${value.replaceAll('"', " ")}"` : value));
      }
      continue;
    }
    if (term.values.length === 0) {
      throw new FilterError(`${term.key}: wants a value, or * for any.`);
    }
    const own = TRACE_KEYS[term.key];
    const condition = own ? compared(own.column, own.type, term) : spanCondition(term);
    (own ? trace : spans).push(term.not ? `not coalesce(${condition}, false)` : condition);
  }
  if (words.length && words.every((word) => word.startsWith("-"))) {
    throw new FilterError("Words to leave out need a word to look for.");
  }
  if (words.length) {
    spans.push(`match(${quoted(words.join(" "))})`);
  }
  return { spans: spans.join(" and "), trace: trace.join(" and ") };
}

/** @param {Term} term */
function spanCondition(term) {
  const known = KEYS[term.key];
  if (term.key === "tag") {
    const list = `from_json(tags, '["VARCHAR"]')`;
    return any(term, (value) => (value === "*" ? "tags is not null" : `list_contains(${list}, ${quoted(value)})`));
  }
  if (term.key === "input" || term.key === "output") {
    return any(term, (value) => `match(${term.key}, ${quoted(term.phrase ? `"${value}"` : value)})`);
  }
  if (term.key === "error" && !term.values.includes("*")) {
    return any(term, (value) => `error_preview ilike ${quoted(`%${like(value)}%`)}`);
  }
  if (known) {
    return compared(known.column, known.type, term);
  }
  for (const prefix of ["score.", "attributes.", "metadata."]) {
    if (term.key.startsWith(prefix) && term.key.length > prefix.length) {
      const name = term.key.slice(prefix.length).replaceAll('"', "");
      const column = `${prefix === "score." ? "scores" : prefix.slice(0, -1)}->>${quoted(`$."${name}"`)}`;
      const isNumber = prefix === "score." || term.op !== ":";
      return compared(isNumber ? `try_cast(${column} as double)` : `(${column})`, isNumber ? "number" : "text", term);
    }
  }
  throw new FilterError(`There is no key ${term.key}. Quote it to look for the text.`);
}

/** @param {Term} term @param {(value: string) => string} condition */
const any = (term, condition) =>
  term.values.length === 1 ? condition(term.values[0] ?? "") : `(${term.values.map(condition).join(" or ")})`;

/** @param {string} value */
const like = (value) => value.replace(/[%_]/g, (c) => c);

/** @param {string} column @param {"text" | "number" | "ms"} type @param {Term} term */
function compared(column, type, term) {
  return any(term, (value) => {
    if (value === "*" && !term.phrase) {
      return `${column} is not null`;
    }
    if (type !== "text") {
      return `${column} ${term.op === ":" ? "=" : term.op} ${type === "ms" ? millis(term.key, value) : number(term.key, value)}`;
    }
    if (term.op !== ":") {
      return `${column} ${term.op} ${quoted(value)}`;
    }
    return value.includes("*") && !term.phrase
      ? `${column} ilike ${quoted(value.replaceAll("*", "%"))}`
      : `${column} = ${quoted(value)}`;
  });
}

/** 10k, 1.5M, 0.25 @param {string} key @param {string} text */
function number(key, text) {
  const found = /^\$?(-?\d+(?:\.\d+)?(?:e-?\d+)?)([kKmM]?)$/.exec(text);
  if (!found) {
    throw new FilterError(`${key} wants a number such as ${key}:>10, not "${text}".`);
  }
  return Number(found[1]) * ({ k: 1e3, m: 1e6 }[(found[2] ?? "").toLowerCase()] ?? 1);
}

/** 250, 250ms, 2s, 1.5m, 1h in milliseconds @param {string} key @param {string} text */
function millis(key, text) {
  const found = /^(\d+(?:\.\d+)?)(us|ms|s|m|min|h|d)?$/.exec(text);
  if (!found) {
    throw new FilterError(`${key} wants a time such as ${key}:>2s, not "${text}".`);
  }
  const units = /** @type {Record<string, number>} */ ({ us: 1e-3, ms: 1, s: 1e3, m: 6e4, min: 6e4, h: 36e5, d: 864e5 });
  return Number(found[1]) * (units[found[2] ?? "ms"] ?? 1);
}

/**
 * What stands at the cursor, for completion.
 * @param {string} text
 * @param {number} cursor
 * @returns {{key: string, op: string, value: string, not: boolean, from: number, to: number}}
 */
export function atCursor(text, cursor) {
  let from = cursor;
  let quotes = 0;
  for (let i = 0; i < cursor; i++) {
    if (text[i] === '"' && text[i - 1] !== "\\") {
      quotes++;
      from = quotes % 2 ? i : from;
    }
  }
  if (quotes % 2 === 0) {
    from = cursor;
  }
  while (from > 0 && !/\s/.test(text[from - 1] ?? "")) {
    from--;
  }
  let to = cursor;
  while (to < text.length && !/\s/.test(text[to] ?? "")) {
    to++;
  }
  const part = text.slice(from, cursor);
  const found = /^(-)?([A-Za-z_][\w.\-/]*)(:>=|:<=|:>|:<|:)(.*)$/s.exec(part);
  if (!found) {
    return { key: "", op: "", value: part.replace(/^-/, ""), not: part.startsWith("-"), from, to };
  }
  const [, minus, key = "", op = ":", value = ""] = found;
  const last = value.startsWith('"') ? value : (value.split(",").pop() ?? "");
  return { key, op, value: last.replace(/^"|"$/g, ""), not: minus === "-", from: from + part.length - last.length, to };
}
