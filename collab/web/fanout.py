"""Writing to many WebSockets at once, below ASGI.

ASGI can only `await send(...)`: one coroutine a socket and message, and one stalled socket holds up whoever
waits for it. `FanoutProtocol` is uvicorn's sans-I/O WebSocket protocol, offering itself to the endpoint as a
`Transport`: a room writes one encoded frame to every socket without waiting, sees what is buffered, and
can drop a socket that takes nothing any more. What is written in one tick of the event loop goes out in one
system call.

It leans on names inside uvicorn, which is therefore pinned to one minor version; `tests/test_fanout.py` is the
contract. On any other server `collab.web.outbox` does the same through plain ASGI.
"""

from __future__ import annotations

from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request

from collab.transport import Frame

EXTENSION = "collab.transport"
"""Key in the ASGI scope's extensions under which the transport is offered."""

LOW_WATER = 64 * 1024
CLOSE_SECONDS = 5.0
"""How long a peer has for answering a close frame, or for taking one, before it is cut off."""


class FanoutProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, offered to the endpoint as a `Transport`."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            # The application's task was made but hasn't run yet: it will see this.
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = SocketTransport(self)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # uvicorn closes, and would wait for ever until the peer has taken what is buffered.
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)


class SocketTransport:
    """The `Transport` of one uvicorn connection."""

    def __init__(self, protocol: FanoutProtocol) -> None:
        self._protocol = protocol
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        protocol.transport.set_write_buffer_limits(high=2 * LOW_WATER, low=LOW_WATER)

    @property
    def buffered(self) -> int:
        return self._waiting_size + self._protocol.transport.get_write_buffer_size()

    def write(self, frame: Frame) -> None:
        raw = frame.raw
        if not self._waiting:
            self._protocol.loop.call_soon(self._flush)
        self._waiting.append(raw)
        self._waiting_size += len(raw)

    def _flush(self) -> None:
        waiting, self._waiting, self._waiting_size = self._waiting, [], 0
        protocol = self._protocol
        if waiting and not (protocol.disconnected or protocol.close_sent or protocol.transport.is_closing()):
            protocol.transport.write(b"".join(waiting) if len(waiting) > 1 else waiting[0])

    async def drained(self) -> None:
        self._flush()
        await self._protocol.writable.wait()

    def close(self, code: int, reason: str) -> None:
        self._flush()
        protocol = self._protocol
        if protocol.disconnected or protocol.close_sent or protocol.transport.is_closing():
            return
        try:
            protocol.conn.send_close(code, reason)
        except InvalidState:
            return
        protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()
        protocol.close_timer = protocol.loop.call_later(CLOSE_SECONDS, protocol.transport.abort)

    def abort(self) -> None:
        self._protocol.transport.abort()


def transport_of(scope: Any) -> SocketTransport | None:
    """The transport that the server offers, if it is one of ours."""
    found = scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, SocketTransport) else None
