"""Answers that are made while they are sent, and how many of them there may be at once.

Whoever reads slowly gets the next part when the last one has left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from collab.errors import CollabError, TooManyStreams

PIECE = 64 * 1024
"""Bytes given to a socket at once; each has to leave within `Limits.stall_seconds`."""

logger = logging.getLogger("collab.web.streams")


class OpenStreams:
    """How many streams a server has open, and how many it may."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open = 0

    def __len__(self) -> int:
        return self._open

    def check(self) -> None:
        """Raises TooManyStreams if there is no room for another."""
        if self._open >= self._limit:
            raise TooManyStreams(self._limit)

    @contextmanager
    def one(self) -> Iterator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


class Stream(StreamingResponse):
    """An answer that is made while it is sent.

    If it can't go on, because the store fails or the client takes nothing for ``stall_seconds``, the connection is
    cut in the middle, so that nobody takes it for whole.
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes],
        *,
        media_type: str,
        streams: OpenStreams,
        stall_seconds: float,
    ) -> None:
        streams.check()
        # Proxies are not to keep it, nor to gather it before they pass it on.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(parts, headers=headers, media_type=media_type)
        self._parts = parts
        self._streams = streams
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The parts are closed here and now, not whenever they are collected: they hold a watch.
        with self._streams.one():
            async with aclosing(self._parts):
                if scope["method"] == "HEAD":
                    await send(self._start())
                    await send({"type": "http.response.body"})
                    return
                try:
                    await super().__call__(scope, receive, send)
                except (CollabError, TimeoutError, ClientDisconnect) as error:
                    logger.warning("%s: the stream was cut off: %s", scope["path"], str(error) or "stalled")

    async def stream_response(self, send: Send) -> None:
        await send(self._start())
        async for part in self._parts:
            for at in range(0, len(part), PIECE):
                body = part[at : at + PIECE]
                async with asyncio.timeout(self._stall_seconds):
                    await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _start(self) -> dict[str, object]:
        return {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
