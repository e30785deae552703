/** A page in a `World` that keeps what is unsaved, in memory, and stops when it is told to. */

import { Keeper } from "../../../static/client/offline/keeper.js";
import { Returning } from "../../../static/client/offline/returning.js";
import { MemoryStore } from "./memory-store.js";

/** @typedef {import("./world.js").World} World */

/** Let what waits for a promise go on. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {World} world @param {number} milliseconds */
export async function pass(world, milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    world.pass(10);
    await settled();
  }
}

let pages = 0;

/**
 * A page that keeps what is unsaved, and goes on from what an earlier one has kept.
 *
 * @param {World} world
 * @param {{ earlier?: MemoryStore, slow?: () => number }} [options] `slow`: milliseconds that a write takes
 */
export function page(world, { earlier, slow = () => 5 } = {}) {
  const found = earlier?.read() ?? undefined;
  const store = new MemoryStore((fn) => world.after(slow(), fn));
  if (earlier && found) Object.assign(store, { session: earlier.session, content: earlier.content, edits: new Map(earlier.edits) });
  /** @type {any[]} */
  const reports = [];
  /** @type {any[]} what the document said of it */
  const told = [];
  /** @type {import("../../../static/client/keeping.js").Tell} */
  let tell = () => {};
  const returning =
    found &&
    new Returning(found.kept, (report) => {
      reports.push(report);
      tell("restored", report);
    });
  const keeper = new Keeper({
    ...{ store: /** @type {any} */ (store), place: "notes", client: `page-${(pages += 1)}`, key: "k".repeat(22) },
    ...{ environment: world.environment, ...found, release() {}, watch: (session) => returning?.watch(session) },
  });
  const begin = keeper.begin.bind(keeper);
  keeper.begin = (it, session, say) => begin(it, session, (tell = say));
  const doc = world.open({ keeper });
  doc.on("restored", (report) => told.push(report));
  /** @type {any[]} */
  const heard = [];
  doc.on("refused", (refusal) => returning?.refused(refusal));
  doc.on("diverged", (divergence) => heard.push(divergence));
  const stop = () => {
    store.stopped = true;
    doc.close();
  };
  return { doc, store, reports, told, heard, stop };
}
