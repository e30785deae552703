/**
 * Colours for people. Each has a contrast of at least 4.5 to white, so that white letters stand on it, and at
 * least 3 to the pages' dark background, so that a caret shows on either.
 */
export const PALETTE = [
  "#d72f4b",
  "#bd5224",
  "#976a1d",
  "#537e18",
  "#19833c",
  "#19816c",
  "#1c7d91",
  "#2773ca",
  "#6262e1",
  "#8c52de",
  "#ba2ad6",
  "#cf2792",
];

/**
 * @param {unknown} color as somebody else sent it
 * @param {string} client whose it is
 * @returns {string} it, if it is a plain colour, else one of the palette that is always the same for `client`
 */
export function safeColor(color, client) {
  if (typeof color === "string" && /^#[0-9a-f]{6}$/i.test(color)) return color;
  let sum = 0;
  for (const letter of client) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return PALETTE[sum % PALETTE.length];
}

/** @param {string} color as `#rrggbb` @returns {"#000000" | "#ffffff"} what is easier to read on it */
export function readableOn(color) {
  return 1.05 / (luminance(color) + 0.05) >= 4.5 ? "#ffffff" : "#000000";
}

/** @param {string} color as `#rrggbb` @returns {number} relative luminance, 0 to 1 (WCAG 2) */
export function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** How much of an author's colour the ground of their text has, in percent: letters stay readable on it. */
export const AUTHOR_TINT = 14;

/** What the pages' text stands on: `--surface` of base.css. */
const SURFACES = { light: "#ffffff", dark: "#1a1d22" };

/**
 * @param {string} color as `#rrggbb`
 * @returns {{ light: string, dark: string }} it as a line in light and dark pages, with a contrast of at least 3
 */
export function edges(color) {
  return { light: toward(color, "#000000", SURFACES.light), dark: toward(color, "#ffffff", SURFACES.dark) };
}

/** @param {string} color @param {string} end @param {string} ground @returns {string} as little of `end` in it as shows on `ground` */
function toward(color, end, ground) {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(color, end, share);
    if (contrast(mixed, ground) >= 3) return mixed;
  }
  return end;
}

/** @param {string} color @param {string} other both as `#rrggbb` @param {number} share of the other @returns {string} */
export function mix(color, other, share) {
  const parts = [1, 3, 5].map((start) => {
    const [one, two] = [color, other].map((each) => Number.parseInt(each.slice(start, start + 2), 16));
    return Math.round(one + (two - one) * share).toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

/** @param {string} color @param {string} other @returns {number} 1 to 21 (WCAG 2) */
export function contrast(color, other) {
  const [low, high] = [luminance(color), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
