/** Undoing compression with what browsers, workers and Node bring along. */

/** The name of the only compression that is known here, and whether this browser can undo it. */
export const ENCODING = "deflate";
export const canInflate = typeof DecompressionStream === "function";

/**
 * Undo the compression that HTTP and `DecompressionStream` call "deflate": zlib's format (RFC 1950), which ends in
 * a checksum.
 *
 * @param {Uint8Array[]} pieces all there is, in order
 * @param {number} size bytes that it stands for
 * @returns {Promise<string>} those bytes read as UTF-8; rejected where the pieces are damaged, or stand for more or
 *   less. Of what is too long no more is undone than it takes to know
 */
export async function inflate(pieces, size) {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  // What is wrong with the pieces is heard from the reader, too.
  for (const piece of pieces) writer.write(/** @type {BufferSource} */ (piece)).catch(() => {});
  writer.close().catch(() => {});
  const reader = readable.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let found = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    found += value.length;
    if (found > size) break;
    text += decoder.decode(value, { stream: true });
  }
  if (found === size) return text + decoder.decode();
  reader.cancel().catch(() => {});
  throw new RangeError(`${found > size ? "more" : "less"} than the ${size} bytes that were announced`);
}
