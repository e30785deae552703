/** A reproduction played again, as docs/sdk.md says, comes to the same edits and the same text. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Replica } from "../../static/client/replica.js";
import { apply } from "../../static/client/operation.js";
import { session } from "./helpers/sessions.js";

/**
 * @param {any} seen
 * @returns {{ replica: Replica, predicted: number }} where it ends, and how many own events came as they were foreseen
 */
function play(seen) {
  const replica = new Replica(seen.client);
  if (seen.restored) replica.restore(seen.restored);
  let predicted = 0;
  /** @type {any[]} */
  let parts = [];
  let welcome = /** @type {any} */ (null);
  const taken = {
    out: {
      hello: () => replica.disconnected(),
      edit: (/** @type {any} */ { id, op }) => {
        // Not sent on this connection, and others come first: they were dropped, or are part of this one.
        const pending = replica.pending.filter((edit) => edit.frozen || edit.id >= id);
        const before = pending.find((edit) => edit.id === id);
        if (before?.frozen) assert.deepEqual(before.op, op, `edit ${id} was sent again as something else`);
        const edit = before ?? { id, op, sent: false, frozen: false, leaning: new Set() };
        if (!before) pending.push(edit);
        edit.op = op;
        const { confirmed: content, version } = replica;
        const edits = pending.map((each) => ({ id: each.id, op: each.op, leaning: [] }));
        replica.restore({ ...seen, content, version, edits, lastId: 0 }); // what is shown is made anew
        replica.pending = pending;
        replica.markSent(edit);
      },
    },
    in: {
      welcome: (/** @type {any} */ message) => {
        welcome = message;
        parts = [];
        replica.resume(message.accepted);
      },
      snapshot: (/** @type {any} */ { content, last }) => {
        parts.push(...content);
        if (last) replica.reset(parts.join(""), welcome.snapshot.seq);
      },
      events: (/** @type {any} */ { events }) => {
        for (const event of events) {
          for (const { own, diverged } of replica.integrate([event])) {
            if (own) assert.equal(diverged, false, `event ${event.seq} is not what was foreseen`);
            if (own) predicted += 1;
          }
        }
      },
      refused: (/** @type {any} */ { id }) => replica.refuse(id),
    },
  };
  for (const { way, message } of seen.frames) /** @type {any} */ (taken)[way][message.type]?.(message);
  return { replica, predicted };
}

test("sessions with breaks, refusals and long pauses come to the same edits again", async () => {
  let predicted = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    const { doc, diverged } = session(seed);
    const why = `seed ${seed}`;
    const seen = JSON.parse(await doc.reproduction());
    assert.equal(seen.complete, true, why);
    const played = play(seen);
    predicted += played.predicted;
    assert.equal(diverged(), 0, why);
    assert.equal(played.replica.confirmed, seen.confirmed, why);
    const frozen = (/** @type {any[]} */ edits) =>
      edits.filter((edit) => edit.frozen).map(({ id, op, leaning }) => [id, op, [...leaning]]);
    assert.deepEqual(frozen(played.replica.pending), frozen(seen.pending), why);
    assert.equal(seen.pending.reduce((/** @type {any} */ text, /** @type {any} */ { op }) => apply(text, op), seen.confirmed), seen.shown, why);
  }
  assert.ok(predicted > 500, `${predicted} own events`);
});
