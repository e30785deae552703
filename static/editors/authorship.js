/** Who wrote what is shown: a text in runs, each of one author, and what an edit makes of them. Lengths count UTF-16 units. */

/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {{ length: number, author: string }} Run the author is "" where it isn't known */
/** @typedef {{ from: number, to: number, author: string }} Stretch */

/**
 * @param {readonly Run[]} runs
 * @param {Operation} operation on their text; formatting is nobody's text
 * @param {string} author of it
 * @returns {Run[]} no two neighbours of one author
 */
export function edited(runs, operation, author) {
  /** @type {Run[]} */
  const result = [];
  let next = 0;
  let left = runs.length > 0 ? runs[0].length : 0;
  /** @param {number} length @param {boolean} keep */
  const take = (length, keep) => {
    for (let wanted = length; wanted > 0 && next < runs.length; ) {
      const part = Math.min(wanted, left);
      if (keep) push(result, part === runs[next].length ? runs[next] : { length: part, author: runs[next].author });
      wanted -= part;
      left -= part;
      if (left === 0) left = runs[++next]?.length ?? 0;
    }
  };
  for (const component of operation) {
    if (typeof component === "string") push(result, { length: component.length, author });
    else if (typeof component === "number") take(Math.abs(component), component > 0);
    else if ("retain" in component) take(component.retain, true);
    else push(result, { length: typeof component.insert === "string" ? component.insert.length : 1, author });
  }
  take(Infinity, true);
  return result;
}

/** @param {Run[]} runs @param {Run} run that isn't changed */
function push(runs, run) {
  const last = runs.at(-1);
  if (run.length === 0) return;
  if (last?.author === run.author) runs[runs.length - 1] = { length: last.length + run.length, author: run.author };
  else runs.push(run);
}

/** @param {readonly Run[]} runs @returns {Run[]} them, no two neighbours of one author */
export function joined(runs) {
  /** @type {Run[]} */
  const result = [];
  for (const run of runs) push(result, run);
  return result;
}

/** @param {readonly Run[]} runs @returns {number} units of their text */
export function lengthOf(runs) {
  return runs.reduce((sum, { length }) => sum + length, 0);
}

/**
 * @param {readonly Run[]} runs
 * @param {number} from
 * @param {number} to
 * @returns {Stretch[]} the runs between the two, with their places
 */
export function between(runs, from, to) {
  /** @type {Stretch[]} */
  const found = [];
  let place = 0;
  for (const { length, author } of runs) {
    if (place >= to) break;
    const stretch = { from: Math.max(from, place), to: Math.min(to, place + length), author };
    if (stretch.from < stretch.to) found.push(stretch);
    place += length;
  }
  return found;
}
