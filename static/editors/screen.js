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

/** At once: what somebody looks for is there, and does not come flying. @param {Element} element @param {number} pixels */
export function scrollBy(element, pixels) {
  (scrollFrame(element) ?? window).scrollBy({ top: pixels, behavior: "instant" });
}
