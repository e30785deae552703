/** What IndexedDB keeps for a keeper, in memory, with writes that take a while and a machine that may stop. */

import { apply, composeAll } from "../../../static/client/operation.js";

/** @typedef {import("../../../static/client/offline/store.js").Writing} Writing */

export class MemoryStore {
  /** @type {any} */
  session = null;
  /** @type {any} */
  content;
  /** @type {Map<number, any>} */
  edits = new Map();
  stopped = false;
  /** @type {Error | null} with which every write fails */
  failure = null;
  writes = 0;
  contents = 0;

  /** @param {(fn: () => void) => void} later */
  constructor(later) {
    this.later = later;
  }

  /** @param {Writing} writing @returns {Promise<void>} */
  write(writing) {
    const { session, content, whole, edits, gone } = structuredClone(writing);
    return new Promise((resolve, reject) =>
      this.later(() => {
        if (this.stopped) return;
        if (this.failure) return reject(this.failure);
        this.writes += 1;
        this.session = session;
        if (content !== undefined) this.contents += 1;
        if (content !== undefined) this.content = content;
        if (whole) this.edits.clear();
        for (const edit of edits) this.edits.set(edit.id, edit);
        for (const id of gone) this.edits.delete(id);
        resolve();
      }),
    );
  }

  async remove() {
    if (this.stopped) return;
    this.session = null;
    this.content = undefined;
    this.edits.clear();
  }

  /** @returns {{ client: string, key: string, kept: import("../../../static/client/keeping.js").Kept } | null} */
  read() {
    if (!this.session || this.edits.size === 0) return null;
    const { client, key, epoch, kind, title, version, steps, lastId } = structuredClone(this.session);
    const edits = [...this.edits.values()].sort((a, b) => a.id - b.id).map((edit) => structuredClone(edit));
    return { client, key, kept: { epoch, kind, title, version, lastId, edits, content: apply(this.content, composeAll(steps)) } };
  }
}
