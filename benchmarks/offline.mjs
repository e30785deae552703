/** The client of benchmarks/offline.py in Node: opens a document, and does what each line asks for. */

import { createInterface } from "node:readline";

import { WebSocket } from "ws";

import { connect } from "../static/client/index.js";
import { client } from "./offline_client.mjs";

const [, , url] = process.argv;
const doc = await connect(url, { document: "text", WebSocket: /** @type {any} */ (WebSocket) });
const done = client(doc, false);
console.log("{}");
for await (const line of createInterface({ input: process.stdin })) {
  const [what, given] = JSON.parse(line);
  console.log(JSON.stringify(await (what === "type" ? done.type(given) : done.reconnect())));
}
