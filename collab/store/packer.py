"""Packs documents' events into segments in the background, one document after the other.

A document's turn comes when many of its events aren't packed, or when it falls idle. The heavy part runs in a
thread with a connection of its own, and for most of the time sleeps: Python runs one thread at a time, and
one that works without a break may hold up a commit by several milliseconds each time that the committing one
has waited for the disk. Working for half a millisecond and sleeping for several, it does so by half of one.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

from collab.errors import StoreError
from collab.store import history, sealing
from collab.store.readers import Readers
from collab.store.sealing import Overtaken, Plan
from collab.store.writer import Writer
from collab.waiting import Lull

MANY = 4_096
"""Unpacked events after which a document is packed in the next lull: until then they cost some 60 bytes each, and
together some milliseconds when the document is opened."""

TOO_MANY = 131_072
"""Unpacked events, 8 MB of them, after which a document is packed though it is being edited all the time. It waits
that long because packing beside a busy writer costs a tenth of what can be edited, and doubles its longest waits."""

LULL_SECONDS = 0.5
"""How long such documents must be quiet to be packed: who types fast doesn't share the processor with packing."""

FEW = 64
"""Fewer aren't packed when a document falls idle."""

WORK_SECONDS = 0.0005
"""CPU time that the packing thread takes at a stretch."""

SHARE = 0.1
"""Its share of the time: it keeps up with some 5,000 events a second."""

QUIET_SHARE = 0.5
"""Its share while nothing is appended."""

SPARE_PAGES = 256
"""Free pages, a quarter of a megabyte, that stay in the file for the events to come."""

COUNTED = 10_000
"""Documents whose unpacked events are counted, at some 100 bytes each, before the eldest is forgotten: it is
packed when it falls idle."""

logger = logging.getLogger("collab.store")


class _Stopped(Exception):
    """The store is being closed."""


class Packer:
    """Belongs to the event loop it is made in."""

    def __init__(self, path: Path, writer: Writer, *, busy_seconds: float, background: bool) -> None:
        self._path = path
        self._writer = writer
        self._busy_seconds = busy_seconds
        self._background = background
        self._readers: Readers | None = None
        self._counts: dict[str, int] = {}
        self._many: set[str] = set()
        self._lull = Lull(LULL_SECONDS, self._pack_many)
        self._appended_at = -math.inf
        self._due: dict[str, int] = {}
        self._working = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def appended(self, document: str, events: int) -> None:
        """So many events of ``document`` were committed."""
        self._appended_at = time.monotonic()
        count = self._counts[document] = self._counts.get(document, 0) + events
        if count >= TOO_MANY:
            self._schedule(document, MANY)
        elif count >= MANY:
            if self._background and not self._closed:
                self._many.add(document)
                self._lull.stir()
        elif len(self._counts) > COUNTED:
            self._many.discard(next(iter(self._counts)))
            del self._counts[next(iter(self._counts))]

    def _pack_many(self) -> None:
        for document in list(self._many):
            self._schedule(document, MANY)

    def idle(self, document: str) -> None:
        """Nobody edits ``document`` for the time being."""
        self._schedule(document, FEW)

    @property
    def busy(self) -> bool:
        """Whether something is being packed in the background."""
        return self._task is not None

    async def settled(self) -> None:
        """Wait until nothing is being packed in the background."""
        while self._task is not None:
            await asyncio.wait([self._task])

    def _schedule(self, document: str, least: int) -> None:
        self._counts.pop(document, None)
        self._many.discard(document)
        if self._closed or not self._background:
            return
        self._due[document] = min(least, self._due.get(document, least))
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._due and not self._closed:
                document = next(iter(self._due))
                least = self._due.pop(document)
                try:
                    await self._pack(document, least, pause=self._pacer(), thrifty=True, spare=SPARE_PAGES)
                except _Stopped:
                    return
                except StoreError as error:
                    # The rows are there, and all goes on. If the store is in trouble, the commits will say so.
                    logger.warning("document %s: not packed: %s", document, error)
                except Exception:
                    logger.exception("document %s: not packed", document)
        finally:
            self._task = None

    async def pack(self, document: str) -> None:
        """Pack all of ``document`` now, at full speed, and give back what room it took.

        Raises:
            StoreError: an event is damaged, or the store can't be written.
        """
        self._counts.pop(document, None)
        await self._pack(document, 1, pause=lambda: None, thrifty=False, spare=0)

    async def _pack(
        self, document: str, least: int, *, pause: Callable[[], None], thrifty: bool, spare: int
    ) -> None:
        async with self._working:
            if self._closed:
                raise StoreError("the store is closed")
            if self._readers is None:
                self._readers = await Readers.open(self._path, 1, busy_seconds=self._busy_seconds)
            while plan := await self._readers.run(
                lambda connection: sealing.plan(connection, document, least=least, thrifty=thrifty)
            ):
                await self._seal(self._readers, plan, pause)
            await self._tidy(self._readers, document, spare)

    async def _seal(self, readers: Readers, plan: Plan, pause: Callable[[], None]) -> None:
        try:
            sealed = await readers.run(
                lambda connection: sealing.build(connection, plan, pause), at_once=False
            )
        except Overtaken:
            return
        if await self._writer.run(lambda ledger: sealing.insert(ledger, plan, sealed)):
            await self._remove(plan.number)

    async def _tidy(self, readers: Readers, document: str, spare: int) -> None:
        """Remove what a killed packing has left, and give back free pages."""
        known = await readers.run(lambda connection: history.head(connection, document))
        if known is not None:
            await self._remove(known[0])
        while not self._closed and await self._writer.run(lambda ledger: sealing.shrink(ledger, spare=spare)):
            pass

    async def _remove(self, number: int) -> None:
        while not self._closed and await self._writer.run(lambda ledger: sealing.remove(ledger, number)):
            pass

    def _pacer(self) -> Callable[[], None]:
        """What the packing thread calls every fraction of a millisecond, and where it sleeps."""
        started = math.inf  # each thread has a clock of its own, and this one isn't the packing thread

        def pause() -> None:
            nonlocal started
            if self._closed:
                raise _Stopped
            now = time.thread_time()
            worked = now - started
            if worked >= WORK_SECONDS:
                quiet = time.monotonic() - self._appended_at > LULL_SECONDS
                time.sleep(worked * (1 / (QUIET_SHARE if quiet else SHARE) - 1))
            if not 0 < worked < WORK_SECONDS:
                started = time.thread_time()

        return pause

    async def close(self) -> None:
        """Stop where it is: what was begun is thrown away or finished the next time."""
        self._closed = True
        self._lull.stop()
        await self.settled()
        async with self._working:
            if self._readers is not None:
                await self._readers.close()
