"""Who is gone is seen to be gone: at once where a socket ends, and soon where the network is dead."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from collab.transport import Frame
from collab.web.fanout import SocketTransport
from collab.web.framing import PING
from tests.conftest import Narrow, Serve
from tests.fanout_helpers import Inbox, listening, masked, raw, serving
from tests.helpers import Peer, Serving, eventually, within

INTERVAL = 0.05
HEADER = 10
"""Bytes before the content of a large frame."""


@pytest.fixture
def plain_asgi() -> bool:
    """What is said of dead networks is said of collab's own protocol."""
    return False


async def left(watcher: Peer, client: str) -> None:
    """Wait until ``watcher`` is told that ``client`` is gone."""
    gone = {"client": client, "left": True}
    await within(
        watcher.heard(lambda: any(gone in each.get("peers", []) for each in watcher.received)), seconds=15
    )


def end(peer: Peer) -> None:
    """End the stream of bytes, without WebSocket's word for it."""
    peer.connection.transport.write_eof()


@pytest.mark.parametrize("plain_asgi", [False, True], ids=["fanout", "asgi"])
@pytest.mark.parametrize("how", [Peer.close, Peer.cut, end], ids=["closed", "reset", "ended"])
async def test_a_socket_that_ends_is_seen_to_within_a_second(
    serve: Serve, how: Callable[[Peer], object]
) -> None:
    serving = await serve()
    watcher = await Peer.joined(serving.url, "doc")
    leaver = await Peer.joined(serving.url, "doc")
    await watcher.expect("presence")
    start = time.monotonic()
    done = how(leaver)
    if asyncio.iscoroutine(done):
        await done
    await left(watcher, leaver.client)
    assert time.monotonic() - start < 1
    leaver.cut()
    await leaver.connection.wait_closed()


@asynccontextmanager
async def silent(serving: Serving, client: str) -> AsyncIterator[None]:
    """A client that has joined, and from then on takes what comes and says nothing, not even a pong."""
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(
        b"GET /ws/documents/doc HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Sec-WebSocket-Protocol: collab.v1\r\n\r\n"
    )
    await within(reader.readuntil(b"\r\n\r\n"))
    hello = {"type": "hello", "client": client, "key": "k" * 16, "schema": 1}
    writer.write(masked(json.dumps(hello).encode()))
    await within(reader.readuntil(b'"all":true}'))
    taking = asyncio.create_task(reader.read())
    try:
        yield
    finally:
        writer.close()
        await within(taking)


async def test_a_network_that_is_dead_is_seen_to_be_within_ten_seconds(serve: Serve, narrow: Narrow) -> None:
    """With the settings of a server. One takes what it is sent and answers nothing, one doesn't even take it."""
    serving = await serve(send_buffer=16_384)
    watcher = await Peer.joined(serving.url, "doc")
    stuck = await narrow(serving)
    async with silent(serving, "silent-peer"):
        start = time.monotonic()
        stuck.connection.transport.pause_reading()
        for _ in range(4):
            await watcher.confirmed(await watcher.edit(["x" * 100_000]))
        await asyncio.gather(
            left(watcher, "silent-peer"), eventually(lambda: len(serving.hub.admissions) == 1, seconds=15)
        )
        assert 4 < time.monotonic() - start < 10
        await left(watcher, stuck.client)
        # Who answers stays, however quiet.
        assert (await watcher.until_answered()) == []


async def test_who_takes_a_lot_slowly_is_waited_for() -> None:
    size = 12_000_000  # more than fits into any buffer between

    async def flood(transport: SocketTransport, receive: Inbox) -> None:
        transport.write(Frame(b"x" * size))
        await receive()

    pipe = socket.socket()
    pipe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    pipe.setblocking(False)
    async with serving(flood, ws_ping_interval=INTERVAL) as url, raw(url, pipe) as (reader, _):
        came, start = bytearray(), time.monotonic()
        while len(came) < size + HEADER + len(PING):
            piece = await within(reader.read(131_072))
            assert piece, f"cut off after {len(came)} bytes"
            came += piece
            await asyncio.sleep(INTERVAL / 5)  # the pace of a slow network
        assert time.monotonic() - start > 10 * INTERVAL
        # The ping comes behind it all, and isn't answered now that it is there.
        assert came[size + HEADER :].startswith(PING)
        await within(reader.read())


async def test_who_is_not_listened_to_is_not_silent() -> None:
    async with listening(ws_ping_interval=INTERVAL) as (url, inbox, transports), raw(url) as (_, writer):
        await eventually(lambda: len(transports) == 1)
        transports[0].pause_reading()
        writer.write(masked(b"here"))
        async with raw(url) as (reader, _):  # that answers nothing, and so shows when it would be over
            await within(reader.read())
            assert await within(inbox()) is None
        transports[0].resume_reading()
        assert await within(inbox()) == b"here"


async def test_who_has_answered_is_not_cut_off_because_the_server_was_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take = Inbox.text_received

    async with listening(ws_ping_interval=INTERVAL) as (url, inbox, _), raw(url) as (reader, writer):

        def busy(inbox: Inbox, message: bytes) -> None:
            take(inbox, message)
            if message == b"work":
                # What comes while it works isn't read before the timers have run.
                os.write(writer.get_extra_info("socket").fileno(), masked(b"here"))
                time.sleep(3 * INTERVAL)

        monkeypatch.setattr(Inbox, "text_received", busy)
        async with raw(url) as (_, other):
            assert await within(reader.readexactly(2)) == PING
            other.write(masked(b"work"))
            assert [await within(inbox()), await within(inbox())] == [b"work", b"here"]
