/** @param {unknown} error @returns {string} why something failed, in a sentence's end */
export function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}
