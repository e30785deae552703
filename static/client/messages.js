/**
 * What travels on the wire, as docs/protocol.md has it. Only shapes: the server is trusted to keep to them,
 * and a frame that isn't JSON ends the connection.
 */

/** @typedef {import("./operation.js").Component} Component */
/** @typedef {import("./operation.js").Operation} Operation */

/** @typedef {{ anchor: number, head: number }} Cursor */
/** @typedef {{ name?: string, color?: string } & Record<string, unknown>} User how a person wants to be shown */

/**
 * @typedef {object} LogEvent
 * @property {number} seq
 * @property {string} type
 * @property {string} [client]
 * @property {number} [id]
 * @property {string} [author]
 * @property {number} [at] microseconds since 1970, UTC
 * @property {Operation} [op]
 * @property {string[]} [leans] clients towards which the edit leans (see meeting.js)
 * @property {number} [version] of the event's schema, 1 if it isn't said
 * @property {string} [title] of a `created` or `renamed`
 * @property {{ document: string, epoch: string, version: number }} [origin] of a `created` that is a fork
 * @property {number} [of_version] the version that was `restored` or `tagged`
 * @property {string} [of_author] whose edits were `undone`: those after version `after` up to `until`
 * @property {number} [after]
 * @property {number} [until]
 * @property {number} [tag] the number of the tag in `tag_renamed` and `untagged`
 * @property {string} [name] of a `tagged` or `tag_renamed`
 */

/**
 * @typedef {object} Limits
 * @property {number} message
 * @property {number} operation
 * @property {number} document
 * @property {number} edits_per_second
 * @property {number} edit_burst
 * @property {number} in_flight
 */

/**
 * @typedef {object} Hello
 * @property {"hello"} type
 * @property {string} client
 * @property {string} key
 * @property {number} schema
 * @property {User} [user]
 * @property {number} [since]
 * @property {string} [epoch]
 * @property {string} [token]
 * @property {string[]} [accept_encoding] how content may be compressed
 */

/**
 * @typedef {object} SnapshotMark what content follows
 * @property {number} seq the version it is of
 * @property {number} length in units
 * @property {string} [encoding] of the binary frames in which it comes; else it comes as `snapshot` messages
 * @property {number} [bytes] of all those frames
 * @property {number} [inflated] bytes of JSON that they stand for
 */

/**
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {number} seq
 * @property {string} epoch
 * @property {SnapshotMark | null} snapshot
 * @property {number} accepted
 * @property {{ client: string, author: string }} you
 * @property {string} role
 * @property {string} [kind] `text` if it isn't said, or `rich`
 * @property {string} title
 * @property {Limits} limits
 */

/** @typedef {{ type: "snapshot", content: Component[], last?: boolean }} Snapshot */
/** @typedef {{ type: "events", events: LogEvent[] }} Events */
/** @typedef {{ type: "edit", id: number, base: number, op: Operation, refusals: number }} EditMessage */
/** @typedef {{ type: "refused", id: number, code: string, reason: string }} Refused */
/** @typedef {{ type: "resend", id: number }} Resend */
/** @typedef {{ type: "retry", code: string, reason: string }} Retry */
/** @typedef {{ type: "role", role: string }} RoleMessage the user may do something else from now on */
/** @typedef {{ type: "auth-expiring", in: number }} AuthExpiring the token is taken for so many seconds more */
/** @typedef {{ type: "checksum", seq: number, hash: number }} Checksum */

/**
 * @typedef {object} Peer
 * @property {string} client
 * @property {string} [author]
 * @property {User} [user]
 * @property {Cursor | null} [cursor]
 * @property {boolean} [left]
 */

/** @typedef {{ type: "presence", seq: number, peers: Peer[], all?: boolean }} Peers */
/** @typedef {{ type: "presence", base: number, after: number, cursor: Cursor | null, user?: User }} OwnPresence */

/** @typedef {{ type: "auth", token: string }} Auth a new token, on the connection that there is */

/** @typedef {Hello | EditMessage | OwnPresence | Auth | { type: "ping" }} FromClient */
/** @typedef {Welcome | Snapshot | Events | Refused | Resend | Retry | Checksum | Peers | RoleMessage | AuthExpiring | { type: "pong" }} FromServer */

/** The version of the events that this client understands. */
export const SCHEMA = 1;

export const SUBPROTOCOL = "collab.v1";

/**
 * @param {number} code of a closed connection
 * @returns {boolean} whether it makes no sense to come back
 */
export function isFinal(code) {
  return code === 1009 || (code >= 4400 && code < 4500);
}
