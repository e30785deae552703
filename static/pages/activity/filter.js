/** Of whom and of what the activity is shown, in the page's address. */

/** @typedef {import("../models.js").Filter} Filter */

/** @param {string} query with its `?` @returns {Filter} */
export function filterOf(query) {
  const parameters = new URLSearchParams(query);
  return { author: parameters.get("author") ?? "", document: parameters.get("document") ?? "" };
}

/** @param {Filter} filter @returns {string} the page's address, relative to itself */
export function addressOf({ author, document }) {
  const parameters = new URLSearchParams();
  if (author) parameters.set("author", author);
  if (document) parameters.set("document", document);
  return parameters.size > 0 ? `activity?${parameters}` : "activity";
}
