"""The contract with uvicorn: what `collab.web.fanout` takes from its insides, and what that does on the wire."""

from __future__ import annotations

import asyncio
import socket
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

from collab.cli.serve import listen
from collab.transport import Frame
from collab.web.fanout import CLOSE_SECONDS, FanoutProtocol, SocketTransport, transport_of
from tests.helpers import eventually, within

Endpoint = Callable[[SocketTransport, Callable[[], Awaitable[Any]]], Awaitable[None]]


@asynccontextmanager
async def serving(endpoint: Endpoint, **settings: Any) -> AsyncIterator[str]:
    """A bare ASGI application under `FanoutProtocol`, which hands each socket's transport to ``endpoint``."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        transport = transport_of(scope)
        assert transport is not None
        await endpoint(transport, receive)

    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app, ws=FanoutProtocol, ws_per_message_deflate=False, lifespan="off", log_level="critical", **settings
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
            connection.transport.abort()
        await eventually(lambda: not server.server_state.tasks and not server.server_state.connections)


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


async def forever(_: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def test_uvicorn_has_everything_that_is_taken_from_it() -> None:
    found: list[WebSocketsSansIOProtocol] = []

    async def look(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        found.append(transport._protocol)
        await forever(transport, receive)

    async with serving(look) as url, plain(url):
        await eventually(lambda: bool(found))
        protocol = found[0]
        assert isinstance(protocol, FanoutProtocol)
        assert isinstance(protocol.writable, asyncio.Event)
        assert protocol.writable.is_set()
        assert isinstance(protocol.queue, asyncio.Queue)
        assert (protocol.disconnected, protocol.close_sent, protocol.read_paused) == (False, False, False)
        assert protocol.close_timer is None
        assert protocol.loop is asyncio.get_running_loop()
        assert protocol.transport.get_write_buffer_size() == 0
        assert not protocol.transport.is_closing()
        assert protocol.response.status_code == 101
        protocol.conn.send_close(4321, "for a test")
        assert protocol.conn.data_to_send() == [b"\x88\x0c\x10\xe1for a test"]


async def test_another_server_offers_no_transport() -> None:
    assert transport_of({"type": "websocket"}) is None
    assert transport_of({"type": "websocket", "extensions": {"collab.transport": object()}}) is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
async def test_a_frame_of_any_size_arrives_as_one_text_message(size: int) -> None:
    async def send(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
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
    async def send(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        transport.write(Frame("aé€😀".encode()))
        await forever(transport, receive)

    async with serving(send) as url, plain(url) as peer:
        assert await within(peer.recv()) == "aé€😀"


async def test_one_frame_goes_to_many_sockets_in_order() -> None:
    transports: list[SocketTransport] = []

    async def keep(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
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
    async def send(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            transport.write(Frame(message["text"].encode()))

    # uvicorn pings a hundred times a second here, in between the frames.
    async with serving(send, ws_ping_interval=0.01, ws_ping_timeout=5) as url, plain(url) as peer:
        for number in range(500):
            await peer.send(str(number))
            assert await within(peer.recv()) == str(number)
        await within(await peer.ping())


async def test_drained_waits_for_the_peer() -> None:
    states: list[str] = []

    async def flood(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
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

    async def close(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        transport.write(Frame(b"last words"))
        transport.close(code, reason)
        transport.write(Frame(b"too late"))
        transport.close(4000, "twice")
        ended.append(await receive())

    async with serving(close) as url, plain(url) as peer:
        assert await within(peer.recv()) == "last words"
        assert await close_of(peer) == (code, reason)
        assert ended[0]["type"] == "websocket.disconnect"


async def test_a_close_while_the_client_is_talking_still_arrives() -> None:
    async def close(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        await receive()  # and leave the rest in the queue, so that uvicorn has stopped reading
        await eventually(lambda: transport._protocol.read_paused)
        transport.close(4400, "enough")

    async with serving(close) as url, plain(url) as peer:
        for _ in range(50):
            await peer.send("blah")
        assert await close_of(peer) == (4400, "enough")


async def test_a_peer_that_does_not_answer_a_close_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab.web.fanout.CLOSE_SECONDS", 0.05)
    assert CLOSE_SECONDS > 1
    protocols: list[Any] = []

    async def close(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        protocols.append(transport._protocol)
        await receive()
        while transport.buffered < 1_000_000:
            transport.write(Frame(b"x" * 100_000))
        transport.close(4400, "bye")

    async with serving(close) as url, deaf(url) as peer:
        await peer.send("now")
        await eventually(lambda: bool(protocols) and protocols[0].disconnected)


async def test_abort_cuts_without_a_close_frame_whatever_is_buffered() -> None:
    gone = asyncio.Event()

    async def cut(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        for _ in range(100):
            transport.write(Frame(b"x" * 100_000))
        assert transport.buffered > 1_000_000
        transport.abort()
        await forever(transport, receive)
        await transport.drained()
        transport.write(Frame(b"to nobody"))
        transport.close(4400, "nobody hears it")
        gone.set()

    async with serving(cut) as url, deaf(url) as peer:
        await within(gone.wait())
        peer.transport.resume_reading()
        assert (await close_of(peer))[0] == 1006


async def test_a_peer_that_answers_no_ping_is_cut_off_although_it_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collab.web.fanout.CLOSE_SECONDS", 0.05)
    ended = asyncio.Event()

    async def flood(transport: SocketTransport, receive: Callable[[], Awaitable[Any]]) -> None:
        while transport.buffered < 1_000_000:
            transport.write(Frame(b"x" * 100_000))
        await forever(transport, receive)
        ended.set()

    async with serving(flood, ws_ping_interval=0.02, ws_ping_timeout=0.02) as url, deaf(url):
        await within(ended.wait())
