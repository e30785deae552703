"""What comes from the peer, where the server writes frames to sockets itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.frames import Opcode

from collab.web.fanout import SocketTransport, transport_of
from tests.fanout_helpers import (
    BINARY,
    HANDSHAKE,
    Inbox,
    close_of,
    forever,
    listening,
    masked,
    plain,
    raw,
    running,
    serving,
)
from tests.helpers import eventually, within


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
