// The rows of a trace's tree: which of them show, and where they come from. Rows are had from the
// server in chunks, as they come into sight, and the chunks looked at last are kept; so a million
// spans take as little here as a thousand.
import { isAbort, json, spanPath } from "./api.js";

/** @import {Trace, SpanNode, Totals} from "./types.js" */

export const CHUNK = 200;
const CHUNKS_KEPT = 60;

/**
 * Which positions of a list are hidden below collapsed rows. A row that is hidden itself may be
 * collapsed, too; it counts again when it comes to light.
 */
export class Collapsed {
  constructor() {
    /** Rows hidden below the row at a position. @type {Map<number, number>} */
    this.hidden = new Map();
    /** Of the outermost: positions, rows hidden below, and those hidden before. @type {number[]} */
    this.positions = [];
    /** @type {number[]} */
    this.counts = [];
    /** @type {number[]} */
    this.before = [];
    this.total = 0;
  }

  /** @param {number} position */
  has(position) {
    return this.hidden.has(position);
  }

  /** @param {number} position @param {number} below rows below it */
  add(position, below) {
    this.hidden.set(position, below);
    this.arrange();
  }

  /** @param {number} position */
  delete(position) {
    this.hidden.delete(position);
    this.arrange();
  }

  /** @param {Iterable<[number, number]>} all */
  replace(all) {
    this.hidden = new Map(all);
    this.arrange();
  }

  arrange() {
    this.positions = [];
    this.counts = [];
    this.before = [];
    this.total = 0;
    let end = -1;
    for (const [position, below] of [...this.hidden].sort((a, b) => a[0] - b[0])) {
      if (position > end) {
        this.positions.push(position);
        this.counts.push(below);
        this.before.push(this.total);
        this.total += below;
        end = position + below;
      }
    }
  }

  /** How many of the outermost stand before, by a measure that grows. @param {(k: number) => boolean} isBefore */
  countWhile(isBefore) {
    let low = 0;
    let high = this.positions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The position of the nth row that shows. @param {number} index */
  positionOf(index) {
    const k = this.countWhile((i) => (this.positions[i] ?? 0) - (this.before[i] ?? 0) < index) - 1;
    return k < 0 ? index : index + (this.before[k] ?? 0) + (this.counts[k] ?? 0);
  }

  /** Which row shows a position: its own, or that of the collapsed row above it. @param {number} position */
  indexOf(position) {
    const k = this.countWhile((i) => (this.positions[i] ?? 0) < position) - 1;
    if (k < 0) {
      return position;
    }
    const at = this.positions[k] ?? 0;
    const count = this.counts[k] ?? 0;
    return position <= at + count ? at - (this.before[k] ?? 0) : position - (this.before[k] ?? 0) - count;
  }

  /** Uncollapses what hides a position. @param {number} position */
  reveal(position) {
    for (const [at, below] of this.hidden) {
      if (at < position && position <= at + below) {
        this.hidden.delete(at);
      }
    }
    this.arrange();
  }
}

/** A trace's tree, or what a search leaves of it. */
export class TreeModel {
  /**
   * @param {string} trace
   * @param {() => void} changed called when rows have come
   */
  constructor(trace, changed) {
    this.traceId = trace;
    this.changed = changed;
    /** @type {Trace | null} */
    this.trace = null;
    /** Rows of the tree, or that meet the search with those above them. */
    this.total = 0;
    this.query = "";
    /** Of the tree, what is shown: all, or what failed or is critical with what is above. @type {"" | "failed" | "critical"} */
    this.only = "";
    this.collapsed = new Collapsed();
    /** @type {Map<number, SpanNode[]>} */
    this.chunks = new Map();
    /** @type {Map<number, Totals[]>} */
    this.totals = new Map();
    /** @type {Set<number>} */
    this.loading = new Set();
    /** Chunks that are shown until they have come anew. @type {Set<number>} */
    this.stale = new Set();
    /** @type {unknown} */
    this.error = null;
    this.stop = new AbortController();
    this.totalsBusy = false;
    this.totalsFailed = false;
  }

  close() {
    this.stop.abort();
  }

  /** Whether some rows are left out. */
  get isPart() {
    return !!(this.query || this.only);
  }

  /** Rows that show. */
  get count() {
    return this.isPart ? this.total : this.total - this.collapsed.total;
  }

  /** @param {number} index @returns {SpanNode | null} null while it is on its way */
  at(index) {
    const place = this.placeOf(index);
    return this.chunks.get(Math.floor(place / CHUNK))?.[place % CHUNK] ?? null;
  }

  /** Where a row stands in what the server counts. @param {number} index */
  placeOf(index) {
    return this.isPart ? index : this.collapsed.positionOf(index);
  }

  /** @param {number} position in the whole tree @returns {Totals | null} */
  totalsAt(position) {
    return this.totals.get(Math.floor(position / CHUNK))?.[position % CHUNK] ?? null;
  }

  /** Everything there is in memory. @returns {SpanNode[]} */
  known() {
    return [...this.chunks.values()].flat();
  }

  /** @param {string} span @returns {SpanNode | null} */
  byId(span) {
    for (const chunk of this.chunks.values()) {
      const found = chunk.find((node) => node.span_id === span);
      if (found) {
        return found;
      }
    }
    return null;
  }

  /** Sees to it that rows are here, or on their way. @param {number} from @param {number} to exclusive */
  need(from, to) {
    /** @type {Set<number>} */
    const wanted = new Set();
    for (let index = Math.max(0, from); index < Math.min(to, this.count); index++) {
      wanted.add(Math.floor(this.placeOf(index) / CHUNK));
    }
    wanted.forEach((chunk) => {
      const kept = this.chunks.get(chunk);
      if (kept && !this.stale.has(chunk)) {
        // Those looked at last come last.
        this.chunks.delete(chunk);
        this.chunks.set(chunk, kept);
      } else if (!this.loading.has(chunk)) {
        this.load(`offset=${chunk * CHUNK}`, chunk);
      }
    });
    this.needTotals(wanted);
  }

  /** Which rows are asked for. */
  get part() {
    return (this.query ? `&q=${encodeURIComponent(this.query)}` : "") + (this.only ? `&only=${this.only}` : "");
  }

  /** The ids of all rows that were looked for, up to a number; without those above them. @param {number} limit @returns {Promise<string[]>} */
  async ids(limit) {
    /** @type {{spans: SpanNode[]}} */
    const { spans } = await json(`${spanPath(this.traceId)}?limit=${limit}${this.part}`, { signal: this.stop.signal });
    return spans.filter((node) => node.matched).map((node) => node.span_id);
  }

  /** Goes to the start, or to a span. @param {string} span empty for the start */
  async open(span) {
    await this.load(span ? `span=${encodeURIComponent(span)}` : "offset=0", 0);
  }

  /** @param {string} at @param {number} chunk that it gives, unless it is of a span */
  async load(at, chunk) {
    const { signal } = this.stop;
    const part = this.part;
    this.loading.add(chunk);
    try {
      const found = await json(`${spanPath(this.traceId)}?${at}&limit=${CHUNK}${part}`, { signal });
      if (part !== this.part) {
        return;
      }
      this.trace = found.trace;
      this.total = found.total;
      this.error = null;
      const place = found.offset / CHUNK;
      this.chunks.delete(place);
      this.chunks.set(place, found.spans);
      this.stale.delete(place);
      for (const old of this.chunks.keys()) {
        if (this.chunks.size <= CHUNKS_KEPT) {
          break;
        }
        this.chunks.delete(old);
        this.totals.delete(old);
      }
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      this.error = error;
    } finally {
      this.loading.delete(chunk);
    }
    this.changed();
  }

  /** Sums below rows come after the rows, one chunk at a time: the first costs the server a pass over the trace. @param {Set<number>} chunks */
  async needTotals(chunks) {
    const { signal } = this.stop;
    if (this.isPart || this.totalsBusy || this.totalsFailed || signal.aborted) {
      return;
    }
    const missing = [...chunks].find((chunk) => this.chunks.has(chunk) && !this.totals.has(chunk));
    if (missing === undefined) {
      return;
    }
    this.totalsBusy = true;
    try {
      const found = await json(`${spanPath(this.traceId)}/totals?offset=${missing * CHUNK}&limit=${CHUNK}`, { signal });
      this.totals.set(missing, found.totals);
    } catch (error) {
      if (isAbort(error)) {
        // Nobody looks any more. To say that something changed would have it asked for again, and for ever.
        return;
      }
      this.totalsFailed = true;
    } finally {
      this.totalsBusy = false;
    }
    this.changed();
  }

  /** Another search or part of the tree, or all of it. @param {string} query @param {"" | "failed" | "critical"} only */
  async search(query, only) {
    this.forget();
    this.query = query;
    this.only = only;
    await this.open("");
  }

  /** Asks for everything in sight anew: the trace has grown. */
  async refresh() {
    this.stale = new Set(this.chunks.keys());
    this.totals.clear();
    await this.open("");
  }

  forget() {
    this.stop.abort();
    this.stop = new AbortController();
    this.chunks.clear();
    this.stale.clear();
    this.totals.clear();
    this.loading.clear();
    this.totalsBusy = false;
    this.totalsFailed = false;
  }
}
