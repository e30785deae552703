/** Two contents merged into one, in pieces. What needs a screen is driven in a browser by tests/test_browser_papers.py. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, contentLength, normalize, plainText } from "../../static/client/operation.js";
import { changesIn, changesOf, countChanges, lengthAfter } from "../../static/editors/changes-shown.js";
import { Random } from "./helpers/random.js";

/** @typedef {import("../../static/editors/changes-shown.js").Kind} Kind */
/** @typedef {import("../../static/editors/changes-shown.js").Piece} Piece */
/** @typedef {import("../../static/client/history.js").DiffPart} DiffPart */

/** @param {readonly Piece[]} pieces @param {Kind[]} kinds @returns {import("../../static/client/operation.js").Operation} */
const ofKinds = (pieces, ...kinds) => normalize(pieces.filter(({ kind }) => kinds.includes(kind)).flatMap(({ content }) => content));

/** @param {import("../../static/client/operation.js").Content} content */
const listed = (content) => normalize(typeof content === "string" ? [content] : content);

/** @param {string} author @returns {import("../../static/client/history.js").Credit} */
const credit = (author) => ({ author, first: 1, last: 2, began: "2026-01-01T00:00:00Z", ended: "2026-01-01T00:01:00Z" });

test("pieces are the content before and the content after in one, whatever is done", () => {
  for (let seed = 1; seed <= 3000; seed += 1) {
    const random = new Random(seed);
    const rich = seed % 2 === 0;
    const before = rich ? random.richText(5) : random.text(10);
    const operation = random.operation(before, rich);
    const after = apply(before, operation);
    const pieces = changesOf(before, operation);
    const why = `seed ${seed}`;
    assert.deepEqual(ofKinds(pieces, "kept", "inserted", "formatted"), listed(after), why);
    assert.equal(plainText(ofKinds(pieces, "kept", "deleted", "formatted")), plainText(before), why);
    if (!pieces.some(({ kind }) => kind === "formatted")) assert.deepEqual(ofKinds(pieces, "kept", "deleted"), listed(before), why);
    assert.equal(lengthAfter(pieces), contentLength(after), why);
    for (const [number, { kind }] of pieces.entries()) {
      const next = pieces[number + 1]?.kind;
      assert.notEqual(next, kind, `${why}: two neighbours of one kind`);
      assert.ok(kind !== "inserted" || next !== "deleted", `${why}: what was deleted goes first`);
    }
  }
});

test("a word in the place of another is one change, and one elsewhere another", () => {
  const pieces = changesOf("one two three", ["zero ", 4, -3, "2", 6, "!"]);
  assert.deepEqual(pieces.map(({ kind, content }) => [kind, ...content]), [
    ["inserted", "zero "],
    ["kept", "one "],
    ["deleted", "two"],
    ["inserted", "2"],
    ["kept", " three"],
    ["inserted", "!"],
  ]);
  assert.equal(countChanges(pieces), 3);
  assert.deepEqual(changesIn(pieces).map(({ first }) => first), [0, 2, 5]);
  assert.deepEqual(changesIn(pieces)[1], { from: 9, to: 13, first: 2, last: 3 });
});

test("another format is a change, and the format that was there already is none", () => {
  const before = [{ insert: "bold", attributes: { bold: true } }, " plain\n"];
  const bold = { attributes: { bold: true } };
  const pieces = changesOf(before, [{ retain: 4, ...bold }, 1, { retain: 5, ...bold }]);
  assert.deepEqual(pieces, [
    { kind: "kept", content: [{ insert: "bold", ...bold }, " "] },
    { kind: "formatted", content: [{ insert: "plain", ...bold }] },
    { kind: "kept", content: ["\n"] },
  ]);
});

test("what several people inserted and deleted side by side is told apart", () => {
  /** @type {DiffPart[]} */
  const parts = [
    { kind: "kept", length: 1 },
    { kind: "deleted", length: 2, text: "bc", credit: credit("ann") },
    { kind: "deleted", length: 1, text: "d", credit: credit("bo") },
    { kind: "inserted", length: 1, text: "x", credit: credit("bo") },
    { kind: "inserted", length: 2, text: "yz", credit: credit("cy") },
    { kind: "kept", length: 1 },
  ];
  const pieces = changesOf("abcde", [1, -3, "xyz"], parts);
  assert.deepEqual(pieces.map(({ kind, content, author }) => [kind, content[0], author]), [
    ["kept", "a", undefined],
    ["deleted", "bc", "ann"],
    ["deleted", "d", "bo"],
    ["inserted", "x", "bo"],
    ["inserted", "yz", "cy"],
    ["kept", "e", undefined],
  ]);
  assert.equal(pieces[1].at, "2026-01-01T00:01:00Z");
  assert.equal(countChanges(pieces), 1);
});

test("parts of another comparison lose the names, and nothing of the text", () => {
  /** @type {DiffPart[]} */
  const parts = [{ kind: "inserted", length: 1, text: "x", credit: credit("ann") }];
  const pieces = changesOf("abc", [2, "yy", -1], parts);
  assert.deepEqual(pieces.map(({ kind, author }) => [kind, author]), [["kept", undefined], ["deleted", undefined], ["inserted", undefined]]);
});

test("an operation on a longer text is refused", () => {
  assert.throws(() => changesOf("abc", [-4]), RangeError);
});
