"""Sockets below ASGI: one encoded frame to many sockets, and messages straight from the socket to their reader.

ASGI's ``await send()`` costs a coroutine for each socket and says nothing of a socket's backlog, and its ``await
receive()`` costs a queue, a future and a turn of the event loop for each message. So this subclass of uvicorn's
WebSocket protocol offers itself to the endpoint as a `Transport` that writes raw frames, sees how much waits to be
sent, hands over each text message as it comes, and can drop a socket that takes nothing any more. A frame goes to
the network at once, with one system call: rooms gather what belongs together before they write.

A client's message is nearly always one short, whole text frame. Those are cut out of the stream here; the rest, from
pings to fragments and breaches of the protocol, is left to the library.

It leans on names inside uvicorn, which is therefore pinned to one minor version; `tests/test_fanout.py` is the
contract. On any other server `collab.web.outbox` does the same through plain ASGI.
"""

from __future__ import annotations

from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.http11 import Request
from websockets.speedups import apply_mask

from collab.transport import Frame, Listener
from collab.web.framing import WHOLE_TEXT, BadFrame, find_frame

EXTENSION = "collab.transport"
"""Key in the ASGI scope's extensions under which the transport is offered."""

LOW_WATER = 64 * 1024
CLOSE_SECONDS = 5.0
"""How long a peer has for answering a close frame, or for taking one, before it is cut off."""


class FanoutProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, offered to the endpoint as a `Transport`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listener: Listener | None = None
        # Bytes of frames that are not whole yet, or for which it is not the time, and where the next one starts.
        self._unread = b""
        self._at = 0
        self._holds: set[str] = set()

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

    # Reading.

    def listen(self, listener: Listener) -> None:
        """Give all text messages to ``listener`` that come from now on."""
        self._listener = listener
        if not self.writable.is_set():
            self.hold("writing")

    def deafen(self) -> None:
        """Leave all that comes from now on to uvicorn, which waits for the peer's close frame."""
        if self._listener is None:
            return
        self._listener = None
        if self._holds:
            self._holds.clear()
            if not self.transport.is_closing():
                self.transport.resume_reading()
        unread, self._unread, self._at = self._unread[self._at :], b"", 0
        if unread:
            super().data_received(unread)

    def data_received(self, data: bytes) -> None:
        if self._listener is None:
            super().data_received(data)
            return
        self._unread += data
        self._read()

    def _read(self) -> None:
        """Pass on the frames that are all there, until somebody holds."""
        data, max_size = self._unread, self.config.ws_max_size
        while (listener := self._listener) is not None and not self._holds:
            at = self._at
            try:
                frame = find_frame(data, at, max_size=max_size)
            except BadFrame:
                self.deafen()  # the library has the words for what is wrong with it
                return
            if frame is None:
                break
            start, self._at = frame
            if data[at] == WHOLE_TEXT and not self.frames:
                listener(apply_mask(data[start : self._at], data[start - 4 : start]))
            else:
                super().data_received(data[at : self._at])
        if self._listener is not None:
            self._unread, self._at = data[self._at :], 0

    def send_receive_event_to_app(self) -> None:
        if self._listener is None or self.curr_msg_data_type == "bytes":
            super().send_receive_event_to_app()
            return
        message, self.frames = b"".join(self.frames), []
        self._listener(message)

    def hold(self, reason: str) -> None:
        """Read nothing until there is no ``reason`` left not to."""
        if not self._holds and not self.transport.is_closing():
            self.transport.pause_reading()
        self._holds.add(reason)

    def release(self, reason: str) -> None:
        if reason in self._holds:
            self._holds.remove(reason)
            # Not at once: whoever releases may be in the middle of something that the next message changes.
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._holds or self._listener is None:
            return
        self._read()
        if not self._holds and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._listener is not None:
            # Who doesn't take its answers is not listened to.
            self.hold("writing")

    def resume_writing(self) -> None:
        super().resume_writing()
        self.release("writing")


class SocketTransport:
    """The `Transport` of one uvicorn connection."""

    def __init__(self, protocol: FanoutProtocol) -> None:
        self._protocol = protocol
        protocol.transport.set_write_buffer_limits(high=2 * LOW_WATER, low=LOW_WATER)

    @property
    def buffered(self) -> int:
        return self._protocol.transport.get_write_buffer_size()

    def write(self, frame: Frame) -> None:
        protocol = self._protocol
        if not (protocol.close_sent or protocol.transport.is_closing()):
            protocol.transport.write(frame.raw)

    async def drained(self) -> None:
        await self._protocol.writable.wait()

    def listen(self, listener: Listener) -> None:
        self._protocol.listen(listener)

    def pause_reading(self) -> None:
        self._protocol.hold("asked to")

    def resume_reading(self) -> None:
        self._protocol.release("asked to")

    def close(self, code: int, reason: str) -> None:
        protocol = self._protocol
        if not (protocol.disconnected or protocol.close_sent or protocol.transport.is_closing()):
            self._say_goodbye(code, reason)
        protocol.deafen()

    def _say_goodbye(self, code: int, reason: str) -> None:
        protocol = self._protocol
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
