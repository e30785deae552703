/** What a document is opened with, and what it tells. Only shapes: nothing here is loaded by a page. */

/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {"connecting" | "connected" | "disconnected"} ConnectionState */

/**
 * What has become of one's own work. `saved`: all of it is in the log. `saving`: it is on its way. `connecting`:
 * nothing is outstanding, and there is no connection. `kept`: it waits for a connection, and is kept on this device.
 * `unsaved`: it waits, and is here in memory only.
 *
 * @typedef {"saved" | "saving" | "connecting" | "kept" | "unsaved"} Status
 */
/** @typedef {string | (() => string | Promise<string>)} Token a function is asked anew for each connection */

/** @typedef {{ version: number, operation: Operation, origin: "local" | "remote", author: string }} Change */
/** @typedef {{ code: number, reason: string, final: boolean }} Closed */

/**
 * @typedef {object} Loading how much of a document's content has come
 * @property {number} received
 * @property {number} total in the same unit: bytes where the content comes compressed, else units of text
 */

// The last line holds two, for the compiler that writes types puts the star before a quoted name into them.
/**
 * @typedef {{
 *   change: Change,
 *   events: import("./messages.js").LogEvent[],
 *   status: Status,
 *   synced: undefined,
 *   loading: Loading,
 *   pending: number,
 *   saved: { version: number },
 *   refused: import("./session.js").Refusal,
 *   presence: import("./carets.js").Other[],
 *   title: string,
 *   role: string,
 *   closed: Closed,
 *   diverged: import("./session.js").Divergence,
 *   retry: { code: string, reason: string },
 *   connection: ConnectionState,
 *   restored: import("./keeping.js").Report, "offline-unavailable": { code: string, reason: string },
 * }} DocumentEvents
 */

/**
 * @typedef {object} DocumentOptions
 * @property {string} document its id
 * @property {import("./messages.js").User} [user] how to be shown to the others
 * @property {Token} [token] that says to the server who this is
 * @property {boolean | string} [offline] of `open` and `connect`: keep unsaved edits on this device. A string names
 *   whose they are, where several people use one browser
 * @property {import("./keeping.js").Keeper} [keeper] keeps what is unsaved; `offline` makes one
 * @property {import("./connection.js").SocketClass} [WebSocket] where there is no global one
 * @property {Environment} [environment] clock and chance, for tests
 */

export {};
