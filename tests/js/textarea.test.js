/** What was typed into a plain field, as an edit of the document. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../../static/client/operation.js";
import { toOffset, toPlace, toValue, typed } from "../../static/editors/plain-value.js";

test("of equal letters the one before the caret is the new one", () => {
  assert.deepEqual(typed("aaa", "aaaa", 1, false), ["a"]);
  assert.deepEqual(typed("aaa", "aaaa", 3, false), [2, "a"]);
  assert.deepEqual(typed("aaa", "aa", 0, false), [-1]);
  assert.deepEqual(typed("aaa", "aa", 2, false), [2, -1]);
});

test("a change far from the caret is small all the same", () => {
  assert.deepEqual(typed("one two three", "one 2 three", 0, false), [4, -3, "2"]);
  assert.deepEqual(typed("one two three", "one 2 three", 11, false), [4, -3, "2"]);
});

test("no edit cuts a surrogate pair in two", () => {
  assert.deepEqual(typed("x😀y", "x😁y", 3, false), [1, -2, "😁"]);
  assert.deepEqual(typed("x😀y", "x🐀y", 3, false), [1, -2, "🐀"]);
});

test("a line end of Windows is one place in a textarea, and goes as one", () => {
  const text = "one\r\ntwo\rthree\n";
  assert.equal(toValue(text, false), "one\ntwo\nthree\n");
  assert.deepEqual(typed(text, "one!\ntwo\nthree\n", 4, false), [3, "!"]);
  assert.deepEqual(typed(text, "onetwo\nthree\n", 3, false), [3, -2]);
  assert.deepEqual(typed(text, "one\ntwo\nthree\n\n", 15, false).at(-1), "\n");
  for (let place = 0; place <= toValue(text, false).length; place += 1) {
    assert.equal(toPlace(text, toOffset(text, place, false), false), place);
  }
});

test("an input of one line shows no line ends and deletes none", () => {
  const text = "one\ntwo\r\nthree";
  assert.equal(toValue(text, true), "onetwothree");
  assert.equal(apply(text, typed(text, "onewothree", 3, true)), "one\nwo\r\nthree");
  assert.equal(apply(text, typed(text, "onetwothre", 10, true)), "one\ntwo\r\nthre");
});
