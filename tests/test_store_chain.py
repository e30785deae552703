"""The hash chain in SQLite's file: what was forged is found, and what can't be read at a migration costs no more."""

from __future__ import annotations

import gzip
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from collab.chain import MARK_EVERY
from collab.errors import CorruptLog, StoreDamaged
from collab.events import Edited, Renamed, Tagged
from collab.segments import Segment, SegmentBuilder, Unpacked
from collab.store import Stored, sealing
from collab.store.rows import checksum, seed
from collab.store.sqlite import SQLiteStore
from tests.golden.make import GOLDEN
from tests.random_histories import RandomHistory
from tests.store_acceptance_log import all_of, chain_of
from tests.store_helpers import SECOND, T0, append_of, created, newer_program, rewrite, typing


@pytest_asyncio.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """A file with two documents of a hundred events and a few."""
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path, packs=False) as store:
        for name in ("doc", "other"):
            await created(store, name, edits=119)
    yield path


def forge(path: Path, seq: int, payload: bytes, **changes: Any) -> None:
    """Change an event of "doc" together with its checksum, as somebody does who knows the program but not the chain."""
    event = {"client_seq": seq - 1, "at": T0 + (seq - 1) * SECOND} | changes
    right = checksum(seed("doc", "edited", 1, "c1", "ann"), seq, event["client_seq"], event["at"], payload)
    said = "".join(f", {column} = {value}" for column, value in event.items())
    rewrite(
        path,
        f"UPDATE events SET payload = x'{payload.hex()}', checksum = {right}{said} WHERE document = 1"
        f" AND seq = {seq}",
    )


# Forged.


@pytest.mark.parametrize("seq", [2, 16, 50, 120])
async def test_a_forged_event_with_its_right_checksum_is_refused_by_packing(path: Path, seq: int) -> None:
    forge(path, seq, b'[["Z"]]')
    async with await SQLiteStore.open(path, packs=False) as store:
        assert (await store.events("doc", after=seq - 1, until=seq))[0].payload == Edited(["Z"])
        with pytest.raises(CorruptLog, match="hash chain") as corrupt:
            await store.pack("doc")
        assert (corrupt.value.document, corrupt.value.seq) == ("doc", seq)
        assert await store.stored("doc") == Stored(events=120)
        await store.pack("other")
        assert (await store.stored("other")).packed == 120


@pytest.mark.parametrize("change", [{"at": T0 + 49 * SECOND + 1}, {"client_seq": 48}])
async def test_a_forged_time_or_number_is_refused_by_packing(path: Path, change: dict[str, int]) -> None:
    forge(path, 50, b'[[48,"x"]]', **change)
    async with await SQLiteStore.open(path, packs=False) as store:
        with pytest.raises(CorruptLog, match="hash chain") as corrupt:
            await store.pack("doc")
        assert corrupt.value.seq == 50


async def test_an_event_forged_behind_a_segment_is_refused_when_that_grows(path: Path) -> None:
    async with await SQLiteStore.open(path, packs=False) as store:
        await store.pack("doc")
        await store.append(typing("doc", 120, 20))
    forge(path, 130, b'[["Z"]]')
    async with await SQLiteStore.open(path, packs=False) as store:
        with pytest.raises(CorruptLog, match="hash chain") as corrupt:
            await store.pack("doc")
        assert corrupt.value.seq == 130
        assert (await store.stored("doc")).packed == 120


async def test_an_event_forged_behind_full_segments_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "FULL", 40)
    async with await SQLiteStore.open(path, packs=False) as store:
        await store.pack("doc")
        assert (await store.stored("doc")).segments == 3
        await store.append(typing("doc", 120, 20))
    forge(path, 121, b'[["Z"]]')
    async with await SQLiteStore.open(path, packs=False) as store:
        with pytest.raises(CorruptLog, match="hash chain") as corrupt:
            await store.pack("doc")
        assert corrupt.value.seq == 121


async def test_a_forged_newest_digest_does_not_fit_the_rows(path: Path) -> None:
    rewrite(path, "UPDATE documents SET digest = zeroblob(32) WHERE id = 'doc'")
    async with await SQLiteStore.open(path, packs=False) as store:
        right = await chain_of(store, "doc")
        assert await store.digests("doc", after=119, until=120) != [(120, right[-1])]


# Packed.


async def test_the_digests_of_a_packed_history_fit_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "FULL", 50)
    async with await SQLiteStore.open(path, packs=False) as store:
        right = await chain_of(store, "doc")
        hot = await store.digests("doc", after=0, until=120)
        assert hot == [*((seq, right[seq - 1][:2]) for seq in range(1, 120)), (120, right[-1])]
        await store.pack("doc")
        packed = await store.digests("doc", after=0, until=120)
        assert [seq for seq, _ in packed] == [16, 32, 48, 50, 66, 82, 98, 100, 116, 120]
        assert all(right[seq - 1].startswith(start) for seq, start in packed)
        assert [seq for seq, start in packed if len(start) == 32] == [50, 100, 120]


async def test_rows_that_a_segment_has_too_are_told_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await SQLiteStore.open(path, packs=False) as store:
        with monkeypatch.context() as patched:
            patched.setattr(sealing, "remove", lambda *_: False)
            await store.pack("doc")
        await store.append(typing("doc", 120, 3))
        found = await store.digests("doc", after=0, until=200)
        assert [seq for seq, _ in found] == [*range(MARK_EVERY, 120, MARK_EVERY), 120, 121, 122, 123]


async def test_what_a_newer_program_wrote_is_packed_into_the_chain(path: Path) -> None:
    newer_program(path, "doc", "painted", 1, b'{"any":"thing"}')
    async with await SQLiteStore.open(path, packs=False) as store:
        await store.append(typing("doc", 121))
        right = await chain_of(store, "doc")
        await store.pack("doc")
        assert await store.digests("doc", after=121, until=122) == [(122, right[-1])]


# Files of schema version 2.


DAMAGES = {
    "a row": "UPDATE events SET at = at + 1 WHERE document = {} AND seq = 150",
    "a missing row": "DELETE FROM events WHERE document = {} AND seq = 150",
    "the first segment": "UPDATE segments SET began = began + 1 WHERE document = {} AND last = 60",
    "the last segment": "UPDATE segments SET operations = x'00' WHERE document = {} AND last > 60",
}


def file_of_version_2(path: Path, damage: str | None = None) -> None:
    """Two documents in two segments and some rows each, "plain" with that damage."""
    path.write_bytes(gzip.decompress((GOLDEN / "schema_2.db.gz").read_bytes()))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        documents = connection.execute("SELECT number, id FROM documents").fetchall()
        for number, document in documents:
            whole = connection.execute(
                "SELECT first, last, began, operations, envelopes FROM segments WHERE document = ?", (number,)
            ).fetchall()
            assert len(whole) == 1
            rows = Unpacked(document, Segment(*whole[0])).rows(0, whole[0][1])
            connection.execute("DELETE FROM segments WHERE document = ?", (number,))
            for first, part in ((1, rows[:60]), (61, rows[60:])):
                builder = SegmentBuilder(document, first)
                for row in part:
                    builder.add(row)
                connection.execute(
                    "INSERT INTO segments (document, first, last, began, operations, envelopes)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (number, *builder.finish()),
                )
            if document == "plain" and damage is not None:
                connection.execute(DAMAGES[damage].format(number))
        for _, sql in triggers:
            connection.execute(sql)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_history_that_is_damaged_when_chains_come_has_none_and_all_else_opens(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    file_of_version_2(tmp_path / "collab.db", damage)
    with caplog.at_level(logging.WARNING, logger="collab.store"):
        store = await SQLiteStore.open(tmp_path / "collab.db", packs=False)
    async with store:
        assert "document plain has no hash chain from now on" in caplog.text
        assert "document formatted" not in caplog.text
        newest = len(await chain_of(store, "formatted"))
        await store.append(append_of("formatted", newest, [Renamed("on")], at=2 * T0))
        await store.pack("formatted")
        right = await chain_of(store, "formatted")
        found = await store.digests("formatted", after=0, until=newest + 1)
        assert found[-1] == (newest + 1, right[-1])
        assert len(found) > 10
        assert all(right[seq - 1].startswith(start) for seq, start in found)

        assert await store.digests("plain", after=0, until=10_000) == []
        with pytest.raises(CorruptLog):
            await store.rows("plain")
        record = await store.document("plain")
        assert record is not None
        version = record.version
        assert len(await store.events("plain", after=version - 5)) == 5
        position = await store.append(append_of("plain", version, [Renamed("on"), Tagged(1, "n")], at=2 * T0))
        written = await store.events("plain", after=version)
        assert [event.position for event in written] == [position, position + 1]
        assert [tag.name for tag in await store.tags("plain")] == ["n"]
        assert await store.digests("plain", after=0, until=10_000) == []


async def test_a_history_without_a_chain_is_packed_all_the_same(tmp_path: Path) -> None:
    file_of_version_2(tmp_path / "collab.db", "the first segment")
    async with await SQLiteStore.open(tmp_path / "collab.db", packs=False) as store:
        before = await store.rows("plain", after=60)
    rewrite(
        tmp_path / "collab.db",
        "DROP TRIGGER segments_are_never_changed",
        "UPDATE segments SET began = began - 1 WHERE last = 60 AND document = 1",
    )
    async with await SQLiteStore.open(tmp_path / "collab.db", packs=False) as store:
        await store.pack("plain")
        assert (await store.stored("plain")).events == 0
        assert await store.rows("plain", after=60) == before
        assert await store.digests("plain", after=0, until=10_000) == []


@pytest.mark.parametrize("damage", DAMAGES)
async def test_the_log_of_such_a_file_is_told_except_for_what_is_damaged(tmp_path: Path, damage: str) -> None:
    file_of_version_2(tmp_path / "good.db")
    async with await SQLiteStore.open(tmp_path / "good.db", packs=False) as store:
        whole = await all_of(store, limit=1_000)
    file_of_version_2(tmp_path / "damaged.db", damage)
    async with await SQLiteStore.open(tmp_path / "damaged.db", packs=False) as store:
        refused = []
        for logged in whole:
            try:
                assert await store.log(after=logged.row.position - 1, limit=1) == [logged]
            except (CorruptLog, StoreDamaged):
                refused.append(logged)
        packed = (await store.stored("plain")).packed
    assert {logged.document for logged in refused} == {"plain"}
    lost = {"the first segment": range(1, 61), "the last segment": range(61, packed + 1)}
    assert [logged.seq for logged in refused] == list(lost.get(damage, [150]))


async def test_a_file_of_schema_version_2_tells_its_whole_log(tmp_path: Path) -> None:
    file_of_version_2(tmp_path / "collab.db")
    async with await SQLiteStore.open(tmp_path / "collab.db", packs=False) as store:
        log = await all_of(store, limit=13)
        assert [logged.row.position for logged in log] == list(range(1, len(log) + 1))
        for name in ("plain", "formatted"):
            rows = await store.rows(name)
            assert [logged.row for logged in log if logged.document == name] == rows
        for append in RandomHistory(Random(1), "new", asking=True).appends(20):
            await store.append(append)
        assert (await all_of(store, limit=13))[: len(log)] == log
