/** A document in a `World`, and edits that are steps of undo. */

import { World } from "./world.js";

/** @param {string} text */
export function opened(text) {
  const world = new World();
  if (text) world.write([text]);
  const doc = world.open();
  world.pass(100);
  return { world, doc };
}

/** Type so that each call is a step of undo. @param {ReturnType<typeof opened>} given @param {any[]} op */
export function step({ world, doc }, op) {
  doc.edit(op);
  world.pass(1000);
}
