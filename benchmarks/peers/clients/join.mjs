// node join.mjs PROTOCOL PORT DOCUMENT
//
// For each line on its input, a number, joins the document with a client that ends up holding the text, and prints a line of
// JSON: how long that took from opening the socket (ms), what came over the wire (bytes), and the text. The number is the
// text's length, which is waited for; 0 if it isn't known, when the text counts as complete once all has been quiet for
// a while. Sockets stay open, so the document stays open at the server.
import { createInterface } from "node:readline";
import * as protocols from "./protocols.mjs";

const [protocol, port, name] = process.argv.slice(2);
const QUIET_MS = 1500;

/** @param {number} length */
function join(length) {
  return new Promise((resolve, reject) => {
    let quiet;
    const started = performance.now();
    const client = protocols[protocol](port, name, () => {
      const finish = () => {
        const text = client.text();
        if (length && text.length !== length) return;
        resolve({ ms: performance.now() - started, bytes: client.socket._socket.bytesRead, text });
      };
      clearTimeout(quiet);
      if (!length) quiet = setTimeout(finish, QUIET_MS);
      else if (client.length() === length) finish();
    });
    client.socket.on("error", reject);
    client.socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await join(Number(line))));
}
process.exit(0);
