/** A text whose operations are applied when somebody looks. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, plainText } from "../../static/client/operation.js";
import { UnfoldedText } from "../../static/client/unfolded.js";
import { Random } from "./helpers/random.js";

test("whenever it is looked at it is the text after all operations", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = new Random(seed);
    let text = random.text(30);
    const unfolded = new UnfoldedText(text);
    for (let count = 0; count < 1500; count += 1) {
      const op = random.keystroke(text);
      text = plainText(apply(text, op));
      unfolded.push(op);
      if (random.chance(0.005)) assert.equal(unfolded.content, text, `seed ${seed}`);
    }
    assert.equal(unfolded.content, text, `seed ${seed}`);
  }
});

test("an operation that covers more than the text is refused at once", () => {
  const unfolded = new UnfoldedText("ab");
  unfolded.push([2, "cd"]);
  assert.throws(() => unfolded.push([5, "x"]), { code: "operation_past_end" });
  assert.equal(unfolded.content, "abcd");
});
