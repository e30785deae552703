/**
 * What of a history a link shows, behind its `#`:
 *
 *     v=1204                     a version
 *     v=1204..1310               what changed between two
 *     t=2026-11-01T10:00Z        the version of that time
 */

/**
 * @typedef {{ kind: "version", version: number } | { kind: "range", older: number, newer: number } | { kind: "time", at: Date }
 *   | { kind: "newest" } | { kind: "unknown", text: string }} Place
 */

/** @param {string} hash with its `#` @returns {Place} */
export function placeOf(hash) {
  const text = decoded(hash.replace(/^#/, ""));
  if (text === "") return { kind: "newest" };
  const range = /^v=(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text);
  if (range?.[2]) {
    const ends = [Number(range[1]), Number(range[2])];
    return { kind: "range", older: Math.min(...ends), newer: Math.max(...ends) };
  }
  if (range) return { kind: "version", version: Number(range[1]) };
  const at = new Date(/^t=(.+)$/.exec(text)?.[1] ?? "");
  return Number.isNaN(at.getTime()) ? { kind: "unknown", text } : { kind: "time", at };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {number} version @param {number | null} older for what changed since that version @returns {string} with its `#` */
export function hashOf(version, older = null) {
  return older === null ? `#v=${version}` : `#v=${older}..${version}`;
}
