/** What a document knows of itself, for whoever looks into a problem. It is loaded when somebody asks. */

/** @typedef {import("./document.js").CollabDocument} CollabDocument */
/** @typedef {import("./session.js").Session} Session */

/** @typedef {{ at: number, way: "in" | "out", data: string | Uint8Array }} Frame `at`: milliseconds of the page's clock */
/** @typedef {{ at: number, way: "in" | "out", message?: any, binary?: string, damaged?: string }} ReadFrame */

/** The version of what `reproduction` gives. */
const FORMAT = 1;

/** @typedef {{ frames: readonly Frame[], framesLost: boolean }} Remembered */

/** @param {CollabDocument} doc @param {Session} session @param {Remembered} remembered */
export function debug(doc, session, { frames }) {
  const read = frames.map(readable);
  return {
    ...state(doc, session),
    unseen: session.unseen,
    inFlight: session.replica.inFlight,
    bridge: bridged(read, session),
    latency: latency(read, doc.client),
    frames: read,
  };
}

/**
 * @param {CollabDocument} doc
 * @param {Session} session
 * @param {Remembered} remembered
 * @returns {string} JSON, as docs/sdk.md has it; the client's key and its tokens are not in it
 */
export function reproduction(doc, session, { frames, framesLost }) {
  const read = frames.map(readable);
  const { confirmed, shown } = session.replica;
  const loaded = read.some(({ way, message }) => way === "in" && message?.type === "welcome" && message.snapshot !== null);
  const complete = !framesLost || loaded;
  const seen = { format: "collab-reproduction", version: FORMAT, complete, ...state(doc, session), confirmed, shown };
  return JSON.stringify({ ...seen, restored: session.replica.restored, frames: read });
}

/** @param {CollabDocument} doc @param {Session} session */
function state(doc, session) {
  const { client, author, role, kind, status, connection, kept } = doc;
  const pending = session.replica.pending.map(({ leaning, ...edit }) => ({ ...edit, leaning: [...leaning] }));
  const { epoch, replica } = session;
  const who = { document: doc.document, client, author, role, kind };
  return { ...who, status, connection, kept, epoch, at: replica.version, pending };
}

/** @param {Frame} frame @returns {ReadFrame} without what nobody else may know */
function readable({ at, way, data }) {
  if (typeof data !== "string") return { at, way, binary: btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join("")) };
  try {
    const { key: _key, token: _token, ...message } = JSON.parse(data);
    return { at, way, message };
  } catch {
    return { at, way, damaged: data };
  }
}

/**
 * How many events of others the server carries this client's next edit over: those that came since its last one.
 *
 * @param {ReadFrame[]} frames
 * @param {Session} session
 * @returns {number} 0 where that is longer ago than the frames remembered
 */
function bridged(frames, session) {
  const last = frames.findLast(({ way, message }) => way === "out" && message?.type === "edit");
  if (!last) return 0;
  const events = frames.flatMap(({ way, message }) => (way === "in" && message?.type === "events" ? message.events : []));
  const { version, client } = session.replica;
  return events.filter((event) => event.seq > last.message.base && event.seq <= version && event.client !== client).length;
}

/**
 * How long own edits took to come back from the log.
 *
 * @param {ReadFrame[]} frames
 * @param {string} client
 * @returns {{ count: number, p50: number | null, p99: number | null }} in milliseconds
 */
function latency(frames, client) {
  /** @type {Map<number, number>} */
  const sent = new Map();
  /** @type {number[]} */
  const took = [];
  for (const { at, way, message } of frames) {
    if (way === "out" && message?.type === "edit") sent.set(message.id, at);
    if (way === "out" || message?.type !== "events") continue;
    for (const event of message.events) {
      const begun = event.client === client ? sent.get(event.id) : undefined;
      if (begun !== undefined) took.push(at - begun);
    }
  }
  took.sort((a, b) => a - b);
  /** @param {number} part */
  const percentile = (part) => took[Math.ceil(part * took.length) - 1] ?? null;
  return { count: took.length, p50: percentile(0.5), p99: percentile(0.99) };
}
