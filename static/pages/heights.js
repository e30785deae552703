/** How high the bars are that stay while the text is scrolled, for what has to keep clear of them. */

/** @param {HTMLElement} bar @param {string} property of the page that tells it, 0px while the bar scrolls away with the rest */
export function tellHeight(bar, property) {
  const page = document.documentElement;
  const resized = new ResizeObserver(() => {
    const height = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
    page.style.setProperty(property, `${height}px`);
  });
  for (const element of [bar, page]) resized.observe(element);
}
