/** Places of a text as Quill shows it, in the page's own terms. */

/** @typedef {import("quill").default} Quill */

/**
 * @param {Quill} quill
 * @param {number} from UTF-16 units from the start
 * @param {number} to
 * @returns {Range | null} of the DOM; null where Quill shows nothing there
 */
export function domRange(quill, from, to) {
  const start = domPlace(quill, from);
  const end = domPlace(quill, to);
  if (!start || !end) return null;
  const range = document.createRange();
  range.setStart(...start);
  range.setEnd(...end);
  return range;
}

/** @param {Quill} quill @param {number} index @returns {[Node, number] | null} */
function domPlace(quill, index) {
  const [leaf, offset] = quill.getLeaf(Math.min(index, quill.getLength() - 1));
  return leaf && leaf.position(offset, true);
}
