"""The contract with uvicorn: what `collab.web.fanout` takes from its insides, and what that does on the wire."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from collab.transport import Frame
from collab.web.fanout import CLOSE_SECONDS, FanoutProtocol, SocketTransport, transport_of
from tests.fanout_helpers import Inbox, close_of, forever, plain, serving
from tests.helpers import eventually, within


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
