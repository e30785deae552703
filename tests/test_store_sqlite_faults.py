"""What goes wrong, done for real: full disks, locks, killed processes, torn and damaged files."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from collab.errors import (
    CorruptLog,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnusable,
    UnknownEvent,
    VersionConflict,
)
from collab.events import Edited
from collab.operation import Text
from collab.snapshots import BadSnapshot, pack, unpack
from collab.store import Append, ClientRecord, schema
from collab.store.rows import checksum, seed
from collab.store.sqlite import SQLiteStore
from collab.store.transaction import Ledger
from tests.store_acceptance import everything
from tests.store_helpers import (
    SECOND,
    T0,
    Blocked,
    append_of,
    created,
    creation,
    on_writer,
    rewrite,
    typing,
)


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


async def versions(store: SQLiteStore) -> dict[str, int]:
    """How many events of each document can be read, which is what the catalogue says too."""
    found = {}
    for record in await store.documents():
        found[record.id] = len(await store.events(record.id, limit=1_000_000))
        assert found[record.id] == record.version
    return found


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


# Killed.


async def test_whatever_was_acknowledged_before_a_kill_is_there_exactly_once(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    program = (
        "import asyncio, pathlib; from tests.store_helpers import type_for_ever;"
        f"asyncio.run(type_for_ever(pathlib.Path({str(path)!r}), 6))"
    )
    chance = random.Random(20)
    acknowledged: dict[tuple[str, int], int] = {}
    for _ in range(10):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        lines = []
        async with asyncio.timeout(30):
            for _ in range(chance.randrange(1, 400)):
                lines.append(await child.stdout.readline())
            child.send_signal(signal.SIGKILL)
            lines += (await child.stdout.read()).splitlines(keepends=True)
            await child.wait()
        for line in lines:
            if line.endswith(b"\n"):
                document, seq, position = line.decode().split()
                acknowledged[document, int(seq)] = int(position)
        async with await SQLiteStore.open(path) as store:
            await versions(store)
            stored = {}
            for record in await store.documents():
                for event in await store.events(record.id, limit=1_000_000):
                    stored[record.id, event.seq] = event.position
            assert len(set(stored.values())) == len(stored)
            assert acknowledged.items() <= stored.items()
    assert len(acknowledged) > 100


# Torn.


def copy_of(path: Path) -> tuple[bytes, bytes]:
    """The database and its write-ahead log, in this order: with no checkpoint between, they belong together."""
    return path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()


FRAME = 24 + schema.PAGE_BYTES
"""Bytes of an entry in the write-ahead log: one page, and what is said of it."""


async def torn_copies(tmp_path: Path) -> tuple[Path, bytes, bytes, dict[str, int]]:
    """A place for copies, and a database and its log as they are while a server runs."""
    async with await SQLiteStore.open(tmp_path / "original.db") as store:
        for name in "abc":
            await created(store, name)
        for version in range(1, 13):
            await asyncio.gather(*(store.append(typing(name, version)) for name in "abc"))
        database, log = copy_of(store.path)
        acknowledged = await versions(store)
    entries = -(-(len(log.rstrip(b"\0")) - 32) // FRAME)  # behind them it is empty
    return tmp_path / "copy.db", database, log[: 32 + entries * FRAME], acknowledged


def put(path: Path, database: bytes, log: bytes) -> None:
    path.write_bytes(database)
    path.with_name(path.name + "-wal").write_bytes(log)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)


async def prefix_in(path: Path, database: bytes, log: bytes) -> dict[str, int]:
    """The versions in a copy with this write-ahead log, which must be a prefix of the whole log and work."""
    put(path, database, log)
    async with await SQLiteStore.open(path) as store:
        found = await versions(store)
        positions = [event.position for name in found for event in await store.events(name)]
        assert sorted(positions) == list(range(1, len(positions) + 1))
        assert await store.append(creation("new")) == len(positions) + 1
    return found


async def test_a_torn_write_ahead_log_is_a_prefix_of_the_log(tmp_path: Path) -> None:
    path, database, log, acknowledged = await torn_copies(tmp_path)
    chance = random.Random(7)
    cuts = [0, 1, 31, 32, 33, len(log) - 1]
    cuts += [32 + n * FRAME + d for n in range(0, len(log) // FRAME, 16) for d in (-1, 0, 25)]
    cuts += [chance.randrange(len(log)) for _ in range(20)]
    sizes = []
    for cut in sorted(max(0, cut) for cut in cuts):
        garbage = chance.randbytes(chance.choice([0, 10, 5_000]))
        sizes.append(sum((await prefix_in(path, database, log[:cut] + garbage)).values()))
    assert sizes == sorted(sizes)
    assert sizes[0] == 0
    assert len(set(sizes)) > 10
    assert await prefix_in(path, database, log) == acknowledged
    assert await prefix_in(path, database, log + chance.randbytes(9_000)) == acknowledged


async def test_a_flipped_bit_in_the_write_ahead_log_ends_it_there(tmp_path: Path) -> None:
    path, database, log, acknowledged = await torn_copies(tmp_path)
    chance = random.Random(8)
    for _ in range(40):
        damaged = bytearray(log)
        damaged[chance.randrange(len(log))] ^= 1 << chance.randrange(8)
        found = await prefix_in(path, database, bytes(damaged))
        assert all(found.get(name, 0) <= version for name, version in acknowledged.items())


async def test_a_copy_taken_while_writing_is_a_prefix_of_the_log(tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "original.db") as store:
        acknowledged: dict[str, int] = {}

        async def write(document: str) -> None:
            await created(store, document)
            for version in range(1, 60):
                await store.append(typing(document, version))
                acknowledged[document] = version + 1

        writing = [asyncio.create_task(write(f"doc{i}")) for i in range(4)]
        for _ in range(15):
            await asyncio.sleep(0)
            known = dict(acknowledged)
            database, log = await asyncio.to_thread(copy_of, store.path)
            found = await prefix_in(tmp_path / "copy.db", database, log)
            assert all(found[name] >= version for name, version in known.items())
        await asyncio.gather(*writing)


# Damaged.


@pytest.mark.parametrize(
    "column",
    ["payload", "checksum", "at", "client_seq", "type", "version", "seq", "client", "document"],
)
async def test_a_flipped_bit_in_an_event_is_found(tmp_path: Path, column: str) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=5)
        await store.append(typing("doc", 6, client="c2", author="bob"))
        await created(store, "other", edits=5)
    flips = {
        "payload": "CAST(replace(CAST(payload AS TEXT), 'x', 'y') AS BLOB)",
        "type": "'renamed'",
        # To another row that exists, as the foreign keys would have it.
        "client": "client + 1",
        "document": "document + 1",
        "seq": "seq + 64",
    }
    change = flips.get(column, f"{column} + 1")
    rewrite(path, f"UPDATE OR REPLACE events SET {column} = {change} WHERE document = 1 AND seq = 4")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.events("doc")
        assert (corrupt.value.document, corrupt.value.seq) == ("doc", 4)
        assert [event.seq for event in await store.events("doc", until=3)] == [1, 2, 3]


@pytest.mark.parametrize(
    "statement", ["UPDATE clients SET author = 'eve'", "UPDATE clients SET client = 'c9'"]
)
async def test_an_author_who_was_changed_is_found(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=5)
    rewrite(path, statement)
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog):
            await store.events("doc")


@pytest.mark.parametrize("chance", range(30))
async def test_any_flipped_bit_in_the_file_is_found_or_harmless(tmp_path: Path, chance: int) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=300)
        before = await store.events("doc")
    random_ = random.Random(chance)
    content = bytearray(path.read_bytes())
    # Bits of rows, and not of free space or the schema, for the greater part.
    spots = [i for i in range(4096, len(content)) if content[i]]
    for spot in random_.sample(spots, 3):
        content[spot] ^= 1 << random_.randrange(8)
    path.write_bytes(content)
    try:
        async with await SQLiteStore.open(path) as store:
            after = await store.events("doc")
            if await store.document("doc") is None:
                return  # the catalogue says openly that it knows no such document
    except StoreError:
        return
    assert after == before


@pytest.mark.parametrize("missing", [1, 3, 6])
async def test_a_missing_event_is_found(tmp_path: Path, missing: int) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=5)
    rewrite(path, f"DELETE FROM events WHERE seq = {missing}")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.events("doc")
        assert corrupt.value.seq == missing
        with pytest.raises(CorruptLog):
            await store.events("doc", after=missing - 1, until=missing)
        assert len(await store.events("doc", until=missing - 1)) == missing - 1
        assert len(await store.events("doc", after=missing)) == 6 - missing


async def test_a_missing_event_is_found_by_the_search_for_a_time(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=7)
    rewrite(path, "DELETE FROM events WHERE seq = 4")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.version_at("doc", T0 + 2 * SECOND)
        assert corrupt.value.seq == 4


async def test_an_event_past_the_end_is_found(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=5)
    rewrite(path, "UPDATE documents SET version = 4")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.events("doc")
        assert corrupt.value.seq == 5
        with pytest.raises(CorruptLog):
            await store.events("doc", after=4)
        assert len(await store.events("doc", until=4)) == 4
        with pytest.raises(StoreError):
            await store.append(typing("doc", 4))


@pytest.mark.parametrize(
    ("type_", "version", "payload", "failure"),
    [
        ("painted", 1, b"{}", UnknownEvent),
        ("edited", 99, b"[[]]", UnknownEvent),
        ("edited", 1, b"[[1,", CorruptLog),
        ("edited", 1, b"{}", CorruptLog),
        ("created", 1, b"[]", CorruptLog),
    ],
)
async def test_an_event_that_this_program_cannot_read_is_found(
    tmp_path: Path, type_: str, version: int, payload: bytes, failure: type[StoreError]
) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=2)
    right = checksum(seed("doc", type_, version, "c1", "ann"), 2, 1, T0 + SECOND, payload)
    rewrite(
        path,
        f"UPDATE events SET type = '{type_}', version = {version}, payload = x'{payload.hex()}',"
        f" checksum = {right} WHERE seq = 2",
    )
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(failure, match=type_) as found:
            await store.events("doc")
        assert "document 'doc', event 2" in str(found.value)


async def test_text_that_is_no_text_is_found_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=5)
    rewrite(path, "UPDATE events SET type = CAST(x'ff65' AS TEXT) WHERE seq = 4")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.events("doc")
        assert corrupt.value.seq == 4


# Snapshots are a cache.


async def test_a_damaged_snapshot_is_known_as_such_and_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    content: Text = ["some text"]
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=9)
        await store.save_snapshot("doc", 5, pack(content))
        await store.save_snapshot("doc", 9, pack(content))
    rewrite(
        path,
        "UPDATE snapshots SET content = CAST(substr(content, 1, 12) || x'00' || substr(content, 14) AS BLOB)"
        " WHERE version = 9",
    )
    async with await SQLiteStore.open(path) as store:
        found = await store.snapshot("doc")
        assert found is not None
        version, packed = found
        assert version == 9
        with pytest.raises(BadSnapshot):
            unpack(packed)
        await store.delete_snapshot("doc", version)
        older = await store.snapshot("doc")
        assert older is not None
        assert (older[0], unpack(older[1])) == (5, content)
        await store.save_snapshot("doc", 9, pack(content))
        assert await store.snapshot("doc") == (9, pack(content))


async def test_without_snapshots_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=9)
        before = await everything(store, "doc")
        await store.save_snapshot("doc", 5, b"anything")
    rewrite(path, "DELETE FROM snapshots")
    async with await SQLiteStore.open(path) as store:
        assert await everything(store, "doc") == before
        await store.append(typing("doc", 10))
