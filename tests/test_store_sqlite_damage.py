"""SQLite files that were torn, damaged or left by a killed process."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from collab.errors import CorruptLog, StoreError, UnknownEvent
from collab.operation import Text
from collab.snapshots import BadSnapshot, pack, unpack
from collab.store import schema
from collab.store.rows import checksum, seed
from collab.store.sqlite import SQLiteStore
from tests.store_acceptance import everything
from tests.store_helpers import SECOND, T0, created, creation, rewrite, typing, versions


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db", busy_seconds=0.05) as store:
        for name in "abc":
            await created(store, name, edits=3)
        yield store


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
