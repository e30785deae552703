/**
 * What the page of a document knows of its editor, be it for plain or for rich text.
 *
 * @typedef {object} PageEditor
 * @property {any} view the editor itself, for tests
 * @property {() => void} focus
 * @property {(offset: number) => void} reveal scroll so that this place of the document's text is seen, in the
 *   middle; caret and focus stay where they are
 * @property {(colorOf: ((author: string) => string) | null) => void} showAuthors each author's text in this colour,
 *   given as `#rrggbb`, or in none again
 * @property {(range: { from: number, to: number } | null) => void} highlight marks this part of the text, however it is
 *   moved by edits, until another one is to be marked, or none
 * @property {() => void} destroy
 */

export {};
