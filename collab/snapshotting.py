"""When snapshots are taken: often enough that any version is near one, seldom enough to cost little.

A document gets a snapshot when what was done since the last one weighs half as much as the document itself. What
is done at one caret weighs little: it is packed as one run, and replayed as one operation. So snapshots take
about twice the room of the packed text at most, and any version costs about half a document's worth of replay. A
history of 259,778 keystrokes, 105 kB in the end, has some dozen of them, less than a byte for each keystroke.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from collab.document import Document
from collab.errors import StoreError
from collab.events import Event
from collab.operation import Operation
from collab.snapshots import pack
from collab.store.base import EventStore

MOVE_WEIGHT = 32
"""What it costs to replay a step elsewhere than at the caret, in units of text that are copied in that time."""

LEAST = 32 * 1024
"""Weight below which a snapshot isn't worth it: some 1,000 runs replay in 2 ms."""

logger = logging.getLogger("collab.snapshotting")


class Scales:
    """Weighs operations, one after the other, as they were done."""

    def __init__(self) -> None:
        self.weight = 0
        self._caret = 0

    def add(self, op: Operation) -> None:
        place, caret = 0, self._caret
        for step in op:
            if isinstance(step, int):
                if step > 0:
                    place += step
                    continue
                size, grows = -step, 0
            elif isinstance(step, str):
                size = grows = len(step)
            else:
                size, grows = _span(step)
                caret = -1  # formatted: never part of a run
            # At the caret, or up to it: typing on, and deleting backwards or forwards.
            if not place <= caret <= place + size:
                self.weight += MOVE_WEIGHT
            self.weight += grows or 1
            caret = place = place + grows
        self._caret = caret


def _span(step: dict[str, Any]) -> tuple[int, int]:
    """How much a formatted step covers, and how far it moves the caret."""
    if "retain" in step:
        return step["retain"], step["retain"]
    size = len(step["insert"]) if isinstance(step["insert"], str) else 1
    return size, size


class Live(Protocol):
    """A live document, as `collab.room.Room` is one."""

    document: Document

    async def wait_committed(self, version: int) -> None: ...


class Snapshotter:
    """Takes one document's snapshots in the background."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._since = Scales()
        self._taking: asyncio.Task[None] | None = None

    def replayed(self, operations: Sequence[Operation]) -> None:
        """Loading the document took these on top of the last snapshot: they count towards the next."""
        for op in operations:
            self._since.add(op)

    def grew(self, room: Live, batch: list[Event]) -> None:
        """Events were committed; take a snapshot if it is time."""
        for event in batch:
            op = event.op
            if op is not None:
                self._since.add(op)
        if self._since.weight >= max(LEAST, room.document.content.length // 2) and self._taking is None:
            self._since.weight = 0
            self._taking = asyncio.create_task(self._take(room))

    async def _take(self, room: Live) -> None:
        version, content = room.document.version, room.document.content.value()
        try:
            await room.wait_committed(version)
            packed = await asyncio.to_thread(pack, content)
            await self._store.save_snapshot(room.document.id, version, packed)
        except StoreError as error:
            # A snapshot is only a cache; if the store is in trouble, the commits will say so.
            logger.warning("document %s: no snapshot of version %d: %s", room.document.id, version, error)
        finally:
            self._taking = None

    async def close(self) -> None:
        """Wait for a snapshot that is being taken."""
        if self._taking is not None:
            await asyncio.wait([self._taking])
