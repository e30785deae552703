"""When snapshots are taken: often enough that any version is near one, seldom enough to cost little.

A document gets a snapshot when the events since the last one weigh as much as the document itself. So
snapshots take about as much storage as the events at most, and reading any version costs about one document's
worth of replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from collab.document import Document
from collab.errors import StoreError
from collab.events import Event
from collab.operation import Component
from collab.snapshots import pack
from collab.store.base import EventStore

EVENT_WEIGHT = 16
"""What an event costs beside its text, in units: roughly the bytes of its place, author and time."""

LEAST = 32 * 1024
"""Weight below which a snapshot isn't worth it: some 2,000 keystrokes replay in a millisecond."""

logger = logging.getLogger("collab.snapshotting")


def weight(event: Event) -> int:
    """How much replaying ``event`` costs, in units of text."""
    return EVENT_WEIGHT + sum(map(_size, event.op or []))


def _size(step: Component) -> int:
    text = step.get("insert") if isinstance(step, dict) else step
    return len(text) if isinstance(text, str) else 1


class Live(Protocol):
    """A live document, as `collab.room.Room` is one."""

    document: Document

    async def wait_committed(self, version: int) -> None: ...


class Snapshotter:
    """Takes one document's snapshots in the background."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._since = 0
        self._taking: asyncio.Task[None] | None = None

    def replayed(self, events: Sequence[Event]) -> None:
        """Loading the document took ``events`` on top of the last snapshot: they count towards the next."""
        self._since += sum(map(weight, events))

    def grew(self, room: Live, batch: list[Event]) -> None:
        """Events were committed; take a snapshot if it is time."""
        self._since += sum(map(weight, batch))
        if self._since >= max(LEAST, room.document.content.length) and self._taking is None:
            self._since = 0
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
