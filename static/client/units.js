/**
 * Text measured in UTF-16 code units, which is how JavaScript counts anyway: what is left to do is never to
 * cut a surrogate pair in two, and to give the checksum that every language computes alike.
 */

/** @param {number} unit @returns {boolean} whether `unit` is the second half of a surrogate pair */
export function isLow(unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** @param {number} unit @returns {boolean} whether `unit` is the first half of a surrogate pair */
export function isHigh(unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/**
 * @param {string} text
 * @param {number} offset units from the start
 * @returns {boolean} whether an edit at `offset` would cut a surrogate pair in two
 */
export function splitsPair(text, offset) {
  return offset > 0 && offset < text.length && isLow(text.charCodeAt(offset));
}

// With the flag u a pair is one character, so only the half of a broken pair can match.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @param {string} text @returns {boolean} whether half of a surrogate pair stands alone in `text` */
export function hasLoneSurrogate(text) {
  return LONE_SURROGATE.test(text);
}

/**
 * Cut a text into pieces of at most `length` units, no pair cut in two.
 *
 * @param {string} text
 * @param {number} length at least 2, so that a pair fits
 * @returns {string[]} joined, they are `text`
 */
export function pieces(text, length) {
  const result = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + length, text.length);
    if (splitsPair(text, end)) end -= 1;
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/**
 * CRC-32 of the UTF-16LE code units of `text`.
 *
 * `checksum("hello") === 1427272415`
 *
 * @param {string} text
 * @returns {number}
 */
export function checksum(text) {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    crc = CRC_TABLE[(crc ^ unit) & 0xff] ^ (crc >>> 8);
    crc = CRC_TABLE[(crc ^ (unit >>> 8)) & 0xff] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
