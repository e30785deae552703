// Types of codemirror.js; written by scripts/vendor/build.mjs.
export { Annotation, Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
export { Decoration, EditorView, ViewPlugin, WidgetType, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
export { standardKeymap } from "@codemirror/commands";
