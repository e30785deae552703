/**
 * An EventTarget whose events have names, and values with types. `T` maps each name to its value, which is the
 * event's `detail`.
 *
 * @template {Record<string, any>} T
 */
export class Emitter extends EventTarget {
  /**
   * Call `fn` with the value of each event of this name.
   *
   * @template {keyof T & string} K
   * @param {K} name
   * @param {(value: T[K]) => void} fn
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} call it to be told no more
   */
  on(name, fn, { signal } = {}) {
    /** @param {Event} event */
    const listener = (event) => fn(/** @type {CustomEvent<T[K]>} */ (event).detail);
    this.addEventListener(name, listener, { signal });
    return () => this.removeEventListener(name, listener);
  }

  /**
   * @protected
   * @template {keyof T & string} K
   * @param {K} name
   * @param {T[K]} value
   */
  emit(name, value) {
    this.dispatchEvent(new CustomEvent(name, { detail: value }));
  }
}
