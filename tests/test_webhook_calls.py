"""One call to a receiver: what it waits for and reads, and what the answer says about the next one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from collab.hub import Hub
from collab.store.memory import MemoryStore
from collab.store.webhooks import Webhook
from collab.webhooks.calling import CALL_SECONDS, MOST_ANSWER, Answer, Caller
from collab.webhooks.dispatcher import Dispatcher, Settings
from collab.webhooks.subscribing import subscribe
from tests.helpers import UNHURRIED, eventually, within
from tests.receivers import OK, Receiver
from tests.store_helpers import created

SECRET = "whsec_" + "QUJD" * 10

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def called(talk: Talk, *, seconds: float = CALL_SECONDS) -> AsyncIterator[Caller]:
    """A caller of a receiver who says what ``talk`` writes, after each request."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hook = Webhook(
        number=1, url=f"http://127.0.0.1:{port}/", secret=SECRET, position=0, created_at=0, refusals=5
    )
    caller = Caller(hook, allow_private=True, seconds=seconds, tls=None)
    try:
        yield caller
    finally:
        await caller.close()
        server.close()
        await server.wait_closed()


async def test_of_an_answer_without_an_end_no_more_is_read_than_is_needed() -> None:
    sent = 0
    gone = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 1000 * MOST_ANSWER:
                writer.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")
                sent += 0x1000
                await writer.drain()
        except ConnectionError:
            gone.set()
        writer.transport.abort()

    async with called(endless) as caller:
        assert await within(caller.call("msg_1", b"{}", now=1)) == Answer(taken=True)
        await within(gone.wait())  # it was hung up on
    assert sent > MOST_ANSWER


async def test_an_answer_that_never_ends_counts_as_it_began() -> None:
    async def stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 410 Gone\r\nContent-Length: 10\r\n\r\nabc")
        await reader.read()
        writer.transport.abort()

    async with called(stalling, seconds=0.2) as caller:
        answer = await within(caller.call("msg_1", b"{}", now=1))
    assert answer == Answer(refused=True, error="answered_410")


async def test_a_receiver_that_asks_to_be_left_alone_is() -> None:
    store = MemoryStore()
    await created(store, "doc")
    calls: list[float] = []

    def fate(_: dict[str, Any]) -> int | tuple[int, str]:
        calls.append(time.monotonic())
        return (503, "Retry-After: 1\r\n") if len(calls) == 1 else OK

    async with Receiver(SECRET, fate) as receiver:
        now = time.time_ns() // 1000
        await subscribe(store, receiver.url, now=now, secret=SECRET, after=0)
        hub = Hub(store, limits=UNHURRIED)
        quick = Settings(allow_private=True, first_seconds=0.001, most_seconds=2.0, poll_seconds=0.01)
        Dispatcher(hub, quick).start()
        await eventually(lambda: receiver.count > 0)
        await hub.close()
    assert len(calls) == 2
    assert 1.0 <= calls[1] - calls[0]
