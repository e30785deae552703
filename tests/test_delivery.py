"""One slow reader slows nobody, costs a bounded buffer, and misses nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collab.delivery import CHUNK_BYTES, HIGH_WATER
from collab.events import Event
from collab.store.base import PAGE, Append
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from collab.transport import Transport
from collab.web import fanout
from tests.conftest import Narrow, Serve
from tests.helpers import UNHURRIED, Peer, Serving, eventually
from tests.store_helpers import rewrite

LINE = "x" * 4000
LINES = 500
"""Edits of a `LINE` each: eight times what may be buffered for one socket."""

TOGETHER = 10
"""Lines under way at once, and so the most that one frame holds."""


def stop_reading(peer: Peer) -> None:
    peer.connection.transport.pause_reading()


def read_on(peer: Peer) -> None:
    peer.connection.transport.resume_reading()


async def transport_of(serving: Serving, peer: Peer) -> Transport:
    room = await serving.room("doc")
    return room.members[peer.client].transport


async def write_lines(author: Peer, count: int = LINES) -> None:
    """Type ``count`` lines, some together, and see each of them confirmed."""
    for _ in range(count // TOGETHER):
        base = author.version
        for _ in range(TOGETHER):
            await author.edit([LINE], base=base)
        await author.reached(base + TOGETHER)


async def test_one_who_stops_reading_holds_up_nobody(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384)
    author = await Peer.joined(serving.url, "doc")
    reader = await Peer.joined(serving.url, "doc")
    sleeper = await narrow(serving)
    stop_reading(sleeper)
    await asyncio.gather(write_lines(author), reader.reached(LINES + 1))
    assert reader.content.length == LINES * len(LINE)
    assert sleeper.version == 1


async def test_little_is_buffered_for_one_who_stops_reading(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384)
    author = await Peer.joined(serving.url, "doc")
    sleeper = await narrow(serving)
    stop_reading(sleeper)
    transport = await transport_of(serving, sleeper)
    most = 0
    for _ in range(LINES // TOGETHER):
        await write_lines(author, TOGETHER)
        most = max(most, transport.buffered)
    assert HIGH_WATER < most < HIGH_WATER + (TOGETHER + 1) * len(LINE)


async def test_one_who_reads_on_catches_up(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384)
    author = await Peer.joined(serving.url, "doc")
    sleeper = await narrow(serving)
    stop_reading(sleeper)
    await write_lines(author)
    read_on(sleeper)
    await sleeper.reached(LINES + 1)  # a peer checks that events follow one another
    assert sleeper.value == author.value
    # From now on it is told at once again.
    await author.edit(["!"])
    await sleeper.reached(LINES + 2)


async def test_one_who_reads_on_catches_up_from_the_log_if_need_be(
    serve: Serve, narrow: Narrow, tmp_path: Path
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store, send_buffer=16_384)
        room = await serving.room("doc")
        room.recent.capacity = 50
        author = await Peer.joined(serving.url, "doc")
        sleeper = await narrow(serving)
        stop_reading(sleeper)
        await write_lines(author)
        assert room.recent.base > 100, "else the log isn't needed"
        read_on(sleeper)
        await sleeper.reached(LINES + 1)
        assert sleeper.value == author.value
        await serving.drop()


def gone(peer: Peer, to: Peer) -> bool:
    """Whether ``to`` has heard that ``peer`` left, by now."""
    return any({"client": peer.client, "left": True} in message.get("peers", []) for message in to.received)


async def test_one_who_reads_on_is_told_who_is_still_here(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384)
    author = await Peer.joined(serving.url, "doc")
    passer_by = await Peer.joined(serving.url, "doc")
    sleeper = await narrow(serving)
    stop_reading(sleeper)
    await write_lines(author)
    await passer_by.close()
    await author.heard(lambda: gone(passer_by, author))
    read_on(sleeper)
    await sleeper.reached(LINES + 1)
    message = await sleeper.expect("presence")
    assert message["all"] is True
    assert [peer["client"] for peer in message["peers"]] == [author.client]


async def test_one_who_stays_away_too_long_is_cut_off(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384, limits=UNHURRIED.__replace__(stall_seconds=0.5))
    author = await Peer.joined(serving.url, "doc", user={"name": "Ana"})
    sleeper = await narrow(serving)
    stop_reading(sleeper)
    room = await serving.room("doc")
    await write_lines(author)
    await eventually(lambda: sleeper.client not in room.members)
    # The others see it gone and go on.
    await author.heard(lambda: gone(sleeper, author))
    await author.confirmed(await author.edit(["on"]))
    # Whenever it looks again it finds the connection lost, and resumes from where it got to.
    read_on(sleeper)
    assert (await sleeper.closed())[0] == 1006
    assert sleeper.version < LINES
    again = await Peer.joined(
        serving.url,
        "doc",
        client=sleeper.client,
        key=sleeper.key,
        since=sleeper.version,
        epoch=sleeper.welcome["epoch"],
        text=sleeper.text,
    )
    assert again.welcome["snapshot"] is None
    assert again.value == author.value


async def test_a_slow_reader_that_reads_a_little_is_not_cut_off(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384, limits=UNHURRIED.__replace__(stall_seconds=2.0))
    author = await Peer.joined(serving.url, "doc")
    slow = await narrow(serving)
    stop_reading(slow)
    await write_lines(author)
    read_on(slow)
    await slow.reached(LINES + 1)
    room = await serving.room("doc")
    assert slow.client in room.members


async def test_one_who_reads_no_answers_is_not_read_from(serve: Serve, narrow: Narrow) -> None:
    serving = await serve(send_buffer=16_384)
    talker = await narrow(serving)
    transport = await transport_of(serving, talker)
    stop_reading(talker)
    before = len(talker.received)
    pings = 15_000

    async def talk() -> None:
        for _ in range(pings):
            await talker.say("ping")

    talking = asyncio.create_task(talk())
    await eventually(lambda: transport.buffered > fanout.LOW_WATER)
    most = transport.buffered
    read_on(talker)
    while len(talker.received) < before + pings:
        await talker.receive()
        most = max(most, transport.buffered)
    await talking
    assert most < 3 * fanout.LOW_WATER


async def test_no_message_is_giant_however_much_was_pasted(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    paste = "x" * 60_000
    for _ in range(40):
        await author.edit([paste], base=1)
    await author.reached(41)
    reader = await Peer.joined(serving.url, "doc", since=0)
    assert reader.content.length == 40 * len(paste)
    for peer in (author, reader):
        sizes = [sum(len(str(e)) for e in message.get("events", [])) for message in peer.received]
        assert max(sizes) < CHUNK_BYTES + len(paste) + 10_000


class SlowToTell(MemoryStore):
    """Has events committed for a while before it says so, and takes its time for reading."""

    def __init__(self) -> None:
        super().__init__()
        self.committed = asyncio.Event()
        self.tell = asyncio.Event()
        self.readable = asyncio.Event()
        self.tell.set()
        self.readable.set()

    async def append(self, append: Append) -> int:
        position = await super().append(append)
        self.committed.set()
        await self.tell.wait()
        return position

    async def events(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Event]:
        await self.readable.wait()
        return await super().events(document, after=after, until=until, limit=limit)


async def test_an_event_read_from_the_log_before_its_broadcast_is_not_sent_twice(serve: Serve) -> None:
    store = SlowToTell()
    first = await serve(store)
    author = await Peer.joined(first.url, "doc")
    await author.confirmed(await author.edit(["old"]))
    await first.drop()
    serving = await serve(store)
    author = await Peer.joined(serving.url, "doc")
    store.readable.clear()
    joiner = await Peer.open(serving.url, "doc")
    await joiner.hello(since=0)
    store.tell.clear()
    store.committed.clear()
    await author.edit(["new "])
    await store.committed.wait()
    store.readable.set()
    await joiner.reached(2)
    store.tell.set()
    await joiner.reached(3)  # a peer checks that events follow one another
    await joiner.until_answered()
    assert joiner.text == "new old"


async def test_one_who_cannot_be_fed_from_the_log_is_told_to_try_again(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        first = await serve(store)
        author = await Peer.joined(first.url, "doc")
        await author.confirmed(await author.edit(["old"]))
        await first.drop()
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        rewrite(path, "UPDATE events SET payload = x'00' WHERE seq = 2")
        joiner = await Peer.open(serving.url, "doc")
        await joiner.hello(since=0)
        assert (await joiner.expect("retry", passing=["events"]))["code"] == "corrupt_log"
        assert (await joiner.closed())[0] == 1013
        await author.confirmed(await author.edit(["fine"]))
        await serving.drop()
