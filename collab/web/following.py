"""Events told one after the other: a line each until the newest, or as Server-Sent Events for as long as one listens.

They are read a page at a time, so that a follower costs one page of memory, however far behind it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import NamedTuple

import msgspec

from collab.messages import EventRow
from collab.watching import Watching

LINES = "application/x-ndjson"
LIVE = "text/event-stream"

HEARTBEAT_SECONDS = 15.0
"""How long a live stream is silent at most: proxies take it for dead after a minute or so. As often it looks for what
other programs have put in the log, of which nobody tells."""

RETRY_MILLISECONDS = 2_000
"""How long browsers wait before they come back."""

PAGE_BYTES = 256 * 1024
FIRST_PAGE = 16
MAX_PAGE = 1_000

Numbered = tuple[int, EventRow]
"""An event, and its number among those that are followed: its seq, or its position."""

Read = Callable[[int, int], Awaitable[Sequence[Numbered]]]
"""Reads what follows a number, at most so many. Numbers have no gaps."""


class Line(NamedTuple):
    number: int
    type: str
    json: bytes


class Pages:
    """The events after ``reached`` up to ``last``, if there is one, in pages of some `PAGE_BYTES`. One that wasn't
    ``full`` had all there was."""

    def __init__(self, read: Read, after: int, last: int | None) -> None:
        self.reached = after
        self.full = False
        self._read = read
        self._last = last
        self._limit = FIRST_PAGE
        self._ahead: list[Line] = []

    @property
    def over(self) -> bool:
        """Whether the last that is wanted was read."""
        return self._last is not None and self.reached >= self._last

    async def prepare(self) -> None:
        """Read the first page ahead of time: if it can't be read, there is still time to say so."""
        self._ahead = await self._following()

    async def next(self) -> list[Line]:
        """The next page; empty if there is nothing more, or not yet."""
        page, self._ahead = self._ahead, []
        self.full = bool(page)  # since it was read more may have come
        if not page:
            page = await self._following()
            self.full = len(page) == self._limit
        if page:
            self.reached = page[-1].number
            # Events are large or small in stretches, so the last page says how many the next may have.
            size = sum(len(line.json) for line in page)
            fitting = len(page) * PAGE_BYTES // size
            self._limit = max(1, min(fitting, 2 * self._limit, MAX_PAGE))
        return page

    async def _following(self) -> list[Line]:
        if self.over:
            return []
        limit = self._limit if self._last is None else min(self._limit, self._last - self.reached)
        return [
            Line(number, row.type, msgspec.json.encode(row))
            for number, row in await self._read(self.reached, limit)
        ]


async def lines(pages: Pages) -> AsyncGenerator[bytes]:
    """Each event as a line of JSON."""
    while page := await pages.next():
        yield b"".join(line.json + b"\n" for line in page)


async def live(pages: Pages, watching: Watching, document: str | None) -> AsyncGenerator[bytes]:
    """Server-Sent Events, those that are there and then those that come, until the server goes down.

    The first thing told is where it starts: so a browser that loses the connection before anything happens comes back
    to that very place.
    """
    with watching.watch(document) as watch:
        yield b"retry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, pages.reached)
        silent = False
        while True:
            closing = watch.closed
            watch.looking()
            while page := await pages.next():
                silent = False
                yield b"".join(map(_told, page))
                if not pages.full:
                    break
            if closing or pages.over:
                return
            if silent:
                yield b":\n\n"
            silent = not await watch.stirred(seconds=HEARTBEAT_SECONDS)


def _told(line: Line) -> bytes:
    # Types that only a newer program knows may be any text, and a field ends with its line.
    type_ = re.sub(r"[\r\n]", " ", line.type)
    return b"event: %b\nid: %d\ndata: %b\n\n" % (type_.encode(), line.number, line.json)
