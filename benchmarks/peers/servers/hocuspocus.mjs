// node hocuspocus.mjs PORT FOLDER: Hocuspocus with its SQLite extension, everything else as it comes.
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, folder] = process.argv.slice(2);

new Server({
  port: Number(port),
  address: "127.0.0.1",
  quiet: true,
  extensions: [new SQLite({ database: `${folder}/hocuspocus.sqlite` })],
}).listen();
