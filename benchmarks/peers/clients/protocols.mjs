// A client for each protocol: opens a socket, holds the document, and calls `changed` whenever it may hold more of it.
import { inflateSync } from "node:zlib";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import otText from "ot-text-unicode";
import sharedbClient from "sharedb/lib/client/index.js";
import WebSocket from "ws";
import { readSyncMessage, writeSyncStep1 } from "y-protocols/sync";
import * as Y from "yjs";

const SYNC = 0;
const AUTH = 2;

function open(port, path, subprotocol) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocol ?? [], { perMessageDeflate: false });
  socket.binaryType = "arraybuffer";
  return socket;
}

/** `write` begins a message, `read` takes its beginning off: the envelope, empty with y-websocket. */
function yjsClient(socket, { write, read, greet }, changed) {
  const doc = new Y.Doc();
  const text = doc.getText("t");
  const send = (fill) => {
    const encoder = encoding.createEncoder();
    write(encoder);
    fill(encoder);
    socket.send(encoding.toUint8Array(encoder));
  };
  socket.on("open", () => {
    greet(send);
    send((encoder) => {
      encoding.writeVarUint(encoder, SYNC);
      writeSyncStep1(encoder, doc);
    });
  });
  socket.on("message", (message) => {
    const decoder = decoding.createDecoder(new Uint8Array(message));
    read(decoder);
    if (decoding.readVarUint(decoder) !== SYNC) return;
    const reply = encoding.createEncoder();
    write(reply);
    encoding.writeVarUint(reply, SYNC);
    const head = encoding.length(reply);
    readSyncMessage(decoder, reply, doc, socket);
    if (encoding.length(reply) > head) socket.send(encoding.toUint8Array(reply));
    changed();
  });
  return { socket, length: () => text.length, text: () => text.toString() };
}

export function yjs(port, name, changed) {
  return yjsClient(open(port, `/${name}`), { write() {}, read() {}, greet() {} }, changed);
}

export function hocuspocus(port, name, changed) {
  const envelope = {
    write: (encoder) => encoding.writeVarString(encoder, name),
    read: (decoder) => decoding.readVarString(decoder),
    greet: (send) =>
      send((encoder) => {
        encoding.writeVarUint(encoder, AUTH);
        encoding.writeVarUint(encoder, 0);
        encoding.writeVarString(encoder, "");
      }),
  };
  return yjsClient(open(port, "/"), envelope, changed);
}

export function sharedb(port, name, changed) {
  sharedbClient.types.register(otText.type);
  const socket = open(port, "/");
  const document = new sharedbClient.Connection(socket).get("load", name);
  // The line break at the end is not the history's: the document could not be created without any text.
  const text = () => (document.data ?? "").replace(/\n$/, "");
  document.on("op", changed);
  document.subscribe((error) => {
    if (error) throw error;
    changed();
  });
  return { socket, length: () => text().length, text };
}

/** `text` after a plain operation. */
function apply(text, operation) {
  let result = "";
  let place = 0;
  for (const step of operation) {
    if (typeof step === "string") result += step;
    else if (step > 0) result += text.slice(place, (place += step));
    else place -= step;
  }
  return result + text.slice(place);
}

export function collab(port, name, changed) {
  const socket = open(port, `/ws/documents/${name}`, "collab.v1");
  const id = `join-${Math.random().toString(36).slice(2, 12).padEnd(10, "0")}`;
  const pieces = [];
  let text = "";
  let version = -1;
  let wanted = Infinity;
  let mark = null;
  let compressed = 0;
  const hold = (content) => {
    text = content.join("");
    version = mark.seq;
    if (version >= wanted) changed();
  };
  const told = {
    welcome({ seq, snapshot }) {
      wanted = seq;
      mark = snapshot;
    },
    snapshot({ content, last }) {
      pieces.push(...content);
      if (last) hold(pieces);
    },
    events({ events }) {
      for (const event of events) {
        if (event.op) text = apply(text, event.op);
        version = event.seq;
      }
      if (version >= wanted) changed();
    },
  };
  socket.on("open", () => {
    const hello = { type: "hello", client: id, key: `key-of-${id}-key-of`, schema: 1, accept_encoding: ["deflate"] };
    socket.send(JSON.stringify(hello));
  });
  socket.on("message", (frame, binary) => {
    if (binary) {
      pieces.push(new Uint8Array(frame));
      compressed += frame.byteLength;
      if (compressed === mark.bytes) hold(JSON.parse(inflateSync(Buffer.concat(pieces)).toString()));
      return;
    }
    const message = JSON.parse(new TextDecoder().decode(frame));
    told[message.type]?.(message);
  });
  return { socket, length: () => text.length, text: () => text };
}
