/** What is asked of the list, in the page's address, so that a search can be sent to others. */

/** @typedef {import("../models.js").Order} Order */
/** @typedef {{ words: string, order: Order }} Wanted `words` may be "": then it is all documents */

/** @type {readonly Order[]} the first is what isn't said */
export const ORDERS = ["updated", "created", "title", "length"];

/** @param {string} query with its `?` @returns {Wanted} */
export function wantedOf(query) {
  const parameters = new URLSearchParams(query);
  const order = ORDERS.find((each) => each === parameters.get("order")) ?? ORDERS[0];
  return { words: (parameters.get("q") ?? "").trim(), order };
}

/** @param {Wanted} wanted @returns {string} with its `?`, or "" */
export function queryOf({ words, order }) {
  const parameters = new URLSearchParams();
  if (words) parameters.set("q", words);
  if (order !== ORDERS[0]) parameters.set("order", order);
  return parameters.size > 0 ? `?${parameters}` : "";
}
