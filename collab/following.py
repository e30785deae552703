"""A log followed over HTTP: each event as it happens, and none missed or told twice when the way there breaks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import msgspec

from collab.asking import AGAIN, Asking
from collab.errors import HistoryError
from collab.link import longest_backoff
from collab.messages import EventRow
from collab.shapes import LogRow
from collab.tokens import Token

Row = TypeVar("Row", bound=EventRow)

LIVE = "text/event-stream"


async def follow_log(
    url: str, *, after: int | None = None, token: Token | None = None
) -> AsyncIterator[LogRow]:
    """The events of all documents on the server at ``url``, from position ``after`` on, or from now on; endless.

    Keep the ``position`` of what is dealt with, and go on ``after`` it.

    Raises:
        HistoryError: the server says no.
    """
    async with Asking(url, token) as asking:
        async for row in followed(asking, "/api/log", LogRow, after):
            yield row


async def followed(asking: Asking, path: str, shape: type[Row], after: int | None) -> AsyncIterator[Row]:
    """The rows of the live stream at ``path``, taken up again behind the last one however often it breaks.

    Raises:
        HistoryError: the server says no.
    """
    failed = 0
    while True:
        try:
            async with aclosing(_told(asking, path, after)) as told:
                async for number, data in told:
                    after, failed = number, 0
                    if data:
                        yield msgspec.json.decode(data, type=shape)
        except HistoryError as error:
            if error.status not in AGAIN:
                raise
        # The server is going down, or the way there broke.
        await asyncio.sleep(random.uniform(0, longest_backoff(failed)))
        failed += 1


async def _told(asking: Asking, path: str, after: int | None) -> AsyncGenerator[tuple[int, bytes]]:
    """The ids that one stream tells, each with its data: none with the first, which says where it begins.

    Of Server-Sent Events (in the HTML standard) this takes what our server writes: lines that end with a line feed.
    """
    headers = {"Accept": LIVE} | ({} if after is None else {"Last-Event-ID": str(after)})
    number, data, rest = 0, b"", b""
    async with aclosing(asking.stream(path, {}, headers=headers, tries=1)) as pieces:
        async for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                name, _, value = line.partition(b": ")
                if name == b"id":
                    number = int(value)
                elif name == b"data":
                    data = value
                elif not line:
                    yield number, data
                    data = b""
