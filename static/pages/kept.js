/** What pages keep in this browser, as JSON. A browser that keeps nothing for us is one that has just been opened. */

/** @param {string} key @returns {any} what was kept, or null */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null; // storage is forbidden, or somebody else wrote there
  }
}

/** @param {string} key @param {unknown} value @returns {boolean} whether it is kept now */
export function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // forbidden or full: then it is for this page only
  }
}
