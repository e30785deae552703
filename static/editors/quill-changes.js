/**
 * Changes in Quill: formats of a paper's own for what was inserted, deleted or given another format, in letters and
 * embeds, and for line breaks. They are in a registry of their own, so that no other Quill of the page takes them for
 * formats of a document.
 */

import Quill from "../vendor/quill.js";
import { TAGS, attributesOf } from "./change-look.js";
import { changesIn } from "./changes-shown.js";
import { endOfChange } from "./changes.js";

/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("./changes-shown.js").Change} Change */
/** @typedef {import("./changes-shown.js").Piece} Piece */
/** @typedef {import("./paper.js").ColorOf} ColorOf */

/** The format of letters and embeds: the number of their piece. */
export const PIECE = "paper-piece";

/** The format of line breaks: the kind of their piece, and the number of the change. */
export const BREAK = "paper-break";

export class ShownChanges {
  #pieces;
  #colorOf;
  #nameOf;
  /** @type {number[]} by piece */
  #changeOf = [];

  /** @param {readonly Piece[]} pieces @param {ColorOf | undefined} colorOf @param {(author: string) => string} nameOf */
  constructor(pieces, colorOf, nameOf) {
    this.#pieces = pieces;
    this.#colorOf = colorOf;
    this.#nameOf = nameOf;
    /** @type {readonly Change[]} */
    this.changes = changesIn(pieces);
    for (const [number, { first, last }] of this.changes.entries()) {
      for (let piece = first; piece <= last; piece += 1) this.#changeOf[piece] = number;
    }
  }

  /** @returns {Operation} that makes the merged content, with its marks, of the content after */
  get operation() {
    return this.#pieces.flatMap((piece, number) => this.#steps(piece, number));
  }

  /** @param {Piece} piece @param {number} number @returns {Operation} */
  #steps({ kind, content }, number) {
    const length = endOfChange(content);
    if (kind === "kept") return [length];
    const marks = { [PIECE]: String(number), [BREAK]: `${kind} ${this.#changeOf[number]}` };
    if (kind !== "deleted") return [{ retain: length, attributes: marks }];
    return content.map((component) => {
      if (typeof component !== "object" || !("insert" in component)) return { insert: String(component), attributes: marks };
      return { insert: component.insert, attributes: { ...component.attributes, ...marks } };
    });
  }

  /** @param {number} number of a piece @returns {HTMLElement} for its letters and embeds */
  element(number) {
    const piece = this.#pieces[number];
    const element = document.createElement(TAGS[piece.kind]);
    const { style = "", ...attributes } = attributesOf(piece, this.#colorOf, this.#nameOf);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.style.cssText = style;
    element.className = `ql-change ql-${piece.kind}`;
    element.dataset.piece = String(number);
    element.dataset.change = String(this.#changeOf[number]);
    return element;
  }
}

/**
 * All that Quill knows, and the formats of changes.
 *
 * @param {(number: number) => HTMLElement | null} elementOf a piece; null where there is none of that number
 * @param {(Image: any) => any} imageOf what shows images, of what Quill has for it
 * @returns {any} for `new Quill`
 */
export function registryOfChanges(elementOf, imageOf) {
  const { Registry, Attributor, Scope } = /** @type {any} */ (Quill.import("parchment"));
  const Inline = /** @type {any} */ (Quill.import("blots/inline"));
  const Block = /** @type {any} */ (Quill.import("blots/block"));
  const CodeBlock = /** @type {any} */ (Quill.import("formats/code-block"));
  // What comes last stands outermost: one <ins> around all that was inserted, bold or not.
  if (!Inline.order.includes(PIECE)) Inline.order.push(PIECE);

  class Marked extends Inline {
    static blotName = PIECE;
    static tagName = ["INS", "DEL"];

    /** @param {unknown} value */
    static create(value) {
      return elementOf(Number(value)) ?? document.createElement("span");
    }

    /** @param {HTMLElement} node */
    static formats(node) {
      return node.dataset.piece;
    }
  }

  // Quill takes formats and images out of lines of code. Here the end of such a line may be shown that was deleted,
  // behind text of the line before: nothing of it must get lost.
  class MarkedCode extends CodeBlock {
    static allowedChildren = Block.allowedChildren;
  }

  const registry = new Registry();
  for (const [name, definition] of Object.entries(/** @type {any} */ (Quill).imports)) {
    if (/^(blots|formats)\//.test(name) && definition.blotName !== "abstract") registry.register(definition);
  }
  registry.register(imageOf(Quill.import("formats/image")), MarkedCode, Marked);
  registry.register(new Attributor(BREAK, "data-break", { scope: Scope.BLOCK }));
  return registry;
}
