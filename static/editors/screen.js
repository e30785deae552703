/** Where on the screen a text is read. */

/** @param {Element} element @returns {Element | null} in what it is scrolled, if that isn't the window */
export function scrollFrame(element) {
  for (let frame = /** @type {Element | null} */ (element); frame && frame !== document.body; frame = frame.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(frame).overflowY)) return frame;
  }
  return null;
}

/** @param {Element} element @returns {number} where on the screen that begins in which it is scrolled, in pixels */
export function frameTop(element) {
  return scrollFrame(element)?.getBoundingClientRect().top ?? 0;
}

/**
 * @param {{ top: number, bottom: number } | null} place on the screen
 * @param {number} above pixels at the top of the window that something else covers
 * @param {number} below and at its foot
 * @returns {boolean} whether all of it is seen
 */
export function isSeen(place, above, below) {
  return place !== null && place.top >= above && place.bottom <= window.innerHeight - below;
}

/** At once: what somebody looks for is there, and does not come flying. @param {Element} element @param {number} pixels */
export function scrollBy(element, pixels) {
  (scrollFrame(element) ?? window).scrollBy({ top: pixels, behavior: "instant" });
}
