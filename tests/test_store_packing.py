"""Packing in one SQLite file: whenever it happens, and whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from collab.errors import StoreError
from collab.events import Event
from collab.reading import document_at
from collab.segments import Segment
from collab.store import Append, EventStore, Stored, history, sealing
from collab.store import packer as packer_module
from collab.store.sqlite import SQLiteStore
from collab.verifying import verify
from tests.helpers import eventually
from tests.random_histories import RandomHistory
from tests.store_acceptance import StoreAcceptance, everything
from tests.store_acceptance_log import LogAcceptance
from tests.store_helpers import created, on_writer, rows_of, typing


class PackingStore(SQLiteStore):
    """A store that packs a document after every append to it."""

    async def append(self, append: Append) -> int:
        position = await super().append(append)
        with suppress(StoreError):  # it was closed meanwhile
            await self.pack(append.document)
        return position


class TestPackedSQLiteStore(StoreAcceptance, LogAcceptance):
    """What a store is, with all of it in segments."""

    @pytest_asyncio.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[EventStore]:
        async with await PackingStore.open(tmp_path / "collab.db") as store:
            yield store


class HalfPackingStore(SQLiteStore):
    """A store that packs a document after every third append."""

    appends = 0

    async def append(self, append: Append) -> int:
        position = await super().append(append)
        self.appends += 1
        if self.appends % 3 == 0:
            with suppress(StoreError):  # it was closed meanwhile
                await self.pack(append.document)
        return position


class TestStoreThatWasKilledWhilePacking(LogAcceptance):
    """What a log is, half of it in short segments, with all of their rows still there."""

    @pytest_asyncio.fixture
    async def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EventStore]:
        monkeypatch.setattr(sealing, "FULL", 40)
        monkeypatch.setattr(sealing, "remove", lambda *_: False)
        async with await HalfPackingStore.open(tmp_path / "collab.db") as store:
            yield store


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is much: segments of 64 events, packed in the background after 32, rows removed by fives."""
    monkeypatch.setattr(sealing, "FULL", 64)
    monkeypatch.setattr(sealing, "BITE", 5)
    monkeypatch.setattr(packer_module, "MANY", 32)
    monkeypatch.setattr(packer_module, "TOO_MANY", 32)
    monkeypatch.setattr(packer_module, "FEW", 4)


# When.


@pytest.mark.usefixtures("small")
async def test_a_long_history_is_packed_in_the_background(store: SQLiteStore) -> None:
    await created(store, "doc", edits=20)
    assert (await store.stored("doc")).packed == 0
    await store.append(typing("doc", 21, 200))
    before = await store.events("doc")
    await store._packer.settled()
    stored = await store.stored("doc")
    assert (stored.packed, stored.segments) == (192, 3)
    assert await rows_of(store) == 221 - 192
    assert await store.events("doc") == before


async def test_the_packing_thread_sleeps_most_of_the_time(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(packer_module, "TOO_MANY", packer_module.MANY)
    monkeypatch.setattr(packer_module, "LULL_SECONDS", 60.0)
    await created(store, "doc", edits=packer_module.MANY)
    await store._packer.settled()
    assert (await store.stored("doc")).events == 0
    assert len(slept) > 3
    assert min(slept) >= packer_module.WORK_SECONDS * (1 / packer_module.SHARE - 1)


async def test_a_document_that_is_edited_on_and_on_is_packed_in_the_next_lull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packer_module, "LULL_SECONDS", 0.05)
    async with await SQLiteStore.open(tmp_path / "lull.db") as store:
        await created(store, "doc", edits=packer_module.MANY)
        assert not store._packer.busy
        await eventually(lambda: store._packer.busy)
        await store._packer.settled()
        assert (await store.stored("doc")).events == 0


@pytest.mark.usefixtures("small")
async def test_a_document_that_falls_idle_is_packed(store: SQLiteStore) -> None:
    await created(store, "doc", edits=9)
    store.idle("doc")
    await store._packer.settled()
    stored = await store.stored("doc")
    assert (stored.events, stored.packed, stored.segments) == (0, 10, 1)


@pytest.mark.usefixtures("small")
async def test_small_sessions_do_not_become_small_segments(store: SQLiteStore) -> None:
    await created(store, "doc")
    version = 1
    for _ in range(50):
        await store.append(typing("doc", version, 6))
        version += 6
        store.idle("doc")
        await store._packer.settled()
    stored = await store.stored("doc")
    assert stored.segments <= 301 // 64 + 1
    assert stored.events < 64 // sealing.WORTH + 6
    assert [event.seq for event in await store.events("doc")] == list(range(1, 302))


@pytest.mark.usefixtures("small")
async def test_a_long_segment_is_not_packed_again_for_a_few_events(store: SQLiteStore) -> None:
    await created(store, "doc", edits=55)
    await store.pack("doc")
    for events, packed in ((6, 56), (1, 63)):
        record = await store.document("doc")
        assert record is not None
        await store.append(typing("doc", record.version, events))
        store.idle("doc")
        await store._packer.settled()
        assert (await store.stored("doc")).packed == packed


async def test_packing_now_gives_the_room_back(store: SQLiteStore) -> None:
    await created(store, "doc", edits=5_000)
    (before,) = await on_writer(store, "PRAGMA page_count")
    await store.pack("doc")
    assert await on_writer(store, "PRAGMA freelist_count") == (0,)
    (after,) = await on_writer(store, "PRAGMA page_count")
    assert after < before / 5


async def test_a_store_that_shall_not_pack_does_not(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db", packs=False) as store:
        await created(store, "doc", edits=5_000)
        store.idle("doc")
        assert not store._packer.busy
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        assert await store.stored("doc") == Stored(events=5_001)


# Beside others.


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(5))
async def test_readers_see_every_event_once_whatever_is_packed_meanwhile(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        random_history = RandomHistory(rng, "doc")
        written: list[Event] = []

        async def write(events: int) -> None:
            for append in random_history.appends(events):
                position = await store.append(append)
                written.extend(e.__replace__(position=position + i) for i, e in enumerate(append.events))

        async def read() -> None:
            while not writing.done():
                known = len(written)
                after = rng.randint(0, known)
                found = await store.events("doc", after=after, until=known, limit=10_000)
                assert found == written[after:known]
                assert (await document_at(store, "doc", known)).version == known

        async def pack() -> None:
            while not writing.done():
                await store.pack("doc")
                await asyncio.sleep(0)

        await write(1)
        writing = asyncio.create_task(write(600))
        await asyncio.gather(writing, read(), read(), pack())
        assert (await store.stored("doc")).segments > 1


async def test_a_reader_sees_one_moment(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await created(store, "doc", edits=50)
    before = await store.events("doc")
    loop = asyncio.get_running_loop()
    look = history.segment
    packed: list[bool] = []

    def look_and_wait(*arguments: Any, **options: Any) -> Segment | None:
        found = look(*arguments, **options)
        if not packed:
            packed.append(True)
            asyncio.run_coroutine_threadsafe(store.pack("doc"), loop).result(30)
        return found

    monkeypatch.setattr(history, "segment", look_and_wait)
    assert await store.events("doc") == before
    assert (await store.stored("doc")).packed == 51


@pytest.mark.usefixtures("small")
async def test_two_stores_that_pack_one_document_do_not_harm_each_other(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as one, await SQLiteStore.open(path) as other:
        await created(one, "doc", edits=300)
        before = await one.events("doc")
        await asyncio.gather(one.pack("doc"), other.pack("doc"))
        assert await one.events("doc") == await other.events("doc") == before
        await other.append(typing("doc", 301))
        await one.append(typing("doc", 302))


async def test_a_segment_that_comes_too_late_is_let_go(store: SQLiteStore) -> None:
    await created(store, "doc", edits=9)
    plan = await store._readers.run(lambda connection: sealing.plan(connection, "doc", least=1))
    assert plan is not None
    segment = await store._readers.run(lambda connection: sealing.build(connection, plan, lambda: None))
    await store.pack("doc")
    before = await everything(store, "doc")
    assert not await store._writer.run(lambda ledger: sealing.insert(ledger, plan, segment))
    assert await everything(store, "doc") == before


@pytest.mark.parametrize("edits", [9, 200])
async def test_who_is_overtaken_while_it_packs_plans_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edits: int
) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store, await SQLiteStore.open(path) as other:
        await created(store, "doc", edits=99)
        await store.pack("doc")
        await store.append(typing("doc", 100, edits))
        before = await store.events("doc")
        loop, plan = asyncio.get_running_loop(), sealing.plan
        overtaken: list[bool] = []

        def plan_and_wait(*arguments: Any, **options: Any) -> sealing.Plan | None:
            made = plan(*arguments, **options)
            if not overtaken:
                overtaken.append(True)
                asyncio.run_coroutine_threadsafe(other.pack("doc"), loop).result(30)
            return made

        monkeypatch.setattr(sealing, "plan", plan_and_wait)
        await store.pack("doc")
        assert (await store.stored("doc")).packed == 100 + edits
        assert await store.events("doc") == before


async def test_closing_stops_what_is_being_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packer_module, "TOO_MANY", 20_000)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await created(store, "doc", edits=20_000)
        assert store._packer.busy
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        assert len(await store.events("doc", limit=30_000)) == 20_001


# Killed.


CHILD = """
import asyncio, pathlib
from tests.test_store_packing import type_and_pack
asyncio.run(type_and_pack(pathlib.Path({path!r})))
"""


async def type_and_pack(path: Path) -> None:
    """What a child process does until it is killed: it types, packs all the time, and prints what was saved."""
    sealing.FULL, sealing.BITE, packer_module.MANY, packer_module.TOO_MANY = 64, 1, 32, 32
    store = await SQLiteStore.open(path)
    await on_writer(store, "PRAGMA wal_autocheckpoint = 20")
    record = await store.document("doc")
    if record is None:
        await created(store, "doc")
    version = record.version if record else 1
    while True:
        await store.append(typing("doc", version, 7))
        version += 7
        print(version, flush=True)


async def test_a_kill_in_the_middle_of_packing_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    chance = random.Random(3)
    version = kills = leftovers = 0
    while kills < 12 or not leftovers:
        kills += 1
        assert kills < 60, "no kill came between a segment and the removal of its rows"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD.format(path=str(path)), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        async with asyncio.timeout(60):
            for _ in range(chance.randrange(1, 120)):
                version = int(await child.stdout.readline())
            child.send_signal(signal.SIGKILL)
            lines = (await child.stdout.read()).splitlines(keepends=True)
            await child.wait()
        version = max([version, *(int(line) for line in lines if line.endswith(b"\n"))])
        async with await SQLiteStore.open(path, packs=False) as store:
            record = await store.document("doc")
            assert record is not None
            assert record.version >= version
            events = await store.events("doc", limit=1_000_000)
            assert [event.seq for event in events] == list(range(1, record.version + 1))
            assert await verify(store, record) == []
            leftovers += await rows_of(store) > (await store.stored("doc")).events
    async with await SQLiteStore.open(path) as store:
        await store.pack("doc")
        assert await rows_of(store) == 0
        assert await store.events("doc", limit=1_000_000) == events
