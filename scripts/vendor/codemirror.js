// What of CodeMirror 6 the pages use. Name by name, so that the bundle holds no more than that.
export { Annotation, Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
export { Decoration, EditorView, ViewPlugin, WidgetType, highlightSpecialChars, keymap, placeholder } from "@codemirror/view";
export { standardKeymap } from "@codemirror/commands";
