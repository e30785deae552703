/**
 * @param {string} path of an address
 * @param {number} place of one of its parts, counted from the end: -1 is the last
 * @returns {string} it, decoded; what can't be is left as it is, and the server will say that there is nothing of that name
 */
export function partOf(path, place) {
  const part = path.split("/").at(place) ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
