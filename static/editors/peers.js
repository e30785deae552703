/** The carets and selections of others inside CodeMirror. */

import { Decoration, EditorView, StateEffect, StateField, WidgetType } from "../vendor/codemirror.js";
import { readableOn, safeColor } from "./colors.js";

/** @typedef {import("../client/carets.js").Other} Other */

/** @typedef {{ client: string, name: string, color: string, anchor: number, head: number, moves: number }} Peer */

/** Tells the editor where everybody is. */
export const setPeers = /** @type {import("@codemirror/state").StateEffectType<Other[]>} */ (StateEffect.define());

class CaretWidget extends WidgetType {
  /** @param {Peer} peer */
  constructor(peer) {
    super();
    this.peer = peer;
  }

  /**
   * A caret that its owner has moved is another one, so that its flag shows again.
   *
   * @override
   * @param {CaretWidget} other
   */
  eq(other) {
    const { client, name, color, moves } = this.peer;
    const their = other.peer;
    return client === their.client && name === their.name && color === their.color && moves === their.moves;
  }

  /**
   * @override
   * @param {import("@codemirror/view").EditorView} view
   */
  toDOM(view) {
    const caret = document.createElement("span");
    caret.className = "cm-peer-caret";
    caret.setAttribute("aria-hidden", "true");
    caret.dataset.client = this.peer.client;
    caret.style.setProperty("--peer", this.peer.color);
    caret.style.setProperty("--on-peer", readableOn(this.peer.color));
    const flag = document.createElement("span");
    flag.className = "cm-peer-flag";
    flag.textContent = this.peer.name;
    // Word joiners keep the line from being broken at the caret.
    caret.append("\u2060", flag, "\u2060");
    // A flag that would hang over the edge of the text goes to the other side.
    view.requestMeasure({
      read: () => flag.getBoundingClientRect().right > view.contentDOM.getBoundingClientRect().right,
      write: (isOver) => caret.toggleAttribute("data-flip", isOver),
    });
    return caret;
  }

  /** @override */
  ignoreEvent() {
    return true;
  }
}

/** @param {readonly Peer[]} peers @returns {import("@codemirror/view").DecorationSet} */
function decorated(peers) {
  const ranges = [];
  for (const peer of peers) {
    const { anchor, head, color } = peer;
    if (anchor !== head) {
      const attributes = { style: `--peer: ${color}` }; // set through the CSSOM, which the CSP allows
      const mark = Decoration.mark({ class: "cm-peer-selection", attributes });
      ranges.push(mark.range(Math.min(anchor, head), Math.max(anchor, head)));
    }
    ranges.push(Decoration.widget({ widget: new CaretWidget(peer), side: -1 }).range(head));
  }
  return Decoration.set(ranges, true);
}

/**
 * @param {readonly Other[]} others
 * @param {readonly Peer[]} known as they stand now
 * @param {number} length of the document
 * @returns {Peer[]}
 */
function placed(others, known, length) {
  const peers = [];
  for (const { client, author, user, cursor } of others) {
    if (!cursor) continue;
    const anchor = Math.min(cursor.anchor, length);
    const head = Math.min(cursor.head, length);
    const before = known.find((peer) => peer.client === client);
    const stayed = before?.head === head && before.anchor === anchor;
    const moves = (before?.moves ?? 0) + (stayed ? 0 : 1);
    const name = (typeof user.name === "string" && user.name.slice(0, 40)) || author;
    peers.push({ client, name, color: safeColor(user.color, client), anchor, head, moves });
  }
  return peers;
}

/** @typedef {{ peers: Peer[], decorations: import("@codemirror/view").DecorationSet }} Shown */

export const peersField = StateField.define({
  create: () => /** @type {Shown} */ ({ peers: [], decorations: Decoration.none }),
  update(shown, transaction) {
    let { peers, decorations } = shown;
    if (transaction.docChanged) {
      const { changes } = transaction;
      peers = peers.map((peer) => ({ ...peer, anchor: changes.mapPos(peer.anchor), head: changes.mapPos(peer.head) }));
      decorations = decorations.map(changes);
    }
    for (const effect of transaction.effects) {
      if (!effect.is(setPeers)) continue;
      peers = placed(effect.value, peers, transaction.state.doc.length);
      decorations = decorated(peers);
    }
    return peers === shown.peers ? shown : { peers, decorations };
  },
  provide: (field) => EditorView.decorations.from(field, ({ decorations }) => decorations),
});
