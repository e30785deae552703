"""One client's way through the stream of a document, at its own pace.

A delivery is *live* while its socket keeps up: each frame goes to every live socket as it comes. When too much
is buffered for a socket, its delivery falls *behind*: nothing more is pushed, and a task of its own pulls what
is missing, from the room's recent events or from the log, whenever the socket has drained. A client that joins
starts behind too. So a slow reader costs one bounded buffer, and nobody any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from collab.errors import CollabError, StalledConnection, StoreError
from collab.messages import events_frame
from collab.transport import Frame, Transport

HIGH_WATER = 256 * 1024
"""Bytes buffered for a socket at which it is no longer pushed to."""

CHUNK_EVENTS = 200
"""Events to a message while catching up: the receiver can show its progress, and others wait for a millisecond."""

CHUNK_BYTES = 256 * 1024
"""Bytes of events after which a message ends: so none is giant, however much was pasted in a row."""

RowsAfter = Callable[[int, int], Awaitable[list[bytes]]]
"""Encoded events after a version, at most so many; empty when there are none that are committed."""


def frames(rows: Iterable[bytes]) -> Iterator[tuple[Frame, int]]:
    """Encoded events in frames of moderate size, each with the number of events in it."""
    chunk: list[bytes] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row)
        if size >= CHUNK_BYTES or len(chunk) >= CHUNK_EVENTS:
            yield Frame(events_frame(chunk)), len(chunk)
            chunk, size = [], 0
    if chunk:
        yield Frame(events_frame(chunk)), len(chunk)


class Delivery:
    """Feeds one transport with a document's events, in order and without gaps, from ``cursor`` on.

    ``cursor`` is the version up to which everything was written to the transport. ``caught_up`` is called
    each time the delivery goes live, ``fault`` once if it can't go on: the socket takes nothing, or the log can't
    be read.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        rows_after: RowsAfter,
        caught_up: Callable[[], None],
        fault: Callable[[CollabError], None],
        stall_seconds: float,
    ) -> None:
        self.live = False
        self.cursor = 0
        self._transport = transport
        self._rows_after = rows_after
        self._caught_up = caught_up
        self._fault = fault
        self._stall_seconds = stall_seconds
        self._feeding: asyncio.Task[None] | None = None
        # What waits for the end of the opening; None from then on.
        self._held: list[Frame] | None = []

    def start(self, opening: Iterable[Frame], cursor: int) -> None:
        """Write ``opening``, then all events after ``cursor``, then go live."""
        self.cursor = cursor
        self._feeding = asyncio.create_task(self._feed(opening))

    def push(self, frame: Frame, seq: int) -> None:
        """Pass on a frame of events up to ``seq`` which follows on `cursor`, if this delivery is live."""
        if not self.live:
            return
        if self._transport.buffered > HIGH_WATER:
            self.live = False
            self._feeding = asyncio.create_task(self._feed(()))
        else:
            self._transport.write(frame)
            self.cursor = seq

    def tell(self, frame: Frame) -> None:
        """Write ``frame``, which is about the connection itself, as soon as it may come: not within the opening."""
        if self._held is None:
            self._transport.write(frame)
        else:
            self._held.append(frame)

    def stop(self) -> None:
        """No more events. What is written already stays so."""
        self.live = False
        if self._feeding is not None:
            self._feeding.cancel()

    async def _feed(self, opening: Iterable[Frame]) -> None:
        try:
            for frame in opening:
                await self._drained()
                self._transport.write(frame)
            held, self._held = self._held, None
            for frame in held or ():
                self._transport.write(frame)
            while rows := await self._rows_after(self.cursor, CHUNK_EVENTS):
                for frame, count in frames(rows):
                    await self._drained()
                    self._transport.write(frame)
                    self.cursor += count
                    await asyncio.sleep(0)  # others have their turn between two chunks
            # Nothing was awaited since the last look, so no event can have slipped by.
            self.live = True
            self._caught_up()
        except StalledConnection as error:
            # No close frame would get through, and what is buffered never will.
            self._transport.abort()
            self._fault(error)
        except StoreError as error:
            self._fault(error)

    async def _drained(self) -> None:
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._transport.drained()
        except TimeoutError as error:
            raise StalledConnection(f"took nothing for {self._stall_seconds:g} s") from error
