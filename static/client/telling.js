import { Emitter } from "./emitter.js";

/**
 * An emitter that tells those who come late what they have missed and still want to know.
 *
 * @template {Record<string, any>} T
 * @extends {Emitter<T>}
 */
export class Telling extends Emitter {
  /** @type {Map<string, any[]>} by the event's name, every value of those that are remembered */
  #told = new Map();

  /**
   * Call `fn` with the value of each event of this name. Who subscribes late is told, in a microtask, what is so now
   * (`status`, `role`), and every `restored` and `offline-unavailable` that there was.
   *
   * @template {keyof T & string} K
   * @param {K} name
   * @param {(value: T[K]) => void} fn
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} call it to be told no more
   */
  on(name, fn, options) {
    let wanted = true;
    let heard = false;
    const off = super.on(
      name,
      (value) => {
        heard = true;
        fn(value);
      },
      options,
    );
    const told = this.#told.get(name) ?? [];
    queueMicrotask(() => {
      if (!wanted || options?.signal?.aborted) return;
      const now = this.current(name);
      // What has changed since then was told of when it did.
      for (const value of now && heard ? [] : (now ?? told)) fn(value);
    });
    return () => {
      wanted = false;
      off();
    };
  }

  /**
   * @protected
   * @param {string} _name of an event
   * @returns {any[] | null} what is so now, where the event tells of a change to that
   */
  current(_name) {
    return null;
  }

  /**
   * Emit an event of which those who subscribe later are told, too.
   *
   * @protected
   * @template {keyof T & string} K
   * @param {K} name
   * @param {T[K]} value
   */
  say(name, value) {
    this.#told.set(name, [...(this.#told.get(name) ?? []), value]);
    this.emit(name, value);
  }
}
