/**
 * What a document asks of whoever keeps its unsaved edits. `offline.js` is one such keeper; the client's core knows
 * only these shapes, so that it loads nothing that isn't asked for.
 */

/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./session.js").Refusal} Refusal */
/** @typedef {import("./session.js").Session} Session */

/** @typedef {{ id: number, op: Operation, leaning: string[] }} KeptEdit */

/**
 * @typedef {object} Kept where a session of editing was: its own edits, and what they build on
 * @property {string} epoch
 * @property {string} kind of the document, and its title
 * @property {string} title
 * @property {number} version
 * @property {Content} content confirmed, at `version`
 * @property {number} lastId of the newest edit that was made
 * @property {KeptEdit[]} edits pending on top of `content`, oldest first
 */

/**
 * @typedef {object} Report what became of the edits that an earlier page left behind
 * @property {number} total
 * @property {number} applied
 * @property {Refusal[]} refused
 */

/**
 * @typedef {object} Keeper
 * @property {string} client
 * @property {string} key
 * @property {boolean} kept whether the session's present state is kept
 * @property {boolean} healthy whether it soon will be: it isn't right after an edit
 * @property {(doc: import("./document.js").CollabDocument, session: Session, tell: Tell) => void} begin
 * @property {(stored: Operation) => void} integrated what is confirmed has changed by that operation
 * @property {() => void} reset what is confirmed has been replaced
 * @property {() => void} changed something has happened, and is over
 * @property {() => void} close
 */
/** @typedef {(name?: any, value?: any) => void} Tell emit an event; without a name: `healthy` may have changed */

export {};
