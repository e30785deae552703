/** How far a document is scrolled, taken along from the editor to the history and back: both show the same text alike. */

const KEY = "collab.place";

/** @param {string} document that is about to be left for its other page */
export function takePlace(document) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ document, y: window.scrollY }));
  } catch {
    // Storage is forbidden: then the other page begins at its top.
  }
}

/** Scroll there, if one comes from the other page. @param {string} document whose text is there */
export function putPlace(document) {
  try {
    const taken = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
    if (taken?.document === document && Number.isFinite(taken.y)) window.scrollTo({ top: taken.y, behavior: "instant" });
  } catch {
    // Forbidden, or somebody else's.
  }
}
