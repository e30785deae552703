/** What a Quill can show. Others may send any name; one that means something else to Quill would make it throw. */

/** @typedef {import("quill").default} Quill */
/** @typedef {import("./deltas.js").Words} Words */

/** What Quill builds its documents of: no one's formats or embeds. */
const PARTS = /^(block|block\/embed|break|container|cursor|embed|inline|scroll|text|.*-container)$/;

/** Parchment's `Scope.INLINE_BLOT`. */
const INLINE_BLOT = 0b0110;

/**
 * @param {Quill} quill
 * @returns {Words}
 */
export function wordsOf({ scroll }) {
  /** @param {string} name @returns {object | null} of the blots that this name may stand for */
  const prototype = (name) => {
    const found = scroll.query(name);
    return typeof found === "function" ? found.prototype : null;
  };
  return {
    // What Quill doesn't know at all it passes over.
    format: (name) => !PARTS.test(name) && (prototype(name) === null || "appendChild" in Object(prototype(name))),
    embed(name) {
      const found = prototype(name);
      const inline = scroll.query(name, INLINE_BLOT) !== null;
      return found !== null && inline && !PARTS.test(name) && !("appendChild" in found);
    },
  };
}
