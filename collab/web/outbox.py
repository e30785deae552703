"""Writing to a WebSocket through plain ASGI: a bounded outbox and a task that empties it.

The fallback where `collab.web.fanout` isn't to be had. It keeps the same promises save one: a peer that has
stopped reading can't be cut off, because ASGI has no word for that.
"""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from collab.transport import Frame, Listener

LOW_WATER = 64 * 1024


class OutboxTransport:
    """The `Transport` of one ASGI WebSocket. Make it inside a running event loop, and `join` it at the end.

    The outbox is bounded by its users: nobody pushes to a transport with much buffered (`collab.delivery`),
    and nobody reads from a client that doesn't take its answers (`collab.connection`).
    """

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._outbox: deque[Frame] = deque()
        self._size = 0
        self._closing: tuple[int, str] | None = None
        self._stirred = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()
        self._reading = asyncio.Event()
        self._reading.set()
        self._ended = asyncio.get_running_loop().create_future()
        self._writer = asyncio.create_task(self._write_all())

    @property
    def buffered(self) -> int:
        return self._size

    def write(self, frame: Frame) -> None:
        if self._closing is None and not self._writer.done():
            self._outbox.append(frame)
            self._size += len(frame.payload)
            if self._size > LOW_WATER:
                self._low.clear()
            self._stirred.set()

    async def drained(self) -> None:
        await self._low.wait()

    def listen(self, listener: Listener) -> None:
        pass  # ASGI has one way to receive

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    async def receive(self) -> str | bytes | None:
        """The next text or binary message, None once the peer is gone or the socket is closed from here."""
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait({receiving, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            return None if self._ended.done() else await receiving
        finally:
            receiving.cancel()

    async def _receive(self) -> str | bytes | None:
        # Who doesn't take its answers is not listened to.
        await self._low.wait()
        await self._reading.wait()
        return message_of(await self._websocket.receive())

    def close(self, code: int, reason: str) -> None:
        if self._closing is None:
            self._closing = code, reason
            self._stirred.set()
            self._end()

    def abort(self) -> None:
        self._writer.cancel()
        self._low.set()
        self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def join(self) -> None:
        """Stop writing, after a close frame has gone out if one was asked for."""
        if self._closing is None:
            self.abort()
        await asyncio.wait([self._writer])

    async def _write_all(self) -> None:
        try:
            while True:
                while self._outbox:
                    frame = self._outbox.popleft()
                    await self._websocket.send_text(frame.payload.decode())
                    self._size -= len(frame.payload)
                    if self._size <= LOW_WATER:
                        self._low.set()
                if self._closing is not None:
                    await self._websocket.close(*self._closing)
                    return
                self._stirred.clear()
                await self._stirred.wait()
        except (WebSocketDisconnect, RuntimeError):
            # The peer is gone, which whoever reads from the socket finds out too. Starlette says it
            # with a RuntimeError where the close was seen before the send.
            pass
        finally:
            self._low.set()


def message_of(event: Message) -> str | bytes | None:
    """The text or binary message in an ASGI event, None if the event is the end."""
    if event["type"] == "websocket.disconnect":
        return None
    text: str | None = event.get("text")
    return text if text is not None else event["bytes"]
