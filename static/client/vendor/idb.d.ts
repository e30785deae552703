// Types of idb.js; written by scripts/vendor/build.mjs.
export { deleteDB, openDB } from "idb";
