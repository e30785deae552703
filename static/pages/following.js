/** Going where somebody else goes, until one does something oneself. */

import { byId } from "./dom.js";

export class Following {
  /** @type {string | null} */
  client = null;
  #place = -1;
  #pill = byId("following", HTMLElement);
  #doc;
  #reveal;
  #changed;

  /**
   * @param {import("../client/index.js").CollabDocument} doc
   * @param {(offset: number) => void} reveal shows a place of the text
   * @param {() => void} changed is called when somebody else is followed, or nobody
   */
  constructor(doc, reveal, changed) {
    this.#doc = doc;
    this.#reveal = reveal;
    this.#changed = changed;
    const stop = () => this.stop();
    byId("stop-following", HTMLButtonElement).addEventListener("click", stop);
    const editor = byId("editor", HTMLElement);
    // Typing, clicking and scrolling are one's own ways again.
    for (const name of ["beforeinput", "pointerdown"]) editor.addEventListener(name, stop);
    for (const name of ["wheel", "touchmove"]) addEventListener(name, stop, { passive: true });
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" || (editor.contains(document.activeElement) && /^(Arrow|Page|Home|End)/.test(key))) stop();
    });
  }

  /** @param {string} client @param {string} name */
  toggle(client, name) {
    if (this.client === client) return this.stop();
    this.client = client;
    this.#place = -1;
    byId("following-name", HTMLElement).textContent = `Following ${name}`;
    this.#pill.hidden = false;
    this.go();
    this.#changed();
  }

  /** Go where they are now. */
  go() {
    if (this.client === null) return;
    const other = this.#doc.presence.others.find(({ client }) => client === this.client);
    if (!other) return this.stop();
    const place = other.cursor?.head ?? -1;
    if (place >= 0 && place !== this.#place) this.#reveal(place);
    this.#place = place;
  }

  stop() {
    if (this.client === null) return;
    this.client = null;
    this.#pill.hidden = true;
    this.#changed();
  }
}
