// The address is the state: every page reads what it shows from path and parameters, and changes it
// by going to another address. So back, reload and a shared link just work.

/** @typedef {Record<string, string | null | undefined>} Changes */

export const path = () => window.location.pathname;

export const parameters = () => new URLSearchParams(window.location.search);

/**
 * An address of the UI in the same project.
 * @param {string} to
 * @param {Changes} [set]
 */
export function address(to, set = {}) {
  const query = new URLSearchParams();
  const own = parameters().get("project");
  if (own) {
    query.set("project", own);
  }
  change(query, set);
  return to + (query.size ? `?${query}` : "");
}

/** This address with some parameters changed; null and empty remove one. @param {Changes} set */
export function here(set) {
  const query = parameters();
  change(query, set);
  return path() + (query.size ? `?${query}` : "");
}

/** @param {URLSearchParams} query @param {Changes} set */
function change(query, set) {
  for (const [name, value] of Object.entries(set)) {
    if (value) {
      query.set(name, value);
    } else {
      query.delete(name);
    }
  }
}

/**
 * @param {string} to
 * @param {{replace?: boolean}} [options] replace: leave no step to come back to
 */
export function go(to, options = {}) {
  if (to === path() + window.location.search) {
    return;
  }
  if (options.replace) {
    history.replaceState(null, "", to);
  } else {
    history.pushState(null, "", to);
  }
  window.dispatchEvent(new Event("moved"));
}

/** Calls back after each move, with what has changed in the address. */
export function onMove(/** @type {() => void} */ callback) {
  window.addEventListener("moved", callback);
  window.addEventListener("popstate", callback);
  return () => {
    window.removeEventListener("moved", callback);
    window.removeEventListener("popstate", callback);
  };
}

/** Links to pages of ours change the address without a load. */
export function interceptLinks() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a");
    if (
      !link ||
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey ||
      link.target ||
      link.hasAttribute("download") ||
      link.origin !== window.location.origin ||
      /^\/(api|v1|ui|metrics|health|ready)(\/|$)/.test(link.pathname)
    ) {
      return;
    }
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
