"""``python naive_server.py PORT FOLDER``: the least that speaks enough of ``collab.v1`` for typing, done plainly.

Each edit is decoded with the standard library, carried over what its author had not seen, committed by itself,
encoded for each client anew, and sent to one client after the other. `benchmarks.check` compares collab with it. It
holds no text, and knows single inserts only.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

compact = json.JSONEncoder(separators=(",", ":")).encode


class Rooms:
    """All documents: their events, and who is connected."""

    def __init__(self, database: Path) -> None:
        self._events: dict[str, list[dict[str, Any]]] = {}
        self._connected: dict[str, set[ServerConnection]] = {}
        self._log = sqlite3.connect(database, isolation_level=None)
        self._log.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        self._log.execute(
            "CREATE TABLE events (document TEXT, seq INTEGER, row TEXT, PRIMARY KEY (document, seq))"
        )

    async def talk(self, connection: ServerConnection) -> None:
        """One client from hello to close."""
        assert connection.request is not None
        document = connection.request.path.rpartition("/")[2]
        client = json.loads(await connection.recv())["client"]
        events = self._events.setdefault(document, [])
        welcome = {"type": "welcome", "seq": len(events), "snapshot": {"seq": len(events), "length": 0}}
        await connection.send(compact(welcome))
        await connection.send(compact({"type": "snapshot", "content": [], "last": True}))
        connected = self._connected.setdefault(document, set())
        connected.add(connection)
        try:
            async for frame in connection:
                await self._edit(document, client, json.loads(frame))
        finally:
            connected.discard(connection)

    async def _edit(self, document: str, client: str, edit: dict[str, Any]) -> None:
        events = self._events[document]
        place, text = [0, *edit["op"]][-2:]
        for event in events[edit["base"] :]:
            other = [0, *event["op"]][-2]
            before = other < place or (other == place and event["client"] < client)
            if event["client"] != client and before:
                place += len(event["op"][-1])
        event = {
            "seq": len(events) + 1,
            "type": "edited",
            "client": client,
            "id": edit["id"],
            "author": "somebody",
            "at": int(time.time() * 1e6),
            "op": [place, text] if place else [text],
        }
        events.append(event)
        self._log.execute("INSERT INTO events VALUES (?, ?, ?)", (document, event["seq"], compact(event)))
        for connection in list(self._connected[document]):
            await connection.send(compact({"type": "events", "events": [event]}))


async def main(port: int, folder: Path) -> None:
    rooms = Rooms(folder / "naive.db")
    protocols = [Subprotocol("collab.v1")]
    async with serve(rooms.talk, "127.0.0.1", port, subprotocols=protocols, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
