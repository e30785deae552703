/**
 * Whose record it is: a session holds a lock named after its client as long as it lives. The browser lets go of it
 * when the tab is closed or crashes, and of no other sign could that be told.
 */

/** @param {string} client @returns {string} */
const lockOf = (client) => `collab-client-${client}`;

/**
 * @param {string} client
 * @param {AbortSignal} [signal] given, it waits for who has the record now, until this is aborted
 * @returns {Promise<(() => void) | null>} to be called to let go; null where somebody else has it
 */
export function claim(client, signal) {
  return new Promise((resolve, reject) => {
    /** @param {Lock | null} lock */
    const hold = (lock) => {
      if (lock) return new Promise((release) => resolve(() => release(undefined)));
      resolve(null);
    };
    navigator.locks.request(lockOf(client), signal ? { signal } : { ifAvailable: true }, hold).catch(reject);
  });
}
