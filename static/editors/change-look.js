/** How a piece of a change is told in a page, the same in both kinds of papers. */

import { edges, safeColor } from "./colors.js";

/** @typedef {import("./changes-shown.js").Piece} Piece */

/** What a piece is in the page: screen readers tell insertions and deletions. */
export const TAGS = /** @type {const} */ ({ kept: "span", inserted: "ins", deleted: "del", formatted: "span" });

/**
 * @param {Piece} piece
 * @param {import("./paper.js").ColorOf | undefined} colorOf
 * @param {(author: string) => string} nameOf
 * @returns {Record<string, string>} attributes; the `style` is to be set through the CSSOM, which the CSP allows
 */
export function attributesOf({ kind, author, at }, colorOf, nameOf) {
  /** @type {Record<string, string>} */
  const attributes = {};
  if (author) attributes.title = nameOf(author);
  if (author && colorOf) {
    const { light, dark } = edges(safeColor(colorOf(author), author));
    attributes.style = `--peer-edge: light-dark(${light}, ${dark})`;
  }
  if (at && kind !== "formatted") attributes.datetime = at;
  return attributes;
}
