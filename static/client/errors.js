/** A failure with a stable `code`; the message is for people. */
export class CollabError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "CollabError";
    this.code = code;
  }
}

/** @param {unknown} found @param {string} where */
export function wrongType(found, where) {
  const type = found === null ? "null" : Array.isArray(found) ? "array" : typeof found;
  return new CollabError("operation_type", `${where}: ${type} is not allowed here`);
}

/** @param {number} length @param {number} limit */
export function badLength(length, limit) {
  return new CollabError("operation_length", `length ${length} is not between 1 and ${limit}`);
}

/** @param {number} reach @param {number} length */
export function pastEnd(reach, length) {
  return new CollabError("operation_past_end", `operation spans ${reach} units, the text has ${length}`);
}

/** @param {number} offset */
export function splitsPair(offset) {
  return new CollabError("operation_splits_pair", `offset ${offset} lies inside a surrogate pair`);
}

export function loneSurrogate() {
  return new CollabError("operation_lone_surrogate", "inserted text holds half of a surrogate pair");
}

/** @param {number} limit */
export function tooDeep(limit) {
  return new CollabError("operation_too_deep", `attributes or embed nested deeper than ${limit} levels`);
}

/** @param {number} count @param {number} limit */
export function tooManyComponents(count, limit) {
  return new CollabError(
    "operation_too_many_components",
    `operation has ${count} components, at most ${limit} are allowed`,
  );
}
