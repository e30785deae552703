"""Group commit: who shares a transaction with whom, counted in the write-ahead log itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from collab.errors import StoreError, VersionConflict
from collab.store import writer
from collab.store.sqlite import SQLiteStore
from tests.helpers import eventually
from tests.store_helpers import Blocked, commits, created, on_writer, typing


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        for i in range(8):
            await created(store, f"doc{i}")
        yield store


async def test_a_lone_append_is_one_transaction(store: SQLiteStore) -> None:
    before = commits(store.path)
    for version in range(1, 16, 3):
        await store.append(typing("doc0", version, 3))
        assert commits(store.path) == before + 1
        before += 1


async def test_appends_that_wait_share_a_transaction(store: SQLiteStore) -> None:
    before = commits(store.path)
    async with Blocked(store):
        appends = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(8)]
        await asyncio.sleep(0)
    await asyncio.gather(*appends)
    assert commits(store.path) == before + 1


async def test_a_conflict_takes_no_part_in_the_shared_transaction(store: SQLiteStore) -> None:
    before = commits(store.path)
    async with Blocked(store):
        good = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(4)]
        bad = asyncio.create_task(store.append(typing("doc5", 9)))
        await asyncio.sleep(0)
    with pytest.raises(VersionConflict):
        await bad
    await asyncio.gather(*good)
    assert commits(store.path) == before + 1


async def test_many_writers_need_far_fewer_transactions_than_appends(store: SQLiteStore) -> None:
    async def write(document: str) -> None:
        for version in range(1, 41):
            await store.append(typing(document, version))

    before = commits(store.path)
    await asyncio.gather(*(write(f"doc{i}") for i in range(8)))
    # Each task waits for its own append, so no transaction can have more than one of each.
    assert 40 <= commits(store.path) - before < 8 * 40 / 2


async def test_a_transaction_is_bounded(store: SQLiteStore) -> None:
    before = commits(store.path)
    half = writer.BATCH_EVENTS // 2
    async with Blocked(store):
        appends = [
            asyncio.create_task(store.append(typing(f"doc{i}", 1, count)))
            for i, count in enumerate([half, half, 1, 2 * half + 1, 1, 1])
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*appends)
    # half and half; 1; the one that is too large; 1 and 1
    assert commits(store.path) == before + 4


async def test_the_queue_is_bounded_and_everybody_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "WAITING_APPENDS", 3)
    async with await SQLiteStore.open(tmp_path / "small.db") as store:
        for i in range(10):
            await created(store, f"doc{i}")
        async with Blocked(store):
            appends = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(10)]
            for _ in range(10):
                await asyncio.sleep(0)
            assert store._writer._queue.qsize() == 3
            appends[0].cancel()
            appends[9].cancel()
        outcomes = await asyncio.gather(*appends, return_exceptions=True)
        assert all(isinstance(outcome, int) for outcome in outcomes[1:9])
        assert isinstance(await store.append(typing("doc9", 1)), int)


async def test_appends_go_before_snapshots_and_share_nothing_with_them(store: SQLiteStore) -> None:
    before = commits(store.path)
    order: list[str] = []
    async with Blocked(store):
        snapshot = asyncio.create_task(store.save_snapshot("doc0", 1, b"content"))
        await asyncio.sleep(0)
        appends = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(4)]
        await asyncio.sleep(0)
        snapshot.add_done_callback(lambda _: order.append("snapshot"))
        for append in appends:
            append.add_done_callback(lambda _: order.append("append"))
    await asyncio.gather(snapshot, *appends)
    assert order == ["append"] * 4 + ["snapshot"]
    assert commits(store.path) == before + 2


async def test_a_snapshot_gets_its_turn_under_endless_appends(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH_EVENTS", 1)
    order: list[str] = []
    many = writer.PATIENCE + 10
    async with Blocked(store):
        snapshot = asyncio.create_task(store.save_snapshot("doc0", 1, b"content"))
        snapshot.add_done_callback(lambda _: order.append("snapshot"))
        appends = [asyncio.create_task(store.append(typing("doc1", 1 + i))) for i in range(many)]
        for append in appends:
            append.add_done_callback(lambda _: order.append("append"))
        await asyncio.sleep(0)
    await asyncio.gather(snapshot, *appends)
    assert order.index("snapshot") == writer.PATIENCE


async def test_appends_wait_for_the_disk_also_after_a_snapshot_that_did_not(store: SQLiteStore) -> None:
    await store.save_snapshot("doc0", 1, b"content")
    assert await on_writer(store, "PRAGMA synchronous") == (1,)
    await store.append(typing("doc0", 1))
    assert await on_writer(store, "PRAGMA synchronous") == (2,)


async def test_the_write_ahead_log_is_carried_over_beside_the_writer(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHECKPOINT_AFTER", 1)
    size = store.path.stat().st_size
    await store.append(typing("doc0", 1, 500))
    await store.append(typing("doc0", 501))
    await eventually(lambda: store.path.stat().st_size > size)
    assert len(await store.events("doc0")) == 502


async def test_what_waits_when_the_writer_is_closed_is_done_first(store: SQLiteStore) -> None:
    async with Blocked(store):
        snapshot = asyncio.create_task(store.save_snapshot("doc0", 1, b"content"))
        appends = [asyncio.create_task(store.append(typing(f"doc{i}", 1))) for i in range(4)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(store._writer.close())
        await asyncio.sleep(0)
        late = asyncio.create_task(store.append(typing("doc5", 1)))
        await asyncio.sleep(0)
    await asyncio.gather(snapshot, *appends, closing)
    with pytest.raises(StoreError, match="closed"):
        await late
    assert await store.snapshot("doc0") == (1, b"content")
    assert [len(await store.events(f"doc{i}")) for i in range(6)] == [2, 2, 2, 2, 1, 1]
