"""What tests of the fan-out share."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from collab.cli.serve import bind
from collab.web.fanout import FanoutProtocol, SocketTransport, transport_of
from tests.helpers import cut, eventually, within

BINARY = b"(binary)"

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


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


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return WebSocketFrame(opcode, payload, fin).serialize(mask=True, extensions=[])
