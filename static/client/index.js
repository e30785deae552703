/**
 * The browser client of collab.
 *
 *     import { connect } from "./index.js";
 *
 *     const doc = await connect("https://example.org/", { document: "minutes", user: { name: "Ana" } });
 *     doc.on("change", ({ operation, origin }) => …);
 *     doc.insert(0, "hello");
 *     await doc.whenSaved();
 */

import { CollabDocument } from "./document.js";

export { CollabDocument } from "./document.js";
export { CollabError } from "./errors.js";
export * as operation from "./operation.js";
export { UndoManager } from "./undo.js";

/** @typedef {import("./carets.js").Other} Other */
/** @typedef {import("./keeping.js").Report} Report */
/** @typedef {import("./messages.js").LogEvent} LogEvent */
/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./session.js").Refusal} Refusal */
/** @typedef {import("./shapes.js").Change} Change */
/** @typedef {import("./shapes.js").Closed} Closed */
/** @typedef {import("./shapes.js").DocumentEvents} DocumentEvents */
/** @typedef {import("./shapes.js").DocumentOptions} DocumentOptions */
/** @typedef {import("./shapes.js").Status} Status */

/**
 * Begin to open a document; it can be edited once its `whenSynced` says so.
 *
 * @param {string | URL} url of the server: `ws://host/` or `http://host/`
 * @param {DocumentOptions} options
 * @returns {Promise<CollabDocument>} with the option `offline`, once it is known what is kept of it
 */
export async function open(url, options) {
  if (!options.offline) return new CollabDocument(url, options);
  const { openOffline } = await import("./offline.js");
  return openOffline(url, options);
}

/**
 * Open a document; it is created if it doesn't exist.
 *
 * @param {string | URL} url of the server: `ws://host/` or `http://host/`
 * @param {DocumentOptions} options
 * @returns {Promise<CollabDocument>} once it can be edited; rejected when the server ends the connection for
 *   good, with the code `closed_` and the number. As long as the server can't be reached it goes on trying
 */
export async function connect(url, options) {
  const document = await open(url, options);
  await document.whenSynced();
  return document;
}
