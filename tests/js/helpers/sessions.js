/** What clients go through, by chance: breaks, refusals, long pauses, and others who write. */

import { Random } from "./random.js";
import { World } from "./world.js";

/**
 * @param {number} seed
 * @returns {{ doc: import("../../../static/client/document.js").CollabDocument, diverged: () => number }} a document as a
 *   session has left it, and how often it had to be repaired
 */
export function session(seed) {
  const random = new Random(seed);
  const world = new World();
  world.random = () => random.next();
  world.write(["some text"]);
  if (seed % 2) world.room.limits.in_flight = 3;
  const doc = world.open();
  world.pass(100);
  let diverged = 0;
  doc.on("diverged", () => (diverged += 1));
  for (let step = 0; step < 40; step += 1) {
    const kind = random.int(0, 11);
    if (kind === 0) world.cut();
    if (kind === 1) doc.connection === "connected" ? doc.disconnect() : doc.reconnect();
    if (kind === 2) world.room.refuseIf = random.chance(0.5) ? (edit) => (edit.id % 3 === 0 ? "forbidden" : null) : () => null;
    if (kind === 3) doc.undo();
    if (kind >= 4 && kind <= 6) world.write(random.keystroke(world.room.content), random.pick(["anna", "zoe"]));
    if (kind >= 7 && doc.editable) doc.edit(random.keystroke(doc.content));
    world.pass(random.pick([0, 5, 15, 700]));
  }
  return { doc, diverged: () => diverged };
}
