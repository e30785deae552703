/** CodeMirror's changes as operations and back. What needs a screen is driven in a browser by tests/test_browser.py. */

import { ChangeSet, EditorState, Text } from "@codemirror/state";
import assert from "node:assert/strict";
import { test } from "node:test";

import { endOfChange, toChanges, toOperation } from "../../static/editors/changes.js";
import { apply, normalize, plainText } from "../../static/client/operation.js";
import { Random } from "./helpers/random.js";

/** @param {string} text */
const state = (text) => EditorState.create({ doc: text, extensions: EditorState.lineSeparator.of("\n") });

test("an operation does in the view what it does to the text, and comes back as it was", () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const random = new Random(seed);
    const text = random.text(10);
    const op = random.operation(text);
    const before = state(text);
    const { changes, newDoc } = before.update({ changes: toChanges(op) });
    assert.equal(newDoc.toString(), apply(text, op), `seed ${seed}`);
    assert.equal(apply(text, toOperation(changes, before.doc)), newDoc.toString(), `seed ${seed}`);
  }
});

test("changes at several places at once become one operation", () => {
  const before = state("one two three");
  const { changes } = before.update({ changes: [{ from: 0, insert: ">" }, { from: 4, to: 7, insert: "2" }, { from: 13, insert: "!" }] });
  const op = toOperation(changes, before.doc);
  assert.equal(apply("one two three", op), ">one 2 three!");
  assert.deepEqual(op, normalize(op));
});

test("offsets stay right in a text with carriage returns", () => {
  const before = state("a\r\nb\rc");
  assert.equal(before.doc.length, 6);
  const { changes } = before.update({ changes: { from: 3, to: 4, insert: "B" } });
  assert.deepEqual(toOperation(changes, before.doc), [3, -1, "B"]);
});

test("an input method that changes half a pair changes the pair", () => {
  const doc = Text.of(["x😀y"]);
  const second = ChangeSet.of({ from: 2, to: 3, insert: "\ude01" }, doc.length);
  assert.equal(apply("x😀y", toOperation(second, doc)), "x😁y");
  const first = ChangeSet.of({ from: 1, to: 2, insert: "\ud83c" }, doc.length);
  assert.equal(plainText(apply("x😀y", toOperation(first, doc))).length, 4);
});

test("the end of a change is where the caret goes after an undo", () => {
  assert.equal(endOfChange([3, "abc"]), 6);
  assert.equal(endOfChange([3, -2]), 3);
  assert.equal(endOfChange([1, "a", 2, "bc"]), 6);
});
