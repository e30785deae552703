/** Panels that unfold from a button: Escape closes them, and so does whatever is done elsewhere. */

/** @param {HTMLDetailsElement} fold */
export function closeOnLeave(fold) {
  fold.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !fold.open) return;
    event.stopPropagation();
    fold.open = false;
    fold.querySelector("summary")?.focus();
  });
  fold.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !fold.contains(relatedTarget)) fold.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !fold.contains(target)) fold.open = false;
  });
}
