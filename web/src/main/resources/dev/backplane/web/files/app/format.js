// Numbers and times for people.

const whole = new Intl.NumberFormat("en-US");

/** 12,345 @param {number | null | undefined} n */
export const count = (n) => (n == null ? "" : whole.format(n));

/** 12.3k, 4.5M: at most four characters and a unit. @param {number | null | undefined} n */
export function short(n) {
  if (n == null) {
    return "";
  }
  for (const [unit, size] of /** @type {[string, number][]} */ ([["B", 1e9], ["M", 1e6], ["k", 1e3]])) {
    if (Math.abs(n) >= size) {
      const scaled = n / size;
      return (scaled >= 100 ? scaled.toFixed(0) : scaled.toFixed(1).replace(/\.0$/, "")) + unit;
    }
  }
  return Number.isInteger(n) ? String(n) : n.toFixed(2);
}

/** 12 ms, 3.4 s, 2 min 5 s, 3 h 4 min @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms == null) {
    return "";
  }
  const size = Math.abs(ms);
  if (size < 0.9995) {
    return size === 0 ? "0 ms" : `${Number((ms * 1000).toPrecision(3))} µs`;
  }
  if (size < 999.5) {
    return `${Number(ms.toPrecision(3))} ms`;
  }
  if (size < 59_950) {
    return `${Number((ms / 1000).toPrecision(3))} s`;
  }
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) {
    return parts(Math.floor(seconds / 60), "min", seconds % 60, "s");
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 48 * 60) {
    return parts(Math.floor(minutes / 60), "h", minutes % 60, "min");
  }
  return parts(Math.floor(minutes / 1440), "d", Math.floor((minutes % 1440) / 60), "h");
}

/** 2 min 5 s, 2 min @param {number} many @param {string} unit @param {number} few @param {string} smaller */
const parts = (many, unit, few, smaller) => (few ? `${many} ${unit} ${few} ${smaller}` : `${many} ${unit}`);

/** $0.0123, $4.56: two digits that say something. @param {number | null | undefined} dollars */
export function cost(dollars) {
  if (dollars == null) {
    return "";
  }
  if (dollars === 0) {
    return "$0";
  }
  const digits = dollars >= 1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(Math.abs(dollars))));
  return `$${dollars.toFixed(Math.max(2, digits))}`;
}

/** 3.4 MB (10^6) @param {number | null | undefined} bytes */
export function bytes(bytes) {
  if (bytes == null) {
    return "";
  }
  for (const [unit, size] of /** @type {[string, number][]} */ ([["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])) {
    if (bytes >= size) {
      return `${Number((bytes / size).toPrecision(3))} ${unit}`;
    }
  }
  return `${bytes} B`;
}

/** Milliseconds since 1970 with a fraction, of RFC 3339 text. @param {string | null | undefined} text */
export function millis(text) {
  if (!text) {
    return NaN;
  }
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const seconds = Date.parse(text.replace(/\.\d+/, ""));
  return seconds + Number(`0.${fraction || 0}`) * 1000;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const year = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** Today's times as a clock, others with their day. @param {string | null | undefined} text */
export function when(text) {
  const ms = millis(text);
  if (Number.isNaN(ms)) {
    return "";
  }
  const date = new Date(ms);
  const now = new Date();
  if (date.toDateString() === now.toDateString()) {
    return clock.format(date);
  }
  const shown = date.getFullYear() === now.getFullYear() ? day : year;
  return `${shown.format(date)}, ${clock.format(date).slice(0, 5)}`;
}

/** The whole of it, for titles. @param {string | null | undefined} text */
export function exactly(text) {
  const ms = millis(text);
  return Number.isNaN(ms) ? "" : `${year.format(ms)}, ${clock.format(ms)} (${text})`;
}

/** 5 min ago @param {string | null | undefined} text @param {number} [now] */
export function ago(text, now = Date.now()) {
  const seconds = Math.round((now - millis(text)) / 1000);
  if (Number.isNaN(seconds)) {
    return "";
  }
  const size = Math.abs(seconds);
  const [n, unit] =
    size < 60 ? [size, "s"] : size < 3600 ? [size / 60, "min"] : size < 172_800 ? [size / 3600, "h"] : [size / 86_400, "d"];
  return seconds < -2 ? `in ${Math.round(n)} ${unit}` : size < 3 ? "now" : `${Math.round(n)} ${unit} ago`;
}

/** Ends in … when longer. @param {string} text @param {number} length */
export const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** One line of a text. @param {string} text */
export const flat = (text) => text.replace(/\s+/g, " ").trim();
