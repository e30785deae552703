/** Where in a history one goes from a version: by session and by named version. All lists are sorted by what they are asked for. */

/**
 * @param {readonly number[]} places ascending
 * @param {number} version
 * @returns {number | undefined} the last one before it
 */
export function placeBefore(places, version) {
  return places.findLast((place) => place < version);
}

/**
 * @param {readonly number[]} places ascending
 * @param {number} version
 * @returns {number | undefined} the first one after it
 */
export function placeAfter(places, version) {
  return places.find((place) => place > version);
}

/**
 * Where sessions end, which is what people look for: what somebody had made of it.
 *
 * @param {readonly { last: number }[]} sessions
 * @param {number} newest
 * @returns {number[]} versions, ascending, from the empty document to the newest
 */
export function sessionPlaces(sessions, newest) {
  return [...new Set([0, ...sessions.map(({ last }) => last), newest])].sort((a, b) => a - b);
}
