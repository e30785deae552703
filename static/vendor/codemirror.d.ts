// Types of codemirror.js; written by scripts/vendor/build.mjs.
export { Annotation, Compartment, EditorState, Prec, StateEffect, StateField, Transaction } from "@codemirror/state";
export { Decoration, EditorView, ViewPlugin, WidgetType, highlightSpecialChars, keymap } from "@codemirror/view";
export { standardKeymap } from "@codemirror/commands";
