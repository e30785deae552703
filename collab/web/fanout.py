"""Sockets below ASGI: one encoded frame to many sockets, and messages straight from the socket to their reader.

ASGI's ``await send()`` costs a coroutine for each socket and says nothing of a socket's backlog; its ``await
receive()`` costs a queue, a future and a turn of the event loop for each message; and a call that lasts as long as
its socket keeps the request and a chain of suspended coroutines in memory for it. So uvicorn and the application do
the opening handshake, and then the endpoint takes the socket over: from there on it belongs to a `SocketTransport`,
and the ASGI call ends.

A client's message is nearly always one short, whole text frame. Those are cut out of the stream here; the rest, from
pings to fragments and breaches of the protocol, is left to the websockets library.

This leans on names inside uvicorn, which is therefore pinned to one minor version; `tests/test_fanout*.py` are the
contract. On any other server `collab.web.outbox` does the same through plain ASGI.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame as Fragment
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.speedups import apply_mask

from collab.transport import Frame, Listener
from collab.web.arrival import Arrival, arrival
from collab.web.framing import PING, PONG, WHOLE_TEXT, BadFrame, find_frame

EXTENSION = "collab.transport"
"""Key in the ASGI scope's extensions under which the transport is offered."""

LOW_WATER = 64 * 1024
CLOSE_SECONDS = 5.0
"""How long a peer has for answering a close frame, or for taking one, before it is cut off."""

SILENT_CLOSE_SECONDS = 0.5
"""The same for one that didn't answer when it was asked whether it is there."""

# Why nothing is read from a socket.
_ASKED, _FULL = 1, 2

_logger = logging.getLogger("collab.web.fanout")


class FanoutProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which offers the endpoint a `Transport` to take over from it."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            # The application's task was made but hasn't run yet: it will see this.
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[EXTENSION] = SocketTransport(self)

    def hand_over(self, heir: SocketTransport) -> asyncio.Transport:
        """Give the socket, on which the handshake is done, to ``heir``."""
        socket = self.transport
        self.stop_keepalive()
        self.connections.remove(self)
        cast("set[Any]", self.connections).add(heir)
        # What uvicorn does when the ASGI call ends must not end the connection.
        self.transport = cast(asyncio.Transport, _HANDED_OVER)
        socket.set_protocol(heir)
        return socket


class _HandedOver:
    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        pass


_HANDED_OVER = _HandedOver()


class SocketTransport(asyncio.Protocol):
    """The `Transport` of one connection, and its protocol as soon as somebody listens."""

    __slots__ = (
        "_at",
        "_closing",
        "_connections",
        "_drained",
        "_fragments",
        "_full",
        "_heard",
        "_holds",
        "_library",
        "_listener",
        "_max_size",
        "_origin",
        "_pinged",
        "_pings",
        "_socket",
        "_timer",
        "_unread",
    )

    def __init__(self, origin: FanoutProtocol) -> None:
        self._origin: FanoutProtocol | None = origin
        self._socket = origin.transport
        self._connections = cast("set[Any]", origin.connections)
        self._max_size = origin.config.ws_max_size
        self._listener: Listener | None = None
        # Bytes of frames that are not whole yet, or for which it is not the time, and where the next one starts.
        self._unread = b""
        self._at = 0
        self._holds = 0
        self._fragments: list[bytes] = []
        self._library: ServerProtocol | None = None
        self._closing = False
        self._full = False
        self._drained: asyncio.Future[None] | None = None
        self._pings = origin.config.ws_ping_interval or 0.0
        self._heard = True
        self._pinged: Arrival | None = None
        self._timer: asyncio.TimerHandle | None = None

    def listen(self, listener: Listener) -> None:
        origin, self._origin = self._origin, None
        assert origin is not None, "somebody listens already"
        loop = asyncio.get_running_loop()
        if origin.disconnected or self._socket.is_closing():
            self._closing = True
            loop.call_soon(listener.gone)
            return
        self._listener = listener
        self._socket = origin.hand_over(self)
        self._socket.set_write_buffer_limits(high=2 * LOW_WATER, low=LOW_WATER)
        if not origin.queue.empty() or origin.conn.reader.buffer:
            # RFC 6455, 4.1: a client waits for the answer to its handshake. Half a frame can't be handed over.
            self.close(1002, "spoke before the handshake was answered")
        elif self._pings:
            self._timer = loop.call_later(self._pings, self._watch)

    # Writing.

    @property
    def buffered(self) -> int:
        return self._socket.get_write_buffer_size()

    def write(self, frame: Frame) -> None:
        if not (self._closing or self._socket.is_closing()):
            self._socket.write(frame.raw)

    async def drained(self) -> None:
        while self._full:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def pause_writing(self) -> None:
        self._full = True
        # Who doesn't take its answers is not listened to.
        self._hold(_FULL)

    def resume_writing(self) -> None:
        self._full = False
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._release(_FULL)

    def close(self, code: int, reason: str) -> None:
        if self._closing or self._socket.is_closing():
            return
        library = self._with_library()
        try:
            library.send_close(code, reason)
        except InvalidState:
            return
        self._closing = True
        self._send(library)
        self._cut_off_later()
        self._read_rest()

    def abort(self) -> None:
        self._closing = True
        self._socket.abort()

    def shutdown(self) -> None:
        """uvicorn's word for the end of the server: say so, and don't wait for an answer."""
        self.close(1012, "")
        self._socket.close()

    def _cut_off_later(self, seconds: float | None = None) -> None:
        self._stop_timer()
        wait = CLOSE_SECONDS if seconds is None else seconds
        self._timer = asyncio.get_running_loop().call_later(wait, self._socket.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._stop_timer()
        self._connections.discard(self)
        self.resume_writing()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.gone()

    # Reading.

    def pause_reading(self) -> None:
        self._hold(_ASKED)

    def resume_reading(self) -> None:
        self._release(_ASKED)

    def _hold(self, reason: int) -> None:
        if not self._holds and not self._socket.is_closing():
            self._socket.pause_reading()
        self._holds |= reason

    def _release(self, reason: int) -> None:
        if self._holds & reason:
            self._holds &= ~reason
            # Not at once: whoever releases may be in the middle of something that the next message changes.
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self._closing and not self._holds:
            self._read()
        if not self._holds and not self._socket.is_closing():
            self._socket.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._closing:
            self._feed(data)
        else:
            self._unread = self._unread + data if self._unread else data
            self._read()

    def _read(self) -> None:
        """Pass on the frames that are all there, until somebody holds or the end is near."""
        data, listener = self._unread, self._listener
        while not self._holds and not self._closing:
            at = self._at
            try:
                frame = find_frame(data, at, max_size=self._max_size)
            except BadFrame:
                self._read_rest()  # the library has the words for what is wrong with it
                return
            if frame is None:
                break
            start, self._at = frame
            if data[at] == WHOLE_TEXT and not self._fragments and listener is not None:
                listener.text_received(apply_mask(data[start : self._at], data[start - 4 : start]))
            elif data[at] != PONG:  # any byte that comes shows that the peer is there
                self._feed(data[at : self._at])
        self._unread, self._at = data[self._at :], 0

    def _read_rest(self) -> None:
        """Leave all that isn't read yet to the library."""
        rest, self._unread, self._at = self._unread[self._at :], b"", 0
        if self._holds:
            self._holds = 0
            self._socket.resume_reading()
        if rest:
            self._feed(rest)

    # The rarer frames.

    def _with_library(self) -> ServerProtocol:
        if self._library is None:
            self._library = ServerProtocol(state=OPEN, max_size=self._max_size, logger=_logger)
        return self._library

    def _feed(self, data: bytes) -> None:
        library = self._with_library()
        library.receive_data(data)
        for event in library.events_received():
            if isinstance(event, Fragment) and not self._closing:
                self._take(event)
        self._send(library)
        if library.state is not OPEN:
            self._closing = True

    def _take(self, frame: Fragment) -> None:
        if frame.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT) and self._listener is not None:
            if frame.opcode is Opcode.BINARY:
                self._listener.binary_received()
                return
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                message, self._fragments = b"".join(self._fragments), []
                self._listener.text_received(message)

    def _send(self, library: ServerProtocol) -> None:
        """Send what the library has to say: a pong, or what belongs to the end."""
        if self._socket.is_closing():
            return
        for data in library.data_to_send():
            if data:
                self._socket.write(data)
            else:
                # The end is agreed on; a peer that has stopped reading gets some time to take it.
                self._cut_off_later()
                self._socket.close()

    # Looking after quiet connections.

    def _watch(self) -> None:
        """Ping a peer that was silent for one interval, and give up on one that doesn't answer for another.

        A ping waits behind all that was written before. So while the network still takes something it is waited for:
        a large document may be under way for longer than that. And who isn't listened to isn't silent: it was asked to
        wait, or this program was busy, and what has come isn't read yet.
        """
        loop, due = asyncio.get_running_loop(), self._timer
        late = due is not None and loop.time() - due.when() > self._pings / 2
        self._timer = loop.call_later(self._pings, self._watch)
        if self._heard or late or self._holds & _ASKED:
            self._heard = False
            self._pinged = None
        elif self._pinged is None:
            self._socket.write(PING)
            self._pinged = arrival(self._socket)
        else:
            before, self._pinged = self._pinged, arrival(self._socket)
            if not (self._pinged.awaited and self._pinged.arrived > before.arrived):
                self.close(1011, "keepalive ping timeout")
                self._cut_off_later(SILENT_CLOSE_SECONDS)


def transport_of(scope: Any) -> SocketTransport | None:
    """The transport that the server offers, if it is one of ours."""
    found = scope.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, SocketTransport) else None
