/** A document in a `World`, connected, and all that it tells. */

import assert from "node:assert/strict";

import { World } from "./world.js";

/**
 * With a token that is a promise it isn't connected yet.
 *
 * @param {Partial<import("../../../static/client/document.js").DocumentOptions>} [options]
 */
export function inNewWorld(options) {
  const world = new World();
  const doc = world.open(options);
  world.pass(100);
  return { world, doc };
}

/** @param {World} world */
export function joined(world, options = {}) {
  const doc = world.open(options);
  world.pass(100);
  assert.equal(doc.connection, "connected");
  return doc;
}

/**
 * @param {import("../../../static/client/document.js").CollabDocument} doc
 * @returns {any[]}
 */
export function recorded(doc) {
  /** @type {any[]} */
  const heard = [];
  for (const name of /** @type {const} */ (["status", "saved", "pending", "refused", "closed", "diverged", "retry"])) {
    doc.on(name, (value) => heard.push([name, value]));
  }
  return heard;
}
