"""``python pycrdt_server.py PORT FOLDER``: pycrdt-websocket on hypercorn, with SQLiteYStore.

pycrdt-websocket leaves it to the application to load what is stored: here, when a room's first client comes.
"""

# Its packages are in an environment of their own, where no type checker looks.
# mypy: disable-error-code="import-not-found,misc"

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from hypercorn import Config
from hypercorn.asyncio import serve
from pycrdt.store import SQLiteYStore, YDocNotFound
from pycrdt.websocket import ASGIServer, WebsocketServer, YRoom, exception_logger

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])


class Store(SQLiteYStore):
    db_path = str(FOLDER / "pycrdt.sqlite")


class Rooms(WebsocketServer):
    """Rooms whose documents are in the store."""

    def __init__(self) -> None:
        super().__init__(exception_handler=exception_logger)
        self._opening = asyncio.Lock()

    async def open(self, name: str) -> Store:
        store = Store(name)
        await self._task_group.start(store.start)
        await store.db_initialized.wait()
        return store

    async def get_room(self, name: str) -> YRoom:
        async with self._opening:
            if name not in self.rooms:
                room = YRoom(ready=False, ystore=await self.open(name), exception_handler=exception_logger)
                try:
                    await room.ystore.apply_updates(room.ydoc)
                except YDocNotFound:
                    pass  # a new one
                room.ready = True
                self.rooms[name] = room
            await self.start_room(self.rooms[name])
            return self.rooms[name]


async def main() -> None:
    rooms = Rooms()
    async with rooms:
        await rooms.open("/")  # makes the tables before rooms can get in each other's way
        config = Config()
        config.bind = [f"127.0.0.1:{PORT}"]
        application: Any = ASGIServer(rooms)
        await serve(application, config)


asyncio.run(main())
