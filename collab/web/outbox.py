"""Writing to a WebSocket through plain ASGI: a bounded outbox and a task that empties it.

The fallback where `collab.web.fanout` isn't to be had. It keeps the same promises save one: a peer that has
stopped reading can't be cut off, because ASGI has no word for that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from collab.transport import Frame, Listener

LOW_WATER = 64 * 1024


class OutboxTransport:
    """The `Transport` of one ASGI WebSocket. Make it inside a running event loop, and `join` it at the end.

    The outbox is bounded by its users: nobody pushes to a transport with much buffered (`collab.delivery`),
    and a client that doesn't take its answers isn't read from.
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
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listener: Listener | None = None
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
        self._listener = listener

    def pause_reading(self) -> None:
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    async def run(self) -> None:
        """Give the listener what comes, until either side ends it; then see to it that a close frame goes out."""
        listener = self._listener
        assert listener is not None
        try:
            while (event := await self._next()) is not None:
                text: str | None = event.get("text")
                if text is None:
                    listener.binary_received()
                else:
                    listener.text_received(text.encode())
        finally:
            listener.gone()
            await asyncio.shield(self._finish())

    async def _next(self) -> Message | None:
        """The next message, None when there will be none."""
        receiving = asyncio.create_task(self._receive())
        try:
            waiting: set[asyncio.Future[Any]] = {receiving, self._ended}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done() or receiving.result()["type"] == "websocket.disconnect":
                return None
            return receiving.result()
        finally:
            receiving.cancel()

    async def _receive(self) -> Message:
        # Who doesn't take its answers is not listened to.
        await self._low.wait()
        await self._reading.wait()
        return await self._websocket.receive()

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

    async def _finish(self) -> None:
        """Stop writing, after a close frame has gone out if one was asked for."""
        if self._closing is None:
            self.abort()
        await asyncio.wait([self._writer])

    async def _write_all(self) -> None:
        try:
            while True:
                while self._outbox:
                    frame = self._outbox.popleft()
                    if frame.binary:
                        await self._websocket.send_bytes(frame.payload)
                    else:
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
