"""Packed histories that are damaged, and what the database forbids."""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from collab.errors import CorruptLog, StoreError, UnknownEvent
from collab.events import Event
from collab.reading import document_at
from collab.store import Stored
from collab.store.sqlite import SQLiteStore
from collab.store.transaction import Ledger
from collab.verifying import verify
from tests.random_histories import RandomHistory
from tests.store_acceptance import everything
from tests.store_helpers import created, newer_program, on_writer, rewrite, rows_of, typing


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


# Damaged.


async def packed_file(path: Path) -> list[Event]:
    """A store with one packed document and five events more of it."""
    async with await SQLiteStore.open(path) as store:
        random_history = RandomHistory(random.Random(5), "doc")
        for append in random_history.appends(40):
            await store.append(append)
        await store.pack("doc")
        for append in random_history.appends(5):
            await store.append(append)
        return await store.events("doc")


def without_triggers(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    rewrite(path, *statements)


@pytest.mark.parametrize("part", ["operations", "envelopes"])
async def test_any_flipped_byte_of_a_segment_is_found_and_named(tmp_path: Path, part: str) -> None:
    path = tmp_path / "collab.db"
    await packed_file(path)
    with closing(sqlite3.connect(path)) as connection:
        (good,) = connection.execute(f"SELECT {part} FROM segments").fetchone()
    without_triggers(path)
    for place in range(0, len(good), 7):
        damaged = bytearray(good)
        damaged[place] ^= 0x10
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"UPDATE segments SET {part} = ?", (bytes(damaged),))
            connection.commit()
        async with await SQLiteStore.open(path, packs=False) as store:
            for after in (0, 9):
                with pytest.raises(CorruptLog) as corrupt:
                    await store.events("doc", after=after)
                assert (corrupt.value.document, corrupt.value.seq) == ("doc", after + 1)
            record = await store.document("doc")
            assert record is not None
            assert [(f.seq, f.harmless) for f in await verify(store, record)] == [(1, False)]
            if part == "operations":
                with pytest.raises(CorruptLog):
                    await document_at(store, "doc")
            with pytest.raises(CorruptLog):
                await store.version_at("doc", record.created_at)
            with pytest.raises(CorruptLog):
                await store.pack("doc")


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE segments SET first = 2", 1),
        ("UPDATE segments SET began = began - 1", 1),
        ("UPDATE segments SET operations = envelopes", 1),
        ("DELETE FROM segments", 1),
        ("DELETE FROM events WHERE seq = (SELECT max(last) + 1 FROM segments)", None),
        ("UPDATE documents SET id = 'other'", 1),
    ],
)
async def test_whatever_else_is_wrong_with_segments_is_found(
    tmp_path: Path, change: str, seq: int | None
) -> None:
    path = tmp_path / "collab.db"
    await packed_file(path)
    without_triggers(path, change)
    async with await SQLiteStore.open(path, packs=False) as store:
        (record,) = await store.documents()
        expected = (await store.stored(record.id)).packed + 1 if seq is None else seq
        with pytest.raises(CorruptLog) as corrupt:
            await store.events(record.id)
        assert corrupt.value.seq == expected
        if "began" not in change:  # of times the operations know nothing
            with pytest.raises(CorruptLog):
                await store.operations(record.id, after=expected - 1, until=record.version)
        with pytest.raises(StoreError):
            await store.pack(record.id)


async def test_a_damaged_event_is_not_packed_as_if_it_were_well(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=99)
    rewrite(path, "UPDATE events SET payload = x'5b5b225a225d5d' WHERE seq = 50")
    async with await SQLiteStore.open(path) as store:
        with pytest.raises(CorruptLog) as corrupt:
            await store.pack("doc")
        assert corrupt.value.seq == 50
        with caplog.at_level(logging.WARNING, logger="collab.store"):
            store.idle("doc")
            await store._packer.settled()
        assert "document doc: not packed" in caplog.text
        assert await store.stored("doc") == Stored(events=100)
        assert len(await store.events("doc", until=49)) == 49


async def test_an_event_of_a_newer_program_survives_packing(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    payload = b"\xff\0 anything"
    async with await SQLiteStore.open(path) as store:
        await created(store, "doc", edits=3)
    assert newer_program(path, "doc", "painted", 3, payload) == 5
    async with await SQLiteStore.open(path) as store:
        await store.append(typing("doc", 5, 5))
        before = await store.rows("doc")
        await store.pack("doc")
        assert (await store.stored("doc")).packed == 10
        for read in (
            store.events("doc"),
            store.operations("doc", after=0, until=10),
            store.chapter("doc", after=0, until=10),
        ):
            with pytest.raises(UnknownEvent, match="painted") as unknown:
                await read
            assert (unknown.value.document, unknown.value.seq) == ("doc", 5)
        assert len(await store.events("doc", after=5)) == 5
        assert await store.rows("doc") == before
        assert (before[4].type, before[4].version, before[4].payload) == ("painted", 3, payload)


# What the database itself forbids.


INSERT = "INSERT INTO segments (document, last, first, began, first_position, last_position, operations, envelopes)"


REST = "0, 0, 0, x'', x''"


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("DELETE FROM events", "events are never dropped"),
        ("DELETE FROM events WHERE seq = 45", "events are never dropped"),
        ("UPDATE events SET at = at + 1", "events are never changed"),
        ("UPDATE segments SET last = last + 1", "segments are never changed"),
        ("DELETE FROM segments", "segments are never dropped"),
        ("DELETE FROM segments WHERE first = 1", "segments are never dropped"),
        (f"{INSERT} VALUES (1, 44, 1, {REST}), (1, 48, 46, {REST})", "leave no gap"),
        (f"{INSERT} VALUES (1, 41, 40, {REST})", "leave no gap"),
        (f"{INSERT} VALUES (1, 39, 1, {REST})", "leave no gap"),
        (f"{INSERT} VALUES (1, 50, 60, {REST})", "leave no gap"),
        (f"{INSERT} VALUES (2, 5, 2, {REST})", "leave no gap"),
    ],
)
async def test_the_database_itself_refuses_to_lose_events(
    store: SQLiteStore, statement: str, refusal: str
) -> None:
    await created(store, "doc", edits=39)
    await store.pack("doc")
    await store.append(typing("doc", 40, 9))
    await created(store, "other")
    before = await everything(store, "doc")
    with pytest.raises(StoreError, match=refusal):
        await on_writer(store, statement)
    assert await everything(store, "doc") == before


async def test_the_database_lets_go_of_what_a_segment_has(store: SQLiteStore) -> None:
    await created(store, "doc", edits=39)
    await store.pack("doc")

    def put_back(ledger: Ledger) -> None:
        # As if it had been killed before it removed them.
        ledger.connection.execute(
            "INSERT INTO events SELECT 1, value, value, NULL, 1, 1, 1, 1, x'', 0, NULL"
            " FROM json_each('[3, 4, 5]')"
        )

    await store._writer.run(put_back)
    before = await everything(store, "doc")
    await store.pack("doc")
    assert await rows_of(store) == 0
    assert await everything(store, "doc") == before
