// What a filter can go on with, from the data that is there.
import { quoted, rows } from "./api.js";
import { KEYS, PREFIXES, TRACE_KEYS, atCursor, written } from "./filter.js";
import { range, timeCondition } from "./range.js";
import { short } from "./format.js";

/**
 * @typedef {object} Suggestion
 * @property {string} label
 * @property {string} note
 * @property {string} insert what replaces the text from `from` to `to`
 * @property {number} from
 * @property {number} to
 * @property {boolean} goesOn whether something has to follow
 */

const KEPT_MILLIS = 30_000;
const SHOWN = 10;

/** Spans looked into for names of attributes: reading them costs. */
const SAMPLE = 300;

/** @type {Map<string, {at: number, values: Promise<{value: string, n: number}[]>}>} */
const known = new Map();

/**
 * @param {string} text
 * @param {number} cursor
 * @param {AbortSignal} signal
 * @returns {Promise<Suggestion[]>}
 */
export async function suggestions(text, cursor, signal) {
  const at = atCursor(text, cursor);
  if (!at.key) {
    const prefix = Object.keys(PREFIXES).find((p) => at.value.startsWith(p));
    return prefix ? namesFor(prefix, at, signal) : keysFor(at);
  }
  const query = valuesQuery(at.key, at.value);
  if (!query || at.op !== ":") {
    return [];
  }
  const typed = at.value.toLowerCase();
  return (await ask(query, signal))
    .filter(({ value }) => value.toLowerCase().includes(typed) && value !== at.value)
    .slice(0, SHOWN)
    .map(({ value, n }) => ({ label: value, note: short(n), insert: written(value), from: at.from, to: at.to, goesOn: false }));
}

/** @param {ReturnType<typeof atCursor>} at @returns {Suggestion[]} */
function keysFor(at) {
  const minus = at.not ? "-" : "";
  const typed = at.value.toLowerCase();
  return [
    ...Object.entries({ ...KEYS, ...TRACE_KEYS }).map(([key, { about }]) => ({ key: `${key}:`, about })),
    ...Object.entries(PREFIXES).map(([key, about]) => ({ key, about })),
  ]
    .filter(({ key }) => key.startsWith(typed) && key !== typed)
    .map(({ key, about }) => ({ label: key, note: about, insert: minus + key, from: at.from, to: at.to, goesOn: true }));
}

/** @param {string} prefix @param {ReturnType<typeof atCursor>} at @param {AbortSignal} signal */
async function namesFor(prefix, at, signal) {
  const time = timeCondition(range());
  const query =
    prefix === "score."
      ? `select name v, count(*) n from scores where true${time} group by 1 order by 2 desc limit 50`
      : `select k v, count(*) n from (select unnest(json_keys(${prefix.slice(0, -1)})) k from
           (select ${prefix.slice(0, -1)} from spans where ${prefix.slice(0, -1)} is not null${time} limit ${SAMPLE}))
         group by 1 order by 2 desc limit 200`;
  const typed = at.value.slice(prefix.length).toLowerCase();
  const minus = at.not ? "-" : "";
  return (await ask(query, signal))
    .filter(({ value }) => value.toLowerCase().includes(typed) && /^[\w.\-/]+$/.test(value))
    .slice(0, SHOWN)
    .map(({ value, n }) => ({
      label: prefix + value,
      note: short(n),
      insert: `${minus}${prefix}${value}:`,
      from: at.from,
      to: at.to,
      goesOn: true,
    }));
}

/** @param {string} key @param {string} typed */
function valuesQuery(key, typed) {
  const time = timeCondition(range());
  if (key === "tag") {
    return `select v, count(*) n from (select unnest(from_json(tags, '["VARCHAR"]')) v from spans
      where tags is not null${time}) group by 1 order by 2 desc limit 50`;
  }
  const column = KEYS[key];
  if (!column || column.type !== "text" || key === "trace" || key === "span") {
    return "";
  }
  const narrowed = typed ? ` and ${column.column} ilike ${quoted(`%${typed}%`)}` : "";
  return `select ${column.column} v, count(*) n from spans where ${column.column} is not null${narrowed}${time}
    group by 1 order by 2 desc limit 50`;
}

/** @param {string} query @param {AbortSignal} signal */
function ask(query, signal) {
  const now = Date.now();
  // The ends of "the last hour" move all the time; the answer may be a little older.
  const key = query.replace(/'\d{4}-\d\d-\d\dT[^']*'/g, (time) => time.slice(0, 17));
  const kept = known.get(key);
  if (kept && now - kept.at < KEPT_MILLIS) {
    return kept.values;
  }
  const values = rows(query, signal).then((found) => found.map((row) => ({ value: String(row["v"]), n: row["n"] })));
  known.set(key, { at: now, values });
  values.catch(() => known.delete(key));
  return values;
}
