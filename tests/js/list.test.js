/** The list of documents and the activity page, as far as that needs no browser. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal } from "../../static/pages/api.js";
import { addressOf, filterOf } from "../../static/pages/activity/filter.js";
import { MOST_SESSIONS, keyOf, meet, merged } from "../../static/pages/activity/sessions.js";
import { dayOf, deed, stretch } from "../../static/pages/activity/words.js";
import { queryOf, wantedOf } from "../../static/pages/list/address.js";
import { characters } from "../../static/pages/list/entry.js";
import { catalogued, found, plain } from "../../static/pages/list/rows.js";
import { isUnready } from "../../static/pages/models.js";

/** @param {Partial<import("../../static/pages/models.js").Session>} [known] */
function session(known) {
  const began = "2026-11-24T10:00:00Z";
  return { document: "notes", title: "Notes", author: "ana", first: 2, last: 9, began, ended: began, edits: 8, inserted: 9, deleted: 1, position: 9, ...known };
}

const catalogue = {
  ...{ id: "notes", kind: /** @type {const} */ ("text"), title: "Notes", versions: 12, length: 1234, edits: 11 },
  ...{ created_at: "2026-11-24T10:00:00Z", updated_at: "2026-11-24T11:00:00Z", last_author: "bo", author_count: 5, authors: ["ana", "bo", "cy", "di", "ed"] },
};

test("what is looked for is in the address, and comes out of it as it went in", () => {
  for (const wanted of /** @type {const} */ ([{ words: "", order: "updated" }, { words: "a&b=c #1 %", order: "updated" }, { words: "", order: "length" }, { words: "é", order: "title" }])) {
    assert.deepEqual(wantedOf(queryOf(wanted)), wanted);
  }
  assert.equal(queryOf({ words: "", order: "updated" }), "");
  assert.deepEqual(wantedOf("?order=nonsense&q=%20x%20"), { words: "x", order: "updated" });
});

test("a filter is in the address, and comes out of it as it went in", () => {
  for (const filter of [{ author: "", document: "" }, { author: "ana@example.org", document: "" }, { author: "a&b", document: "c=d" }]) {
    assert.deepEqual(filterOf(addressOf(filter).replace("activity", "")), filter);
  }
  assert.equal(addressOf({ author: "", document: "" }), "activity");
});

test("a document says who has written it and who was last, whoever tells of it", () => {
  const row = catalogued(catalogue);
  assert.deepEqual([row.by, row.last, row.length, row.version], ["by ana, bo, cy and 2 others", "bo", 1234, 12]);
  const empty = catalogued({ ...catalogue, edits: 0, length: 0 });
  assert.deepEqual([empty.by, empty.last], ["nobody has written here yet", ""]);
  const { id, kind, title, created_at, updated_at } = catalogue;
  const listed = plain({ id, kind, title: "", version: 12, authors: ["ana"], author_count: 1, created_at, updated_at });
  assert.deepEqual([listed.by, listed.last, listed.length, listed.title], ["by ana", "", null, []]);
  const hit = found({ document: id, kind, version: 3, author: "cy", updated_at, title: [{ text: title, match: true }], snippet: [] });
  assert.deepEqual([hit.by, hit.last, hit.title], ["", "cy", [{ text: "Notes", match: true }]]);
});

test("lengths are told as people do", () => {
  assert.deepEqual([0, 1, 2, 1234].map(characters), ["empty", "1 character", "2 characters", "1,234 characters"]);
});

test("only a model that can't be asked is a reason to do without it", () => {
  for (const code of ["model_building", "model_parked", "model_behind"]) assert.ok(isUnready(new Refusal("why", code)));
  assert.ok(isUnready(new DOMException("too slow", "TimeoutError")));
  for (const error of [new Refusal("why", ""), new Refusal("why", "store_failed"), new DOMException("", "AbortError"), new TypeError("offline")]) {
    assert.ok(!isUnready(error));
  }
});

test("a session that goes on replaces what it was, and comes first", () => {
  const [old, other] = [session(), session({ author: "bo", first: 3, position: 11 })];
  const now = session({ last: 20, inserted: 20, position: 20 });
  assert.equal(keyOf(now), keyOf(old));
  assert.deepEqual(merged([other, old], [now]), [now, other]);
  assert.deepEqual(merged([now, other], [old]), [now, other], "what was told late is no news");
});

test("a document has its newest title in all of its sessions", () => {
  const [old, other] = [session({ title: "Old" }), session({ document: "plan", title: "Plan", position: 5 })];
  const now = session({ author: "bo", title: "New", position: 30 });
  assert.deepEqual(merged([old, other], [now]).map(({ title }) => title), ["New", "New", "Plan"]);
  assert.deepEqual(merged([now], [old]).map(({ title }) => title), ["Old", "Old"], "a page that was just read is right, though it is of older sessions");
});

test("a page keeps so many sessions, the newest", () => {
  const all = Array.from({ length: MOST_SESSIONS + 20 }, (_, each) => session({ first: each, position: each }));
  const kept = merged(all.slice(0, 300), all.slice(300));
  assert.deepEqual([kept.length, kept[0].position, kept.at(-1)?.position], [MOST_SESSIONS, MOST_SESSIONS + 19, 20]);
});

test("a page of the newest meets what is known, or something may be between them", () => {
  const known = [session({ position: 100 })];
  assert.ok(meet(known, { sessions: [session({ position: 130 }), session({ position: 100 })], next: 100 }));
  assert.ok(!meet(known, { sessions: [session({ position: 130 }), session({ position: 120 })], next: 120 }));
  assert.ok(meet(known, { sessions: [session({ position: 130 })], next: null }), "there are no others");
  assert.ok(meet(known, { sessions: [], next: null }));
  assert.ok(!meet([], { sessions: [session()], next: 9 }));
});

test("what was done is told in words", () => {
  assert.equal(deed({ inserted: 1200, deleted: 3 }), "wrote 1,200 characters, deleted 3");
  assert.equal(deed({ inserted: 1, deleted: 0 }), "wrote 1 character");
  assert.equal(deed({ inserted: 0, deleted: 2 }), "deleted 2 characters");
  assert.equal(deed({ inserted: 0, deleted: 0 }), "changed how it looks");
});

test("times of the day are told as a stretch, and days as people call them", () => {
  /** @param {number} day @param {number} hour @param {number} minute */
  const at = (day, hour, minute) => new Date(2026, 10, day, hour, minute);
  assert.equal(stretch(at(24, 14, 2), at(24, 14, 10)), "14:02–14:10");
  assert.equal(stretch(at(24, 14, 2), at(24, 14, 2)), "14:02");
  assert.equal(dayOf(at(24, 0, 0), at(24, 23, 59)), "Today");
  assert.equal(dayOf(at(23, 23, 59), at(24, 0, 1)), "Yesterday");
  assert.match(dayOf(at(20, 12, 0), at(24, 12, 0)), /^Friday,? 20 November 2026$/);
  assert.equal(dayOf(new Date(2026, 11, 31), new Date(2027, 0, 1)), "Yesterday");
});
