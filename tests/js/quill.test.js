/** Quill's deltas as operations and back. What needs a screen is driven in a browser by tests/test_browser_quill*.py. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { afterLocal, stepsOf, toOperation, toSteps, withEnd } from "../../static/editors/deltas.js";
import { LastNewline } from "../../static/editors/last-newline.js";
import { givesKind, oneKind } from "../../static/editors/line-kinds.js";
import { apply, plainText } from "../../static/client/operation.js";
import { Random } from "./helpers/random.js";

/** @typedef {import("../../static/client/operation.js").Content} Content */

/** Quill's own algebra is the judge. @type {typeof import("quill-delta").default} */
const Delta = createRequire(import.meta.url)("quill-delta");
const all = { format: () => true, embed: () => true };

/** Quill writes like neighbours as one. @param {Content} content */
function shown(content) {
  const delta = new Delta();
  for (const step of stepsOf(content, all)) delta.push(/** @type {any} */ (step));
  return delta;
}

/** @param {Content} content @returns {Content} with some newlines in it */
const lined = (content) =>
  typeof content === "string"
    ? content.replaceAll("a", "\n")
    : content.map((each) => (typeof each === "string" ? each.replaceAll("a", "\n") : each));

test("what comes from the document makes of Quill's text that of the document", () => {
  for (let seed = 1; seed <= 3000; seed += 1) {
    const random = new Random(seed);
    const before = lined(random.richText(4));
    const operation = /** @type {any} */ (lined(random.operation(before, true)));
    const after = apply(before, operation);
    const steps = toSteps(withEnd(operation, before, after), all);
    const text = shown(before).compose(new Delta(/** @type {any} */ (steps)));
    assert.deepEqual(text.ops, shown(after).ops, `seed ${seed}`);
    assert.ok(plainText(/** @type {any} */ (stepsOf(after, all))).endsWith("\n"), `seed ${seed}`);
  }
});

test("what is done in Quill is done to the document", () => {
  for (let seed = 1; seed <= 3000; seed += 1) {
    const random = new Random(seed);
    const before = lined(random.richText(4));
    const own = [...shown(before).ops].map(({ insert, attributes }) => ({ insert, attributes }));
    const typed = /** @type {any} */ (lined(random.operation(/** @type {any} */ (own), true)));
    const quill = shown(before).compose(new Delta(/** @type {any} */ (toSteps(typed, all))));
    if (!plainText(/** @type {any} */ (quill.ops)).endsWith("\n")) continue; // Quill never leaves it so
    const { operation, after } = afterLocal(toOperation(toSteps(typed, all)), before);
    assert.deepEqual(apply(before, operation), after, `seed ${seed}`);
    assert.deepEqual(shown(after).ops, quill.ops, `seed ${seed}`);
  }
});

test("the first edit brings the last newline, and no other does", () => {
  assert.deepEqual(afterLocal(["x"], "").operation, ["x\n"]);
  assert.deepEqual(afterLocal([1, "!"], "ab").after, "a!b\n");
  assert.deepEqual(afterLocal([2, { retain: 1, attributes: { header: 1 } }], "ab").after, ["ab", { insert: "\n", attributes: { header: 1 } }]);
  assert.deepEqual(afterLocal([2, "\n"], "ab\n").operation, [2, "\n"]);
});

test("nothing is removed from what is new, and steps keep their order", () => {
  assert.deepEqual(toOperation([{ insert: "a", attributes: { bold: null, link: "x" } }]), [{ insert: "a", attributes: { link: "x" } }]);
  assert.deepEqual(toOperation([{ retain: 2, attributes: { bold: null } }]), [{ retain: 2, attributes: { bold: null } }]);
  assert.deepEqual(toOperation([{ retain: 1 }, { insert: "a" }, { delete: 2 }]), [1, "a", -2]);
  assert.deepEqual(toSteps([1, -2, "a"], all), [{ retain: 1 }, { delete: 2 }, { insert: "a" }]);
});

test("what an editor can't show is one unit of text there", () => {
  const none = { format: () => false, embed: () => false };
  assert.deepEqual(toSteps(["a\r\n", { insert: { video: "x" }, attributes: { wide: true } }], none), [{ insert: "a\u240d\n" }, { insert: "\ufffc" }]);
  assert.deepEqual(toSteps([{ insert: { image: "x", video: "y" } }], all), [{ insert: "\ufffc" }]);
});

test("of two last newlines that were brought at once one goes, the left one, and its format stays", () => {
  const header = { header: 1 };
  const newline = new LastNewline();
  const never = new Promise(() => {});
  newline.brought(2, never); // "ab\n", when "cd\n" comes from somebody else
  newline.note([3, "cd\n"]);
  assert.deepEqual(newline.surplus("ab\ncd\n"), [2, -1]);
  newline.brought(2, never);
  newline.note(["cd", { insert: "\n", attributes: header }]);
  const both = ["cd", { insert: "\n", attributes: header }, "ab\n"];
  assert.deepEqual(apply(both, newline.surplus(both)), ["cdab", { insert: "\n", attributes: header }]);
  // Once is enough, and a letter or a newline that isn't the last brings none.
  newline.note([5, "\n"]);
  assert.deepEqual(newline.surplus("cdab\n\n"), []);
  newline.brought(2, never);
  newline.note([1, "x"]);
  assert.deepEqual(newline.surplus("axb\n"), []);
});

test("a newline that is in the log is nobody's surplus", async () => {
  for (const saved of [Promise.resolve(), Promise.reject(new Error("refused"))]) {
    const newline = new LastNewline();
    newline.brought(1, saved);
    await saved.catch(() => {});
    newline.note([2, "\n"]);
    assert.deepEqual(newline.surplus("a\n\n"), []);
  }
});

test("a line of two kinds becomes one of one kind, whoever mends it", () => {
  const both = ["a", { insert: "\n", attributes: { header: 1, list: "bullet", indent: 1 } }, "b\n"];
  const mended = apply(both, oneKind(both));
  assert.deepEqual(mended, ["a", { insert: "\n", attributes: { list: "bullet", indent: 1 } }, "b\n"]);
  assert.deepEqual(oneKind(mended), []);
  assert.deepEqual(oneKind("ab\n"), []);
  assert.ok(givesKind([1, { retain: 1, attributes: { header: 2 } }]));
  assert.ok(!givesKind([1, { retain: 1, attributes: { header: null, bold: true } }, "x"]));
});
