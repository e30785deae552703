import { ENCODING, canInflate, inflate } from "./inflate.js";

/** @typedef {typeof import("./many.js")} Many */

/**
 * What the outside world is asked for: time, chance, and whether there is a network. A test passes its own.
 *
 * @typedef {object} Environment
 * @property {() => number} now milliseconds, never going back
 * @property {() => number} random from 0 to 1
 * @property {(fn: () => void, milliseconds: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => boolean} online false only where it is sure that there is no network
 * @property {(fn: () => void, signal: AbortSignal) => void} onWake the network is back, or the page is looked at
 * @property {(fn: () => void, signal: AbortSignal) => void} onOffline the network seems to be gone
 * @property {string[]} acceptEncoding the kinds of compression that `inflate` undoes
 * @property {typeof inflate} inflate
 * @property {() => Many | Promise<Many>} many loads what carries many edits over many others
 */

/** @type {Environment} */
export const realEnvironment = {
  now: () => performance.now(),
  random: () => Math.random(),
  setTimeout: (fn, milliseconds) => setTimeout(fn, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer),
  online: () => typeof navigator !== "object" || navigator.onLine !== false,
  onWake(fn, signal) {
    // A worker is told of the network too, Node of nothing.
    globalThis.addEventListener?.("online", fn, { signal });
    globalThis.addEventListener?.("pageshow", fn, { signal });
    globalThis.document?.addEventListener("visibilitychange", () => document.hidden || fn(), { signal });
  },
  onOffline(fn, signal) {
    globalThis.addEventListener?.("offline", fn, { signal });
  },
  acceptEncoding: canInflate ? [ENCODING] : [],
  inflate,
  many: () => import("./many.js"),
};

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * @param {number} length
 * @returns {string} random letters and digits, not to be guessed
 */
export function randomId(length) {
  let id = "";
  while (id.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is four times 62: what lies above would make some letters likelier than others.
      if (byte < 248 && id.length < length) id += LETTERS[byte % 62];
    }
  }
  return id;
}
