// node sharedb.mjs PORT FOLDER [SOCKETS DATABASE]: ShareDB with text documents; in memory, or in the PostgreSQL database whose
// server has its socket in the folder SOCKETS.
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import otText from "ot-text-unicode";
import Backend from "sharedb";
import postgres from "sharedb-postgres";
import { WebSocketServer } from "ws";

const [port, , host, database] = process.argv.slice(2);

Backend.types.register(otText.type);
const backend = new Backend(host ? { db: postgres({ host, database, user: "peers" }) } : {});

/** A stream of messages over one socket, as ShareDB wants it. */
class Messages extends Duplex {
  #socket;

  constructor(socket) {
    super({ objectMode: true });
    this.#socket = socket;
    socket.on("message", (text) => this.push(JSON.parse(text)));
    socket.on("close", () => {
      this.push(null);
      this.destroy();
    });
  }

  _read() {}

  _write(message, _encoding, done) {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
    done();
  }

  _final(done) {
    this.#socket.close();
    done();
  }
}

const server = createServer();
new WebSocketServer({ server }).on("connection", (socket) => backend.listen(new Messages(socket)));
server.listen(Number(port), "127.0.0.1");
