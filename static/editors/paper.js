/** A paper shows a version of a document in the look of its editor, to be read only. */

import { contentLength, span } from "../client/operation.js";

/**
 * @typedef {import("../client/operation.js").Content} Content
 * @typedef {import("../client/operation.js").Operation} Operation
 * @typedef {import("./authorship.js").Run} Run
 * @typedef {import("./changes-shown.js").Piece} Piece
 * @typedef {(author: string) => string} ColorOf as `#rrggbb`
 *
 * @typedef {object} PaperOptions
 * @property {string} label for whoever can't see it
 * @property {(author: string) => string} [nameOf] what authors are called in titles; by default as they are
 * @property {() => number} [marginAbove] pixels at the top of the window that something else covers
 * @property {() => number} [marginBelow] and at its foot
 *
 * @typedef {object} Paper
 * @property {any} view the editor itself, for tests
 * @property {(content: Content, operation?: Operation) => void} show this instead of what is shown. With the
 *   `operation` that leads to it only what that changes is touched; else the whole is replaced. Either way the place
 *   to which it is scrolled stays. Changes are no longer shown then; under an operation authors keep the text that is
 *   left of theirs, else none are shown any more
 * @property {(runs: readonly Run[] | null, colorOf?: ColorOf) => void} showAuthors of the content shown; null for none.
 *   Nothing is to be seen of them while changes are shown
 * @property {(pieces: readonly Piece[] | null, colorOf?: ColorOf) => void} showChanges that led to the content shown,
 *   what was deleted among what is there; null for that content alone. Throws a `RangeError` where the pieces lead to
 *   a content of another length
 * @property {(offset: number) => void} reveal scroll so that this place of what is displayed is seen, in the middle
 * @property {(offset: number) => void} follow the same, unless it is seen already
 * @property {(index: number) => void} revealChange scroll to this one of the changes shown (see `changesIn`), and mark
 *   it as the current one; where there is none of that number nothing is marked
 * @property {number} top the place of what is displayed that stands first on the screen; to be set, too
 * @property {() => void} destroy
 */

/** @param {Operation} operation @param {number} length of what it is done to @param {Content} content @returns {boolean} whether that can come of it */
export function leadsTo(operation, length, content) {
  const { covered, growth } = span(operation);
  return covered <= length && length + growth === contentLength(content);
}
