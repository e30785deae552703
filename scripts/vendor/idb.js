// What of idb the client's keeper of unsaved edits uses.
export { deleteDB, openDB } from "idb";
