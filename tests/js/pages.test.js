/** What the pages say and how they colour people, as far as that needs no browser. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PALETTE, luminance, readableOn, safeColor } from "../../static/editors/colors.js";
import { initials } from "../../static/pages/person.js";
import { saveState } from "../../static/pages/status.js";
import { ago } from "../../static/pages/time.js";

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
