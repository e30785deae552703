/**
 * Runs of typing as one operation.
 *
 * Only what one caret does without moving is merged: typing on, editing within what was just typed, deleting
 * on or backspacing. Such a merge is exact under `transform`: whatever another author did meanwhile, the run
 * carried over it gives the text that the single edits would have given. A deletion followed by an insert is
 * *not* such a run, nor is formatting.
 */

/** @typedef {import("./components.js").Operation} Operation */
/** @typedef {{ place: number, step: number | string }} Single one plain insert or delete at one place */

/**
 * @param {Operation} op
 * @returns {Single | null} the place and the step of an operation that is one plain insert or delete
 */
export function single(op) {
  if (op.length < 1 || op.length > 2) return null;
  const place = op.length === 2 ? op[0] : 0;
  const step = op[op.length - 1];
  if (typeof place !== "number" || place < 0 || (op.length === 2 && place === 0)) return null;
  if (typeof step === "string" || (typeof step === "number" && step < 0)) return { place, step };
  return null;
}

/**
 * Consecutive operations of one author with runs merged: fewer operations with the same effect.
 *
 * @param {readonly Operation[]} ops
 * @returns {Operation[]}
 */
export function coalesce(ops) {
  /** @type {Operation[]} */
  const result = [];
  /** @type {Single | null} */
  let run = null;
  for (const op of ops) {
    if (op.length === 0) continue;
    const edit = single(op);
    /** @type {Single | null} */
    const merged = run && edit ? extend(run, edit) : null;
    if (merged) {
      run = merged.step === "" ? null : merged;
      continue;
    }
    if (run) result.push(written(run));
    run = edit;
    if (!edit) result.push(op);
  }
  if (run) result.push(written(run));
  return result;
}

/** @param {Single} single @returns {Operation} */
export function written({ place, step }) {
  return place ? [place, step] : [step];
}

/**
 * `run` and the `edit` after it as one step, or null where that would not be one run. The step comes out as
 * "" where the edit took back all that the run had typed.
 *
 * @param {Single} run
 * @param {Single} edit
 * @returns {Single | null}
 */
export function extend(run, edit) {
  const { place: start, step: done } = run;
  const { place, step } = edit;
  if (typeof done === "string") {
    if (place < start || place > start + done.length) return null;
    const deleted = typeof step === "number" ? -step : 0;
    if (place + deleted > start + done.length) return null;
    const typed = typeof step === "string" ? step : "";
    return { place: start, step: done.slice(0, place - start) + typed + done.slice(place - start + deleted) };
  }
  if (typeof step === "string" || place > start || start > place - step) return null;
  return { place, step: done + step };
}

/**
 * @param {Operation} before
 * @param {Operation} after
 * @returns {Operation | null} both as one run, null where they are none
 */
export function joinedRun(before, after) {
  const run = single(before);
  const edit = single(after);
  const joined = run && edit ? extend(run, edit) : null;
  if (!joined) return null;
  return joined.step === "" ? [] : written(joined);
}
