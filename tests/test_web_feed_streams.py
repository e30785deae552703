"""Followers of the feed that come, go and read slowly, and what they hold meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace

from collab.auth import Identity
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.web import following
from tests.conftest import Serve
from tests.feed_helpers import EVENTS, LINES, LIVE, follow, followers, lines, open_streams, seqs, typed
from tests.helpers import DEADLINE, UNHURRIED, Serving, eventually, within


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look into the store that is due anyway makes up for a word that was never given."""
    monkeypatch.setattr(following, "HEARTBEAT_SECONDS", 10 * DEADLINE)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    everybody = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE, limits=everybody) as client:
        yield client


# Coming and going.


async def test_nothing_is_left_of_followers_who_went(serve: Serve, http: httpx.AsyncClient) -> None:
    serving = await serve()
    await typed(serving, "doc", "x")
    async with AsyncExitStack() as stack:
        for path in (EVENTS, "/api/log") * 50:
            await stack.enter_async_context(follow(http, serving.url + path, after=1))
        await eventually(lambda: followers(serving) == 100)
        assert open_streams(serving) == 100
    await eventually(lambda: followers(serving) == open_streams(serving) == 0)
    assert set(serving.hub.watching._watches) == {None}


async def test_there_is_a_bound_on_streams_and_room_again_when_one_goes(
    serve: Serve, http: httpx.AsyncClient
) -> None:
    serving = await serve(limits=replace(UNHURRIED, streams=2))
    await typed(serving, "doc", "x")
    async with follow(http, serving.url + EVENTS):
        async with follow(http, f"{serving.url}/api/log"):
            for headers in (LIVE, LINES):
                refused = await http.get(serving.url + EVENTS, headers=headers)
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "too_many_streams")
            assert (await http.get(serving.url + EVENTS)).status_code == 200
        await eventually(lambda: open_streams(serving) == 1)
        assert seqs(await lines(http, serving.url + EVENTS)) == [1, 2]


async def test_followers_are_told_all_before_the_server_goes(serve: Serve, http: httpx.AsyncClient) -> None:
    class Held(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.go = asyncio.Event()
            self.go.set()

        async def append(self, append: Any) -> int:
            await self.go.wait()
            return await super().append(append)

    store = Held()
    serving = await serve(store)
    peer = await typed(serving, "doc", "x")
    watching = serving.hub.watching
    async with (
        follow(http, serving.url + EVENTS) as one,
        follow(http, f"{serving.url}/api/log") as everything,
    ):
        await eventually(lambda: followers(serving) == 2)
        store.go.clear()
        for _ in range(100):
            await peer.edit(["x"], base=2)
        room = await serving.room("doc")
        await eventually(lambda: room.document.version > 2)
        stopping = asyncio.create_task(serving.stop())
        await eventually(lambda: serving.hub.closing)
        assert not any(watch.closed for watches in watching._watches.values() for watch in watches)
        store.go.set()
        await within(stopping, seconds=5)
        for told in (await one.rest(), await everything.rest()):
            assert seqs(told) == list(range(3, room.document.version + 1))


async def test_a_server_on_its_way_down_opens_no_stream(serve: Serve, http: httpx.AsyncClient) -> None:
    serving = await serve()
    await serving.hub.create("doc", Identity("ana"))
    await serving.hub.close()
    response = await http.get(serving.url + EVENTS, headers=LIVE)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "store")


# Slow readers.


Lazy = Callable[[Serving, str], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@pytest_asyncio.fixture
async def lazy() -> AsyncIterator[Lazy]:
    """Asks for a live stream over a socket into which little fits, and reads nothing of it for now."""
    writers = []

    async def ask(serving: Serving, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        pipe = socket.socket()
        pipe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        pipe.setblocking(False)
        await asyncio.get_running_loop().sock_connect(pipe, ("127.0.0.1", serving.port))
        reader, writer = await asyncio.open_connection(sock=pipe, limit=4096)
        writers.append(writer)
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        return reader, writer

    yield ask
    for writer in writers:
        writer.transport.abort()


def held_up(serving: Serving) -> bool:
    """Whether something waits for a client to read."""
    return any(
        connection.flow.write_paused for connection in serving.connections if hasattr(connection, "flow")
    )


async def read_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The body of an answer in chunks, to its very end."""
    await reader.readuntil(b"\r\n\r\n")
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        assert await reader.readexactly(2) == b"\r\n"


async def test_a_slow_reader_gets_everything_and_costs_no_memory(
    serve: Serve, http: httpx.AsyncClient, lazy: Lazy
) -> None:
    class Watched(MemoryStore):
        read = 0

        async def events(self, document: str, *, after: int = 0, **options: Any) -> Any:
            found = await super().events(document, after=after, **options)
            if options.get("limit") and "until" not in options:
                self.read = max(self.read, found[-1].seq if found else 0)
            return found

    store = Watched()
    serving = await serve(store, send_buffer=16_384)
    peer = await typed(serving, "doc", "x")
    reader, _ = await lazy(serving, f"{EVENTS}?after=0")
    for _ in range(600):
        await peer.confirmed(await peer.edit(["x" * 2_000]))
    await eventually(lambda: held_up(serving))
    assert store.read < 300, "read ahead of what the client takes"
    # The others don't notice.
    async with follow(http, serving.url + EVENTS, after=0) as lively:
        assert seqs(await lively.events(602)) == list(range(1, 603))
    stopping = None
    told = b""
    async with asyncio.timeout(DEADLINE):
        async for chunk in read_chunks(reader):
            told += chunk
            if stopping is None and b"\nid: 602\n" in told:
                stopping = asyncio.create_task(serving.stop())
    assert stopping is not None
    await within(stopping)
    ids = [int(line[4:]) for line in told.split(b"\n") if line.startswith(b"id: ")]
    assert ids == list(range(603))


async def test_one_who_takes_nothing_at_all_is_let_go(serve: Serve, lazy: Lazy) -> None:
    serving = await serve(limits=replace(UNHURRIED, stall_seconds=0.1), send_buffer=16_384)
    peer = await typed(serving, "doc", "x")
    for _ in range(30):
        await peer.confirmed(await peer.edit(["x" * 20_000]))
    reader, _ = await lazy(serving, f"{EVENTS}?after=0")
    await eventually(lambda: held_up(serving))
    await eventually(lambda: open_streams(serving) == followers(serving) == 0)
    with pytest.raises(asyncio.IncompleteReadError):
        async for _ in read_chunks(reader):
            pass
