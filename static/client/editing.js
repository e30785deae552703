import { badLength } from "./errors.js";
import { normalize, split, validate } from "./operation.js";

/** @typedef {import("./operation.js").Operation} Operation */

/** What a server allows by default; its welcome gives the real number. */
const OPERATION_LIMIT = 262_144;

/** Own edits: made in parts that a server takes, in groups that are undone together. */
export class Editing {
  #session;
  #undo;
  #made;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("./undo.js").UndoManager} undo
   * @param {(part: Operation) => void} made told of each part when it is shown
   */
  constructor(session, undo, made) {
    this.#session = session;
    this.#undo = undo;
    this.#made = made;
  }

  /** @param {Operation} op @param {boolean} undoable */
  edit(op, undoable) {
    this.#do(op, (part) => {
      const before = this.#session.replica.shown;
      const continues = undoable && this.#undo.continues();
      const made = this.#session.edit(part, { merge: continues });
      if (made && undoable) this.#undo.edited(made.id, part, before, continues);
      else if (made) this.#undo.untracked();
    });
  }

  /** @param {"undo" | "redo"} kind @returns {import("./undo.js").Group | null} what that would do now */
  next(kind) {
    return this.#undo.top(kind, () => this.#session.replica.steps());
  }

  /** @param {"undo" | "redo"} kind @returns {boolean} whether there was anything to do */
  undoOrRedo(kind) {
    const group = this.next(kind);
    if (!group) return false;
    this.#do(group.op, (part, last) => {
      const before = this.#session.replica.shown;
      const made = this.#session.edit(part, { merge: false });
      if (made) this.#undo.undone(made.id, { kind, group: group.number, last }, part, before);
    });
    return true;
  }

  /** Join what waits to be sent, where it is more than may be under way. */
  join() {
    const { replica, limits } = this.#session;
    if (!replica.many || !limits || replica.pending.length <= limits.in_flight) return;
    replica.pending = replica.many.joinRuns(replica.pending, (one, other) => this.#undo.alike(one, other));
    this.#undo.joined();
  }

  /** @param {Operation} op @param {(part: Operation, last: boolean) => void} make */
  #do(op, make) {
    // More components than one edit may have are no error here: they are split.
    const operation = validate(op, undefined, { mostComponents: Infinity });
    const parts = split(operation, this.#session.limits?.operation ?? OPERATION_LIMIT);
    for (const part of parts) {
      make(part, part === parts.at(-1));
      this.#made(part);
    }
  }
}

/** @param {number} offset @param {string} text @returns {Operation} */
export function insertion(offset, text) {
  return normalize([checked(offset), text]);
}

/** @param {number} offset @param {number} length @returns {Operation} */
export function deletion(offset, length) {
  return normalize([checked(offset), -checked(length)]);
}

/** @param {number} length @returns {number} */
function checked(length) {
  if (!Number.isInteger(length) || length < 0) throw badLength(length, Number.MAX_SAFE_INTEGER);
  return length;
}
