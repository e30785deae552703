import { WebSocketServer } from "ws";

import { Room } from "./room.js";

/** A `Room` behind real WebSockets, on a port of this machine. */
export class RoomServer {
  /** @param {Room} [room] @param {number} [port] 0 for any free one */
  static async start(room = new Room(), port = 0) {
    const server = new WebSocketServer({ port, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    return new RoomServer(room, server);
  }

  /** @param {Room} room @param {WebSocketServer} server */
  constructor(room, server) {
    this.room = room;
    this.server = server;
    /** @type {any[]} */
    this.received = [];
    this.mute = false;
    server.on("connection", (socket, request) => {
      this.path = request.url;
      this.protocol = socket.protocol;
      const session = room.connect({
        send: (message) => socket.send(message instanceof Uint8Array ? message : JSON.stringify(message)),
        close: (code, reason) => socket.close(code, reason),
      });
      socket.on("message", (frame) => {
        const message = JSON.parse(String(frame));
        this.received.push(message);
        session.receive(message);
        if (!this.mute) room.commit();
      });
      socket.on("close", () => {
        session.gone();
        if (!this.mute) room.commit(); // sends what waits, here that somebody left
      });
    });
  }

  get port() {
    return /** @type {import("node:net").AddressInfo} */ (this.server.address()).port;
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** Break all connections without a word. */
  cut() {
    for (const socket of this.server.clients) socket.terminate();
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
