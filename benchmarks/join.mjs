/**
 * Joins documents as it is told to, one JSON line a join on standard input, and answers each with a line: the
 * milliseconds from opening the socket to the whole text, the bytes that came, and the length of the text.
 *
 * Kinds: `sdk` is the browser client, `raw` a WebSocket and nothing else, which takes compressed content, and
 * `plain` the same without compression.
 */

import { createInterface } from "node:readline";
import { inflateSync } from "node:zlib";
import WebSocket from "ws";

import { connect } from "../static/client/index.js";
import { apply } from "../static/client/operation.js";

/** @typedef {{ url: string, document: string, kind: "sdk" | "raw" | "plain" }} Wish */

let joined = 0;

/** @param {Wish} wish */
async function throughSdk({ url, document }) {
  /** @type {WebSocket | undefined} */
  let socket;
  class Counted extends WebSocket {
    /** @param {string} address @param {string} protocol */
    constructor(address, protocol) {
      super(address, protocol, { perMessageDeflate: false });
      socket = this;
    }
  }
  const started = performance.now();
  const doc = await connect(url, { document, WebSocket: /** @type {any} */ (Counted) });
  const { length } = doc.text;
  const ms = performance.now() - started;
  const bytes = received(socket);
  doc.close();
  return { ms, bytes, length };
}

/** @param {Wish} wish */
function throughSocket({ url, document, kind }) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws/documents/${document}`, "collab.v1", {
      perMessageDeflate: false,
    });
    /** @type {any} */
    let welcome;
    /** @type {Buffer[]} */
    let compressed = [];
    /** @type {any[]} */
    let content = [];
    let text = "";
    let version = -1;
    const done = () => {
      if (version < welcome.seq) return;
      const ms = performance.now() - started;
      resolve({ ms, bytes: received(socket), length: text.length });
      socket.close();
    };
    const loaded = () => {
      text = content.join("");
      version = welcome.snapshot.seq;
      done();
    };
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    socket.on("open", () => {
      joined += 1;
      const accept = kind === "raw" ? { accept_encoding: ["deflate"] } : {};
      const id = { client: `benchmark-${joined}`, key: "k".repeat(22) };
      socket.send(JSON.stringify({ type: "hello", ...id, schema: 1, ...accept }));
    });
    socket.on("message", (/** @type {Buffer} */ data, binary) => {
      if (binary) {
        compressed.push(data);
        if (compressed.reduce((sum, piece) => sum + piece.length, 0) < welcome.snapshot.bytes) return;
        content = JSON.parse(inflateSync(Buffer.concat(compressed)).toString());
        return loaded();
      }
      const message = JSON.parse(data.toString());
      if (message.type === "welcome") welcome = message;
      if (message.type === "snapshot") {
        content.push(...message.content);
        if (message.last) loaded();
      }
      if (message.type === "events") {
        for (const { seq, op } of message.events) {
          if (op) text = /** @type {string} */ (apply(text, op));
          version = seq;
        }
        done();
      }
    });
  });
}

/** @param {any} socket @returns {number} bytes on the wire, the answer to the upgrade included */
function received(socket) {
  return socket._socket?.bytesRead ?? 0;
}

for await (const line of createInterface({ input: process.stdin })) {
  const wish = JSON.parse(line);
  const result = await (wish.kind === "sdk" ? throughSdk(wish) : throughSocket(wish));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
