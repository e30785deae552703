/** What the pages say and how they colour people, as far as that needs no browser. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { PALETTE, luminance, readableOn, safeColor } from "../../static/editors/colors.js";
import { Comings } from "../../static/pages/comings.js";
import { eventWords, operationWords } from "../../static/pages/event-words.js";
import { listed, pretty } from "../../static/pages/names.js";
import { initials } from "../../static/pages/person.js";
import { saveState } from "../../static/pages/status.js";
import { ago } from "../../static/pages/time.js";
import { carried, unreadOf } from "../../static/pages/unread.js";

/** @param {string} a @param {string} b @returns {number} contrast, 1 to 21 */
function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test("it says Saved only with nothing outstanding", () => {
  for (const status of /** @type {const} */ (["saving", "connecting", "kept", "unsaved"])) {
    assert.notEqual(saveState({ status, pending: 1 }), "Saved");
  }
  assert.equal(saveState({ status: "saved", pending: 0 }), "Saved");
});

test("each state has its words", () => {
  assert.equal(saveState({ status: "saving", pending: 3 }), "Saving…");
  assert.equal(saveState({ status: "connecting", pending: 0 }), "Reconnecting…");
  assert.equal(saveState({ status: "unsaved", pending: 3 }), "Not saved – 3 changes");
  assert.equal(saveState({ status: "unsaved", pending: 1 }), "Not saved – 1 change");
  assert.equal(saveState({ status: "kept", pending: 2 }), "Not saved – 2 changes, kept on this device");
});

test("every colour shows on both grounds and carries white letters", () => {
  for (const color of PALETTE) {
    assert.ok(contrast(color, "#ffffff") >= 4.5, color);
    for (const ground of ["#ffffff", "#f6f5f2", "#121418", "#1a1d22"]) assert.ok(contrast(color, ground) >= 3, color);
  }
});

test("letters on a colour that somebody else chose can be read", () => {
  for (const color of ["#ffffff", "#000000", "#ffff00", "#777777", "#00ff00", ...PALETTE]) {
    assert.ok(contrast(color, readableOn(color)) >= 4.5, color);
  }
});

test("a colour from others is taken only if it is nothing but a colour", () => {
  assert.equal(safeColor("#12ab9F", "x"), "#12ab9F");
  for (const bad of ["red; background: url(x)", "#fff", "", null, 7, "#12345g"]) {
    assert.ok(PALETTE.includes(safeColor(bad, "client")), String(bad));
  }
  assert.equal(safeColor(null, "client"), safeColor(undefined, "client"));
});

test("initials are letters of one or two words, whole characters", () => {
  assert.equal(initials("Calm Heron"), "CH");
  assert.equal(initials("  ana maria luisa "), "AM");
  assert.equal(initials("😀 x"), "😀X");
  assert.equal(initials(" "), "?");
});

test("times are told as people do", () => {
  const now = new Date("2026-11-23T12:00:00Z");
  assert.equal(ago(new Date("2026-11-23T11:59:30Z"), now), "just now");
  assert.equal(ago(new Date("2026-11-23T11:55:00Z"), now), "5 minutes ago");
  assert.equal(ago(new Date("2026-11-22T11:00:00Z"), now), "yesterday");
});

test("a guest's name is made of what the server calls them", () => {
  assert.equal(pretty("guest-amber-finch-c570"), "Amber Finch");
  assert.equal(pretty("ana@example.org"), "ana@example.org");
  assert.equal(pretty(""), "Somebody");
  assert.equal(listed(["ana"], 1), "ana");
  assert.equal(listed(["ana", "bo", "cy", "di"], 12), "ana, bo, cy and 9 others");
  assert.equal(listed(["ana", "bo", "cy", "di"], 4), "ana, bo, cy and 1 other");
});

test("operations are told in words", () => {
  assert.equal(operationWords(["hi"]), "typed “hi” at 0");
  assert.equal(operationWords([5, -1]), "deleted 1 character at 5");
  assert.equal(operationWords([5, -3, "x\n"]), "put “x⏎” for 3 characters at 5");
  assert.equal(operationWords([2, { retain: 4, attributes: { bold: true } }]), "formatted 4 characters at 2");
  assert.equal(operationWords([{ insert: { image: "data:" } }]), "typed “▣” at 0");
  assert.equal(operationWords(["ab", 3, -2, 1, { retain: 2, attributes: { bold: true } }]), "changed 3 places: +2, −2, 2 formatted");
  assert.equal(operationWords(["x".repeat(100)]), `typed “${"x".repeat(23)}…” at 0`);
  assert.equal(operationWords([]), "changed nothing");
});

test("each event has its words", () => {
  /** @param {object} event */
  const words = (event) => eventWords(/** @type {any} */ ({ seq: 1, ...event }));
  assert.equal(words({ type: "created", op: [] }), "made it");
  assert.equal(words({ type: "created", op: ["x"] }), "made it, with a text");
  assert.equal(words({ type: "created", op: ["x"], origin: { document: "a", version: 3 } }), "made it of version 3 of a");
  assert.equal(words({ type: "edited", op: ["x"] }), "typed “x” at 0");
  assert.equal(words({ type: "renamed", title: "Plan" }), "called it “Plan”");
  assert.equal(words({ type: "renamed", title: "" }), "took its title away");
  assert.equal(words({ type: "restored", of_version: 4, op: [] }), "brought version 4 back");
  assert.equal(words({ type: "undone", of_author: "bo", after: 4, until: 9 }), "undid what bo did in versions 5 to 9");
  assert.equal(words({ type: "tagged", of_version: 7, name: "first" }), "named version 7 “first”");
  assert.equal(words({ type: "of_tomorrow" }), "of_tomorrow");
});

test("who joins and leaves is said together, and not at every change", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const said = [];
  const comings = new Comings((text) => said.push(text));
  /** @param {string[]} names */
  const see = (...names) => comings.see(names.map((name) => ({ client: name, author: name, user: { name }, cursor: null })), true);
  comings.begin();
  see("Ana");
  mock.timers.tick(5000);
  assert.deepEqual(said, []); // who is here already doesn't join
  see("Ana", "Bo");
  see("Bo", "Cy");
  comings.see([], false); // the connection is gone, and not the people
  mock.timers.tick(2999);
  assert.deepEqual(said, []);
  mock.timers.tick(1);
  assert.deepEqual(said, ["Bo, Cy joined. Ana left."]);
  mock.timers.tick(60_000);
  assert.equal(said.length, 1);
  mock.timers.reset();
});

test("what others changed is what one goes through, and one's own changes are not", () => {
  /** @param {string} author */
  const by = (author) => ({ author, first: 1, last: 1, began: "", ended: "" });
  /** @type {import("../../static/client/history.js").DiffPart[]} */
  const parts = [
    { kind: "inserted", length: 3, text: "bo ", credit: by("bo") },
    { kind: "kept", length: 4 },
    { kind: "inserted", length: 2, text: "me", credit: by("ann") },
    { kind: "deleted", length: 3, text: "old", credit: by("bo") },
    { kind: "inserted", length: 3, text: "new", credit: by("cy") },
    { kind: "kept", length: 1 },
    { kind: "deleted", length: 1, text: "x", credit: by("bo") },
  ];
  const unread = unreadOf(parts, "ann");
  assert.deepEqual(unread, [
    { from: 0, to: 3, author: "bo", inserted: "bo ", deleted: "" },
    { from: 9, to: 12, author: "bo", inserted: "new", deleted: "old" },
    { from: 13, to: 13, author: "bo", inserted: "", deleted: "x" },
  ]);
  assert.deepEqual(unreadOf(parts, "bo").map(({ inserted }) => inserted), ["me", "new"]);
  // Typed at the edges it is beside them, typed inside it is in them, and what is deleted of them is gone.
  const moved = carried(unread, ["! ", 3, "?", 6, "<", 1, "+", 2, ">"]);
  assert.deepEqual(moved.map(({ from, to }) => [from, to]), [[2, 5], [13, 17], [19, 19]]);
  assert.deepEqual(carried(unread, [-13]).map(({ from, to }) => [from, to]), [[0, 0], [0, 0], [0, 0]]);
});
