/**
 * The carets and selections of others in Quill: marks in layers of their own, selections under the text and carets
 * over it, so that nothing of them gets into the text.
 */

import { transformOffset } from "../client/operation.js";
import { readableOn, safeColor } from "./colors.js";
import { domRange } from "./quill-places.js";

/** @typedef {import("quill").default} Quill */
/** @typedef {import("../client/carets.js").Other} Other */
/** @typedef {{ caret: HTMLElement, ground: HTMLElement, anchor: number, head: number }} Peer */

/** A caret is two pixels wide: so near counts as over it. */
const HOVER_PX = 5;

export class PeerLayer {
  #quill;
  #carets;
  #grounds;
  /** @type {Map<string, Peer>} by client */
  #peers = new Map();
  #resized = new ResizeObserver(() => this.#place());

  /** @param {Quill} quill @param {AbortSignal} signal ends it */
  constructor(quill, signal) {
    this.#quill = quill;
    this.#grounds = quill.addContainer("ql-peer-grounds", quill.root);
    this.#carets = quill.addContainer("ql-peers");
    for (const layer of [this.#grounds, this.#carets]) layer.setAttribute("aria-hidden", "true");
    const place = () => this.#place();
    quill.root.addEventListener("scroll", place, { signal, passive: true });
    quill.root.addEventListener("load", place, { signal, capture: true }); // an image that now has its height
    quill.container.addEventListener("pointermove", this.#hovered, { signal, passive: true });
    this.#resized.observe(quill.root);
    signal.addEventListener("abort", () => {
      this.#resized.disconnect();
      this.#grounds.remove();
      this.#carets.remove();
    });
  }

  /** @param {import("../client/operation.js").Operation} operation that the text has had since the last `show` */
  carry(operation) {
    for (const peer of this.#peers.values()) {
      peer.anchor = transformOffset(peer.anchor, operation, "left");
      peer.head = transformOffset(peer.head, operation, "left");
    }
  }

  /** @param {readonly Other[]} others */
  show(others) {
    const here = new Set();
    for (const other of others) {
      if (!other.cursor) continue;
      here.add(other.client);
      this.#paint(other, other.cursor);
    }
    for (const [client, { caret, ground }] of this.#peers) {
      if (here.has(client)) continue;
      caret.remove();
      ground.remove();
      this.#peers.delete(client);
    }
    this.#place();
  }

  /** @param {Other} other @param {import("../client/messages.js").Cursor} cursor */
  #paint({ client, author, user }, { anchor, head }) {
    const known = this.#peers.get(client);
    const peer = known ?? this.#make(client);
    const color = safeColor(user.color, client);
    for (const element of [peer.caret, peer.ground]) element.style.setProperty("--peer", color);
    peer.caret.style.setProperty("--on-peer", readableOn(color));
    const name = (typeof user.name === "string" && user.name.slice(0, 40)) || author;
    const stayed = known && peer.anchor === anchor && peer.head === head;
    if (!stayed || peer.caret.textContent !== name) peer.caret.replaceChildren(flag(name));
    Object.assign(peer, { anchor, head });
  }

  /** @param {string} client @returns {Peer} */
  #make(client) {
    const peer = { caret: document.createElement("div"), ground: document.createElement("div"), anchor: -1, head: -1 };
    peer.caret.className = "ql-peer-caret";
    peer.ground.className = "ql-peer-selection";
    this.#carets.append(peer.caret);
    this.#grounds.append(peer.ground);
    this.#peers.set(client, peer);
    return peer;
  }

  #place() {
    const frame = this.#quill.container.getBoundingClientRect();
    const last = this.#quill.getLength() - 1;
    for (const { caret, ground, anchor, head } of this.#peers.values()) {
      const bounds = this.#quill.getBounds(Math.min(head, last));
      caret.hidden = !bounds;
      if (bounds) put(caret, { left: bounds.left, top: bounds.top, height: bounds.height });
      // A flag that would hang over the edge of the text goes to the other side.
      const flag = caret.firstElementChild?.getBoundingClientRect();
      if (bounds && flag) caret.toggleAttribute("data-flip", bounds.left + flag.width > frame.width);
      const range = anchor === head ? null : domRange(this.#quill, Math.min(anchor, head), Math.max(anchor, head));
      ground.replaceChildren(...rectangles(range, frame));
    }
  }

  /** Carets let the pointer through to the text, so none of them knows when it is over it. @param {PointerEvent} event */
  #hovered = ({ clientX, clientY }) => {
    for (const { caret } of this.#peers.values()) {
      const { left, right, top, bottom } = caret.getBoundingClientRect();
      const near = clientX > left - HOVER_PX && clientX < right + HOVER_PX && clientY >= top && clientY <= bottom;
      caret.toggleAttribute("data-hover", near);
    }
  };
}

/** A new one for each move, so that it shows again. @param {string} name */
function flag(name) {
  const element = document.createElement("span");
  element.className = "ql-peer-flag";
  element.textContent = name;
  return element;
}

/**
 * @param {Range | null} range
 * @param {DOMRect} frame that they are put into
 * @returns {HTMLElement[]} one for each line of the text in `range`
 */
function rectangles(range, frame) {
  /** @type {DOMRect[]} */
  const lines = [];
  for (const part of range?.getClientRects() ?? []) {
    // Bold text in a link comes three times.
    if (part.width > 0 && !lines.some((line) => covers(line, part))) lines.push(part);
  }
  return lines.map(({ left, top, width, height }) => {
    const element = document.createElement("div");
    put(element, { left: left - frame.left, top: top - frame.top, width, height });
    return element;
  });
}

/** @param {DOMRect} whole @param {DOMRect} part @returns {boolean} whether the middle of `part` is in `whole` */
function covers(whole, part) {
  const [x, y] = [part.left + part.width / 2, part.top + part.height / 2];
  return x > whole.left && x < whole.right && y > whole.top && y < whole.bottom;
}

/** @param {HTMLElement} element @param {Record<string, number>} places in pixels */
function put(element, places) {
  for (const [name, value] of Object.entries(places)) element.style.setProperty(name, `${value}px`);
}
