// Types of quill.js; written by scripts/vendor/build.mjs.
export { default } from "quill";
