// The span of time that a page is about: a preset (range=24h) or two ends (from=…&to=…).
import { html } from "lit";
import { here, go, parameters } from "./router.js";
import { icon, popover } from "./ui.js";

/** @type {[string, string, number][]} */
const PRESETS = [
  ["15m", "Last 15 minutes", 15 * 6e4],
  ["1h", "Last hour", 36e5],
  ["6h", "Last 6 hours", 6 * 36e5],
  ["24h", "Last 24 hours", 864e5],
  ["7d", "Last 7 days", 7 * 864e5],
  ["30d", "Last 30 days", 30 * 864e5],
  ["all", "All time", 0],
];
export const DEFAULT_RANGE = "7d";

/**
 * @typedef {object} Range
 * @property {number | null} from milliseconds since 1970; null for no limit
 * @property {number | null} to null for now and later
 * @property {string} label
 * @property {boolean} live whether new data falls into it
 */

/** The range that the address asks for. @returns {Range} */
export function range(now = Date.now()) {
  const query = parameters();
  const from = Date.parse(query.get("from") ?? "");
  const to = Date.parse(query.get("to") ?? "");
  if (!Number.isNaN(from) && !Number.isNaN(to) && from < to) {
    return { from, to, label: `${shown(from, to - from)} – ${shown(to, to - from)}`, live: false };
  }
  const name = query.get("range") ?? DEFAULT_RANGE;
  const preset = PRESETS.find(([id]) => id === name) ?? /** @type {[string, string, number]} */ (PRESETS[4]);
  return { from: preset[2] ? now - preset[2] : null, to: null, label: preset[1], live: true };
}

/** @param {number} ms @param {number} length */
function shown(ms, length) {
  const date = new Date(ms);
  const time = date.toLocaleTimeString("en-GB", length < 3e5 ? {} : { hour: "2-digit", minute: "2-digit" });
  return `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
}

/** Goes to two ends. @param {number} from @param {number} to */
export const goToRange = (from, to) =>
  go(here({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), range: null }));

/** A range as conditions on start_time, each with `and` before it. @param {Range} range @param {string} [column] */
export const timeCondition = (range, column = "start_time") =>
  (range.from === null ? "" : ` and ${column} >= '${new Date(range.from).toISOString()}'`) +
  (range.to === null ? "" : ` and ${column} < '${new Date(range.to).toISOString()}'`);

/** The button that chooses one. */
export const rangeButton = () =>
  html`<button class="button" aria-haspopup="dialog" @click=${open}>
    ${icon("clock")}<span>${range().label}</span>
  </button>`;

/** @param {Event} event */
function open(event) {
  const anchor = /** @type {Element} */ (event.currentTarget);
  const current = range();
  popover(
    anchor,
    (close) =>
      html`${PRESETS.map(
          ([id, label]) =>
            html`<button class="item" @click=${() => (close(), go(here({ range: id === DEFAULT_RANGE ? null : id, from: null, to: null })))}>
              <span class="grow">${label}</span>${current.label === label ? icon("check") : ""}
            </button>`,
        )}
        <hr />
        <form class="range-form" @submit=${(/** @type {SubmitEvent} */ e) => submit(e, close)}>
          <label class="labelled">From<input class="field" type="datetime-local" step="1" name="from" required .value=${local(current.from ?? Date.now() - 864e5)} /></label>
          <label class="labelled">To<input class="field" type="datetime-local" step="1" name="to" required .value=${local(current.to ?? Date.now())} /></label>
          <button class="button primary">Show</button>
        </form>`,
    { label: "Range of time" },
  );
}

/** As the field has it: this place's time without a zone. @param {number} ms */
const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 6e4).toISOString().slice(0, 19);

/** @param {SubmitEvent} event @param {() => void} close */
function submit(event, close) {
  event.preventDefault();
  const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const from = new Date(String(data.get("from"))).getTime();
  const to = new Date(String(data.get("to"))).getTime();
  if (from < to) {
    close();
    goToRange(from, to);
  }
}
