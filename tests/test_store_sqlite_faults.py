"""What goes wrong, done for real: full disks, locks, killed processes, torn and damaged files."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from collab.errors import StoreBusy, StoreError, StoreFull, StoreReadOnly, StoreUnusable, VersionConflict
from collab.events import Edited
from collab.store import Append, ClientRecord
from collab.store.sqlite import SQLiteStore
from collab.store.transaction import Ledger
from tests.store_acceptance import everything
from tests.store_helpers import Blocked, append_of, created, on_writer, typing, versions


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.05) as store:
        for name in "abc":
            await created(store, name, edits=3)
        yield store


def pasting(document: str, expected: int, size: int) -> Append:
    """An append of ``size`` characters, which take as many bytes on the disk."""
    return append_of(document, expected, [Edited(["x" * size])])


def sqlite_name(failure: BaseException) -> str:
    """SQLite's own name for what it met: it shows that the fault was a real one."""
    cause = failure.__cause__
    assert isinstance(cause, sqlite3.Error)
    return cause.sqlite_errorname


# No room.


async def test_an_append_that_finds_no_room_fails_alone_and_works_when_there_is_some(
    store: SQLiteStore,
) -> None:
    (pages,) = await on_writer(store, "PRAGMA page_count")
    await on_writer(store, f"PRAGMA max_page_count = {pages + 2}")
    async with Blocked(store):
        small = [asyncio.create_task(store.append(typing(name, 4))) for name in "ac"]
        large = asyncio.create_task(store.append(pasting("b", 4, 100_000)))
        await asyncio.sleep(0)
    with pytest.raises(StoreFull) as failure:
        await large
    assert sqlite_name(failure.value) == "SQLITE_FULL"
    await asyncio.gather(*small)
    assert await versions(store) == {"a": 5, "b": 4, "c": 5}
    await on_writer(store, "PRAGMA max_page_count = 1000000")
    await store.append(pasting("b", 4, 100_000))
    assert await versions(store) == {"a": 5, "b": 5, "c": 5}


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 1 MB, which only root can make.

    It isn't among pytest's own folders: those of a run that was killed meanwhile are removed by the next one, which
    would fail at what is mounted there.
    """
    with TemporaryDirectory(prefix="collab-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("mounting a small file system takes root")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_fails_the_commit_and_harms_nothing(small_disk: Path) -> None:
    path = small_disk / "collab.db"
    ballast = small_disk / "ballast"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=3)
        before = await everything(store, "doc")
        with ballast.open("wb") as file:
            file.write(bytes(shutil.disk_usage(small_disk).free))
        with pytest.raises(StoreFull) as failure:
            await store.append(pasting("doc", 4, 20_000))
        assert sqlite_name(failure.value) == "SQLITE_FULL"
        assert await everything(store, "doc") == before
        ballast.unlink()
        await store.append(pasting("doc", 4, 20_000))
    async with await SQLiteStore.open(path) as store:
        assert await versions(store) == {"doc": 5}


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writing past ``size`` bytes of any file fails, in this process, as on a disk that breaks there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_if_the_commit_fails_all_its_appends_fail_and_none_is_in_the_log(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await store.append(pasting("a", 4, 400_000))  # so that the limit hits nobody else's file
    before = [await everything(store, name) for name in "abc"]
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader, file_size_limit(400_000):
        # While somebody reads, the write-ahead log doesn't start from its beginning, within the limit.
        reader.execute("BEGIN").execute("SELECT count(*) FROM documents").fetchone()
        async with Blocked(store):
            appends = [asyncio.create_task(store.append(typing(n, v))) for n, v in (("a", 5), ("b", 4))]
            stale = asyncio.create_task(store.append(typing("b", 1)))
            last = asyncio.create_task(store.append(typing("c", 4)))
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*appends, stale, last, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreError] * 4
    assert {sqlite_name(o) for o in outcomes if isinstance(o, StoreError)} == {"SQLITE_IOERR_WRITE"}
    assert len({id(outcome) for outcome in outcomes}) == 4
    assert [await everything(store, name) for name in "abc"] == before
    # As a killed server would leave it.
    shutil.copy(store.path, tmp_path / "copy.db")
    shutil.copy(f"{store.path}-wal", tmp_path / "copy.db-wal")
    async with await SQLiteStore.open(tmp_path / "copy.db") as copy:
        assert [await everything(copy, name) for name in "abc"] == before
    # And with the cause gone all works again.
    await asyncio.gather(*(store.append(typing(n, v)) for n, v in (("a", 5), ("b", 4), ("c", 4))))
    assert await versions(store) == {"a": 6, "b": 5, "c": 5}


# No access.


async def test_a_locked_file_is_busy_after_a_bounded_wait_and_then_works(store: SQLiteStore) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with asyncio.timeout(10):
            outcomes = await asyncio.gather(
                *(store.append(typing(name, 4)) for name in "abc"), return_exceptions=True
            )
        assert [type(outcome) for outcome in outcomes] == [StoreBusy] * 3
        assert sqlite_name(outcomes[0]) == "SQLITE_BUSY"  # type: ignore[arg-type]
        assert len(await store.events("a")) == 4, "readers don't mind"
        with pytest.raises(StoreBusy):
            await store.save_snapshot("a", 1, b"x")
        other.execute("ROLLBACK")
    await asyncio.gather(*(store.append(typing(name, 4)) for name in "abc"))
    assert await versions(store) == {"a": 5, "b": 5, "c": 5}


async def test_an_append_waits_while_the_lock_is_short(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=30) as store:
        await created(store, "doc")
        with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            append = asyncio.create_task(store.append(typing("doc", 1)))
            assert len(await store.events("doc")) == 1
            assert not append.done()
            other.execute("ROLLBACK")
        await append


async def test_opening_a_locked_file_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    await (await SQLiteStore.open(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            await SQLiteStore.open(path, busy_seconds=0.05)
        other.execute("ROLLBACK")
    await (await SQLiteStore.open(path)).close()


async def test_a_store_that_becomes_read_only_says_so_and_then_works(store: SQLiteStore) -> None:
    await on_writer(store, "PRAGMA query_only = ON")
    with pytest.raises(StoreReadOnly) as failure:
        await store.append(typing("a", 4))
    assert sqlite_name(failure.value) == "SQLITE_READONLY"
    with pytest.raises(StoreReadOnly):
        await store.save_snapshot("a", 1, b"x")
    await on_writer(store, "PRAGMA query_only = OFF")
    await store.append(typing("a", 4))
    assert (await versions(store))["a"] == 5


async def test_a_broken_connection_is_made_anew(store: SQLiteStore) -> None:
    await store._writer.run(lambda ledger: ledger.connection.close())
    with pytest.raises(StoreError):
        await store.append(typing("a", 4))
    await store.append(typing("a", 4))
    assert (await versions(store))["a"] == 5


@pytest.mark.parametrize("connected", [True, False])
async def test_nothing_is_written_to_a_file_that_was_moved_away(store: SQLiteStore, connected: bool) -> None:
    if not connected:
        await store._writer.run(lambda ledger: ledger.connection.close())
    elsewhere = store.path.with_name("elsewhere.db")
    store.path.rename(elsewhere)
    for _ in range(3):
        with pytest.raises(StoreUnusable, match="moved"):
            await store.append(typing("a", 4))
    assert not store.path.exists()
    shutil.copy(elsewhere, store.path)
    with pytest.raises(StoreUnusable, match="replaced"):
        await store.append(typing("a", 4))
    elsewhere.rename(store.path)
    await store.append(typing("a", 4))
    assert (await versions(store))["a"] == 5


async def test_a_job_that_fails_leaves_no_transaction_behind(store: SQLiteStore) -> None:
    def begin_and_fail(ledger: Ledger) -> None:
        ledger.connection.execute("BEGIN IMMEDIATE")
        ledger.connection.execute("UPDATE documents SET title = 'half done'")
        raise RuntimeError("bug")

    with pytest.raises(StoreError, match="bug"):
        await store._writer.run(begin_and_fail)
    await store.append(typing("a", 4))
    record = await store.document("a")
    assert record is not None
    assert record.title == ""


async def test_one_append_that_sqlite_refuses_fails_alone(store: SQLiteStore) -> None:
    before = await everything(store, "b")
    # More than SQLite's integers can hold, which is found only when the row is written.
    absurd = typing("b", 4).__replace__(clients=[ClientRecord("c1", "ann", b"", 2**63)])
    async with Blocked(store):
        good = [asyncio.create_task(store.append(typing(name, 4))) for name in "ac"]
        bad = asyncio.create_task(store.append(absurd))
        stale = asyncio.create_task(store.append(typing("b", 2)))
        await asyncio.sleep(0)
    await asyncio.gather(*good)
    with pytest.raises(StoreError, match="OverflowError"):
        await bad
    with pytest.raises(VersionConflict):
        await stale
    assert await everything(store, "b") == before
    assert await versions(store) == {"a": 5, "b": 4, "c": 5}
