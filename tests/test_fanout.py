"""The contract with uvicorn: what `collab.web.fanout` takes from its insides, and what that does on the wire."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from collab.cli.serve import bind
from collab.transport import Frame
from collab.web.fanout import CLOSE_SECONDS, FanoutProtocol, SocketTransport, transport_of
from tests.helpers import cut, eventually, within

BINARY = b"(binary)"


class Inbox:
    """A listener that keeps what it is told until somebody asks for it; None is the end."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[bytes | None] = asyncio.Queue()

    def text_received(self, message: bytes) -> None:
        self._messages.put_nowait(message)

    def binary_received(self) -> None:
        self._messages.put_nowait(BINARY)

    def gone(self) -> None:
        self._messages.put_nowait(None)

    async def __call__(self) -> bytes | None:
        message: bytes | None = await within(self._messages.get())
        return message

    @property
    def waiting(self) -> int:
        return self._messages.qsize()


Endpoint = Callable[[SocketTransport, Inbox], Awaitable[None]]


@asynccontextmanager
async def running(
    app: Any, *, protocol: type[FanoutProtocol] = FanoutProtocol, **settings: Any
) -> AsyncIterator[str]:
    """uvicorn with a bare ASGI application under `FanoutProtocol`."""
    listener = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        app, ws=protocol, ws_per_message_deflate=False, lifespan="off", log_level="critical", **settings
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup([listener])
    try:
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            cut(connection)
        await eventually(lambda: not server.server_state.tasks and not server.server_state.connections)


@asynccontextmanager
async def serving(endpoint: Endpoint, **settings: Any) -> AsyncIterator[str]:
    """A server that hands the transport of each socket, and an inbox that listens to it, to ``endpoint``."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        transport = transport_of(scope)
        assert transport is not None
        inbox = Inbox()
        transport.listen(inbox)
        endpoints.append(asyncio.ensure_future(endpoint(transport, inbox)))

    endpoints: list[asyncio.Future[None]] = []
    async with running(app, **settings) as url:
        yield url
    await within(asyncio.gather(*endpoints))


def plain(url: str) -> Any:
    return connect(url, compression=None, max_size=None, ping_interval=None)


@asynccontextmanager
async def deaf(url: str) -> AsyncIterator[ClientConnection]:
    """A connection of which nothing is read for now, and in which little fits."""
    pipe = socket.socket()
    pipe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    pipe.setblocking(False)
    await asyncio.get_running_loop().sock_connect(pipe, ("127.0.0.1", int(url.rpartition(":")[2])))
    connection = await connect(url, sock=pipe, compression=None, max_size=None, ping_interval=None)
    connection.transport.pause_reading()
    yield connection
    connection.transport.abort()
    await connection.wait_closed()


async def close_of(peer: ClientConnection) -> tuple[int, str]:
    """Receive until the end; the code and reason of the close frame, 1006 if there was none."""
    try:
        while True:
            await within(peer.recv())
    except ConnectionClosed as end:
        return (end.rcvd.code, end.rcvd.reason) if end.rcvd else (1006, "")


async def forever(_: SocketTransport, receive: Inbox) -> None:
    while await receive() is not None:
        pass


async def test_uvicorn_has_everything_that_is_taken_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[asyncio.Transport] = []
    hand_over = FanoutProtocol.hand_over

    def look(protocol: FanoutProtocol, heir: SocketTransport) -> asyncio.Transport:
        assert isinstance(protocol, WebSocketsSansIOProtocol)
        assert isinstance(protocol.queue, asyncio.Queue)
        assert protocol.queue.empty()
        assert isinstance(protocol.connections, set)
        assert protocol in protocol.connections
        assert protocol.disconnected is False
        assert not protocol.conn.reader.buffer
        assert protocol.config.ws_max_size > 0
        assert protocol.config.ws_ping_interval == 20
        pinging = protocol.ping_timer
        assert pinging is not None
        assert protocol.response.status_code == 101
        socket = hand_over(protocol, heir)
        assert pinging.cancelled()
        assert list(protocol.connections) == [heir]  # type: ignore[comparison-overlap]
        assert socket.get_protocol() is heir
        assert socket.get_write_buffer_size() == 0
        found.append(socket)
        return socket

    monkeypatch.setattr(FanoutProtocol, "hand_over", look)
    async with serving(forever) as url, plain(url):
        await eventually(lambda: bool(found))


async def test_the_call_ends_and_leaves_nothing_of_the_handshake_behind() -> None:
    protocols: list[weakref.ref[Any]] = []

    async def keep(transport: SocketTransport, receive: Inbox) -> None:
        while (message := await receive()) is not None:
            transport.write(Frame(message))

    class Noted(FanoutProtocol):
        def handle_connect(self, event: Any) -> None:
            super().handle_connect(event)
            protocols.append(weakref.ref(self))

    async with serving(keep, protocol=Noted) as url, plain(url) as peer:
        await peer.send("still here?")
        assert await within(peer.recv()) == "still here?"
        gc.collect()
        assert [protocol() for protocol in protocols] == [None]


async def test_another_server_offers_no_transport() -> None:
    assert transport_of({"type": "websocket"}) is None
    assert transport_of({"type": "websocket", "extensions": {"collab.transport": object()}}) is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
async def test_a_frame_of_any_size_arrives_as_one_text_message(size: int) -> None:
    async def send(transport: SocketTransport, receive: Inbox) -> None:
        transport.write(Frame(b"x" * size))
        transport.write(Frame(b"end"))
        await forever(transport, receive)

    async with serving(send) as url, plain(url) as peer:
        assert await within(peer.recv()) == "x" * size
        assert await within(peer.recv()) == "end"


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_is_written_as_websockets_would(size: int) -> None:
    payload = b"x" * size
    expected = WebSocketFrame(Opcode.TEXT, payload).serialize(mask=False, extensions=[])
    assert Frame(payload).raw == expected


async def test_a_frame_is_read_as_utf_8() -> None:
    async def send(transport: SocketTransport, receive: Inbox) -> None:
        transport.write(Frame("aé€😀".encode()))
        await forever(transport, receive)

    async with serving(send) as url, plain(url) as peer:
        assert await within(peer.recv()) == "aé€😀"


async def test_one_frame_goes_to_many_sockets_in_order() -> None:
    transports: list[SocketTransport] = []

    async def keep(transport: SocketTransport, receive: Inbox) -> None:
        transports.append(transport)
        await forever(transport, receive)

    async with serving(keep) as url:
        sockets = [await plain(url) for _ in range(5)]
        await eventually(lambda: len(transports) == 5)
        for number in range(100):
            frame = Frame(str(number).encode())
            for transport in transports:
                transport.write(frame)
        for peer in sockets:
            assert [await within(peer.recv()) for _ in range(100)] == [str(n) for n in range(100)]
            await peer.close()


async def test_raw_frames_mix_with_what_uvicorn_sends_itself() -> None:
    async def send(transport: SocketTransport, receive: Inbox) -> None:
        while (message := await receive()) is not None:
            transport.write(Frame(message))

    # uvicorn pings a hundred times a second here, in between the frames.
    async with serving(send, ws_ping_interval=0.01, ws_ping_timeout=5) as url, plain(url) as peer:
        for number in range(500):
            await peer.send(str(number))
            assert await within(peer.recv()) == str(number)
        await within(await peer.ping())


async def test_drained_waits_for_the_peer() -> None:
    states: list[str] = []

    async def flood(transport: SocketTransport, receive: Inbox) -> None:
        while transport.buffered < 1_000_000:
            transport.write(Frame(b"x" * 100_000))
        states.append("full")
        await transport.drained()
        assert transport.buffered < 200_000
        states.append("drained")
        await forever(transport, receive)

    async with serving(flood) as url, deaf(url) as peer:
        await eventually(lambda: states == ["full"])
        peer.transport.resume_reading()
        while states != ["full", "drained"]:
            await within(peer.recv())


@pytest.mark.parametrize(("code", "reason"), [(4400, "malformed: no"), (1013, ""), (4501, "é" * 60)])
async def test_the_code_and_reason_of_a_close_arrive_after_what_was_written(code: int, reason: str) -> None:
    ended: list[Any] = []

    async def close(transport: SocketTransport, receive: Inbox) -> None:
        transport.write(Frame(b"last words"))
        transport.close(code, reason)
        transport.write(Frame(b"too late"))
        transport.close(4000, "twice")
        ended.append(await receive())

    async with serving(close) as url, plain(url) as peer:
        assert await within(peer.recv()) == "last words"
        assert await close_of(peer) == (code, reason)
        await eventually(lambda: ended == [None])


async def test_a_close_while_the_client_is_talking_still_arrives() -> None:
    async def close(transport: SocketTransport, receive: Inbox) -> None:
        await receive()
        transport.pause_reading()
        transport.close(4400, "enough")
        await forever(transport, receive)

    async with serving(close) as url, plain(url) as peer:
        for _ in range(50):
            await peer.send("blah")
        assert await close_of(peer) == (4400, "enough")


async def test_a_peer_that_does_not_answer_a_close_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.web.fanout.CLOSE_SECONDS", 0.05)
    assert CLOSE_SECONDS > 1
    gone = asyncio.Event()

    async def close(transport: SocketTransport, receive: Inbox) -> None:
        await receive()
        while transport.buffered < 1_000_000:
            transport.write(Frame(b"x" * 100_000))
        transport.close(4400, "bye")
        await forever(transport, receive)
        gone.set()

    async with serving(close) as url, deaf(url) as peer:
        await peer.send("now")
        await within(gone.wait())


async def test_abort_cuts_without_a_close_frame_whatever_is_buffered() -> None:
    gone = asyncio.Event()

    async def drop(transport: SocketTransport, receive: Inbox) -> None:
        for _ in range(100):
            transport.write(Frame(b"x" * 100_000))
        assert transport.buffered > 1_000_000
        transport.abort()
        await forever(transport, receive)
        await transport.drained()
        transport.write(Frame(b"to nobody"))
        transport.close(4400, "nobody hears it")
        gone.set()

    async with serving(drop) as url, deaf(url) as peer:
        await within(gone.wait())
        peer.transport.resume_reading()
        assert (await close_of(peer))[0] == 1006


async def test_a_peer_that_answers_no_ping_is_cut_off_although_it_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collab.web.fanout.CLOSE_SECONDS", 0.05)
    ended = asyncio.Event()

    async def flood(transport: SocketTransport, receive: Inbox) -> None:
        while transport.buffered < 1_000_000:
            transport.write(Frame(b"x" * 100_000))
        await forever(transport, receive)
        ended.set()

    async with serving(flood, ws_ping_interval=0.02, ws_ping_timeout=0.02) as url, deaf(url):
        await within(ended.wait())


# What comes from the peer.


@asynccontextmanager
async def raw(
    url: str, pipe: socket.socket | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection after its handshake, for bytes that no library would send; over ``pipe`` if there is one."""
    port = int(url.rpartition(":")[2])
    if pipe is None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    else:
        await asyncio.get_running_loop().sock_connect(pipe, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=pipe)
    writer.write(HANDSHAKE)
    await within(reader.readuntil(b"\r\n\r\n"))
    yield reader, writer
    writer.close()


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return WebSocketFrame(opcode, payload, fin).serialize(mask=True, extensions=[])


@asynccontextmanager
async def listening(**settings: Any) -> AsyncIterator[tuple[str, Inbox, list[SocketTransport]]]:
    """A server with one inbox for whoever comes."""
    inbox, transports = Inbox(), list[SocketTransport]()

    async def keep(transport: SocketTransport, receive: Inbox) -> None:
        transports.append(transport)
        while (message := await receive()) is not None:
            inbox.text_received(message)
        inbox.gone()

    async with serving(keep, **settings) as url:
        yield url, inbox, transports


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
async def test_messages_of_any_size_come_whole_however_their_bytes_are_cut(size: int) -> None:
    async with listening() as (url, inbox, _), raw(url) as (_, writer):
        sent = masked(b"first") + masked(b"x" * size) + masked(b"last")
        for cut_at in (1, 2, 5, 12, 13, 20, 21, len(sent) // 2, len(sent) - 1):
            writer.write(sent[:cut_at])
            await asyncio.sleep(0)
            await writer.drain()
            writer.write(sent[cut_at:])
            assert [await inbox(), await inbox(), await inbox()] == [b"first", b"x" * size, b"last"]


async def test_a_message_in_fragments_is_one_message_with_a_ping_amid_it() -> None:
    async with listening() as (url, inbox, _), raw(url) as (reader, writer):
        writer.write(
            masked(b"to", fin=False) + masked(b"hi", Opcode.PING) + masked(b"geth", Opcode.CONT, fin=False)
        )
        assert await within(reader.readexactly(4)) == b"\x8a\x02hi"
        writer.write(masked(b"er", Opcode.CONT) + masked(b"next"))
        assert [await inbox(), await inbox()] == [b"together", b"next"]


async def test_binary_messages_are_told_from_text() -> None:
    async with listening() as (url, inbox, _), raw(url) as (_, writer):
        writer.write(masked(b"text") + masked(b"\xff", Opcode.BINARY))
        assert [await inbox(), await inbox()] == [b"text", BINARY]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        pytest.param(b"\x81\x02hi", 1002, id="not masked"),
        pytest.param(b"\xc1\x80\0\0\0\0", 1002, id="an extension that nobody agreed on"),
        pytest.param(b"\x83\x80\0\0\0\0", 1002, id="no such opcode"),
        pytest.param(masked(b"x", Opcode.CONT), 1002, id="continues nothing"),
        pytest.param(masked(b"x", fin=False) + masked(b"y"), 1002, id="a message inside another"),
        pytest.param(b"\x81\xff" + (2**40).to_bytes(8, "big") + b"\0\0\0\0", 1009, id="a terabyte"),
    ],
)
async def test_a_breach_of_the_protocol_closes_the_connection_after_what_was_good(
    bad: bytes, code: int
) -> None:
    async with listening() as (url, inbox, _), raw(url) as (reader, writer):
        writer.write(masked(b"good") + bad + masked(b"never"))
        frame = await within(reader.readexactly(4))
        assert (frame[0], int.from_bytes(frame[2:4], "big")) == (0x88, code)
        assert [await inbox(), await inbox()] == [b"good", None]


async def test_who_speaks_before_the_handshake_is_answered_is_sent_away() -> None:
    inbox = Inbox()
    asked: list[SocketTransport] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        transport = transport_of(scope)
        assert transport is not None
        asked.append(transport)
        await eventually(lambda: not transport._origin.queue.empty())  # type: ignore[union-attr]
        await send({"type": "websocket.accept"})
        transport.listen(inbox)

    async with running(app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(HANDSHAKE)
        await writer.drain()
        await eventually(lambda: bool(asked))
        writer.write(masked(b"hasty"))
        assert (await within(reader.readuntil(b"\r\n\r\n"))).startswith(b"HTTP/1.1 101")
        frame = await within(reader.readexactly(4))
        assert (frame[0], int.from_bytes(frame[2:4], "big")) == (0x88, 1002)
        writer.close()
        assert await inbox() is None


async def test_nothing_is_told_while_reading_is_paused_and_nothing_is_lost() -> None:
    class Careful(Inbox):
        """Pauses after each message."""

        def text_received(self, message: bytes) -> None:
            assert not paused
            super().text_received(message)
            transports[0].pause_reading()
            paused.append(True)

    paused: list[bool] = []
    transports: list[SocketTransport] = []
    inbox = Careful()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        transport = transport_of(scope)
        assert transport is not None
        transports.append(transport)
        transport.listen(inbox)

    async with running(app) as url, plain(url) as peer:
        for number in range(200):
            await peer.send(str(number))
        for number in range(200):
            assert await inbox() == str(number).encode()
            paused.clear()
            transports[0].resume_reading()


async def test_a_peer_that_answers_pings_stays_however_quiet_it_is() -> None:
    async with serving(forever, ws_ping_interval=0.01) as url, raw(url) as (reader, writer):
        for _ in range(10):
            assert await within(reader.readexactly(2)) == b"\x89\x00"
            writer.write(masked(b"", Opcode.PONG))


async def test_the_end_of_the_server_is_said_to_everybody() -> None:
    async with listening() as (url, inbox, transports), plain(url) as peer:
        await peer.send("here")
        assert await inbox() == b"here"
        transports[0].shutdown()
        assert await close_of(peer) == (1012, "")
        assert await inbox() is None
