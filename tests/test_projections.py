"""Projections: each event counts exactly once, whatever crashes, and one that can't be taken in stops nobody else."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.events import Event
from collab.projections.faults import ModelParked, NotParked, Overtaken
from collab.projections.model import Model
from collab.projections.shelf import Shelf
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import PROJECT, environment
from tests.model_helpers import (
    NOW,
    Journal,
    Picky,
    Texts,
    build,
    built,
    dislikes,
    rows,
    same_as_new,
    seen,
    shadow_of,
    written,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


# Folding.


@pytest.mark.parametrize("page", [1, 2, 7, 5_000])
async def test_each_event_is_taken_in_once_in_the_order_of_the_log(
    store: SQLiteStore, tmp_path: Path, page: int
) -> None:
    for round_ in "abc":
        for document in ("one", "two"):
            await written(store, document, *round_ * 5)
    path = await built(tmp_path / "models", Journal(), store, page=page)
    assert seen(path) == list(range(1, 33))
    assert rows(path, "SELECT document, max(seq) FROM seen GROUP BY document") == [("one", 16), ("two", 16)]


async def test_packed_events_count_like_others(store: SQLiteStore, tmp_path: Path) -> None:
    await written(store, "one", *"abcdef")
    await store.pack("one")
    await written(store, "one", *"ghi")
    path = await built(tmp_path / "models", Texts(), store)
    assert rows(path, "SELECT * FROM texts") == [("one", "One", 10, "abcdefghi")]


@pytest.mark.parametrize("page", [1, 3, 5_000])
async def test_a_projection_of_texts_sees_the_last_text_of_each_document(
    store: SQLiteStore, tmp_path: Path, page: int
) -> None:
    for round_ in "ab":
        for document in ("one", "two"):
            await written(store, document, *round_ * 4)
    path = await built(tmp_path / "models", Texts(), store, page=page)
    assert rows(path, "SELECT document, version, text FROM texts") == [
        ("one", 9, "aaaabbbb"),
        ("two", 9, "aaaabbbb"),
    ]


async def test_what_was_brought_forward_by_somebody_else_is_not_taken_in_twice(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"abc")
    model = Model(tmp_path / "1.db", Journal(), create=True)
    other = Model(tmp_path / "1.db", Journal())
    events = await store.events("one")
    other.begin(0)
    other.fold(events)
    other.commit(events[-1])
    with pytest.raises(Overtaken):
        model.begin(0)
    assert model.state().position == 4
    model.close()
    other.close()


@pytest.mark.parametrize(
    "sql", ["COMMIT", "ROLLBACK", "ATTACH ':memory:' AS other", "UPDATE collab_state SET position = 9"]
)
async def test_a_projection_can_not_part_its_rows_from_their_place_in_the_log(
    store: SQLiteStore, tmp_path: Path, sql: str
) -> None:
    class Meddling(Journal):
        def event(self, model: sqlite3.Connection, event: Event) -> None:
            super().event(model, event)
            model.execute(sql)

    await written(store, "one", "a")
    shelf = Shelf(tmp_path, Meddling())
    with pytest.raises(ModelParked, match="DatabaseError"):
        await build(shelf, Meddling(), store)
    shadow = shadow_of(shelf)
    assert seen(shadow) == []


async def test_a_script_can_not_end_the_transaction_either(store: SQLiteStore, tmp_path: Path) -> None:
    class Scripted(Journal):
        def event(self, model: sqlite3.Connection, event: Event) -> None:
            super().event(model, event)
            model.executescript("INSERT INTO total VALUES (2, 2)")

    await written(store, "one", "a")
    shelf = Shelf(tmp_path, Scripted())
    with pytest.raises(ModelParked):
        await build(shelf, Scripted(), store)
    shadow = shadow_of(shelf)
    assert seen(shadow) == []


# Crashes.


CRASHING = """
import asyncio, os, sqlite3, sys
from pathlib import Path
from collab.projections.advancing import Advancer
from collab.projections.building import promote, rebuild
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.store.sqlite import SQLiteStore
from tests.model_helpers import NOW, Journal

class Journal(Journal):
    def event(self, model, event):
        super().event(model, event)
        if event.position == 25:
            os._exit(9)

async def main():
    async with await SQLiteStore.open(sys.argv[1]) as store:
        await rebuild(Shelf(Path(sys.argv[2]), Journal()), Journal(), Source(store, page=10), now=lambda: NOW)

asyncio.run(main())
"""


async def test_a_crash_between_rows_and_their_place_in_the_log_changes_nothing(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"x" * 40)
    arguments = [sys.executable, "-c", CRASHING, str(store.path), str(tmp_path / "models")]
    crashed = await asyncio.to_thread(
        lambda: subprocess.run(arguments, cwd=PROJECT, env=environment(), timeout=60, check=False)
    )
    assert crashed.returncode == 9
    shelf = Shelf(tmp_path / "models", Journal())
    shadow = shadow_of(shelf)
    assert seen(shadow) == list(range(1, 21)), "two pages are whole, the third is as if it had never been"
    model = Model(shadow, Journal())
    assert model.state().position == 20
    model.close()


async def test_a_build_that_was_interrupted_goes_on_where_it_was(store: SQLiteStore, tmp_path: Path) -> None:
    await written(store, "one", *"x" * 40)
    shelf = Shelf(tmp_path / "models", Journal())
    first: list[int] = []

    def told(position: int) -> None:
        first.append(position)
        if len(first) == 2:
            building.cancel()

    building = asyncio.create_task(build(shelf, Journal(), store, page=10, told=told))
    with pytest.raises(asyncio.CancelledError):
        await building
    assert first == [10, 20]
    shadow = shadow_of(shelf)
    done = len(seen(shadow))
    assert done == 30, "the page that was under way is whole"
    second: list[int] = []
    await build(shelf, Journal(), store, page=10, told=second.append)
    assert second[0] == done + 10
    assert shelf.current() == shadow
    assert await same_as_new(shadow, tmp_path / "new", Journal(), store)


async def test_an_unfinished_build_by_other_code_is_not_gone_on_with(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"x" * 8, "poison")
    shelf = Shelf(tmp_path / "models", Picky(dislikes("poison")))
    with pytest.raises(ModelParked):
        await build(shelf, Picky(dislikes("poison")), store)

    class Repaired(Journal):
        name = "picky"

    await build(shelf, Repaired(), store)
    current = shelf.current()
    assert current is not None
    assert current.name == "2.db"
    assert seen(current) == list(range(1, 11))


# Events that can't be taken in.


@pytest.mark.parametrize("page", [1, 4, 5_000])
async def test_a_projection_stops_right_before_the_event_that_it_raised_at(
    store: SQLiteStore, tmp_path: Path, page: int
) -> None:
    await written(store, "one", *"abc", "poison", *"def")
    projection = Picky(dislikes("poison"))
    shelf = Shelf(tmp_path / "models", projection)
    with pytest.raises(ModelParked, match="RuntimeError: I don't like poison"):
        await build(shelf, projection, store, page=page)
    shadow = shadow_of(shelf)
    assert seen(shadow) == [1, 2, 3, 4]
    model = Model(shadow, projection)
    parked = model.state().parked
    model.close()
    assert parked is not None
    assert (parked.position, parked.document, parked.seq, parked.type) == (5, "one", 5, "edited")
    assert "dislikes" in parked.trace or "fault" in parked.trace


async def test_a_parked_event_can_be_tried_again_and_skipped(store: SQLiteStore, tmp_path: Path) -> None:
    await written(store, "one", *"abc", "poison", *"def")
    bad = {"poison"}

    def fault(event: Event) -> None:
        for word in bad:
            dislikes(word)(event)

    projection = Picky(fault)
    shelf = Shelf(tmp_path / "models", projection)
    for attempts in (1, 2):
        with pytest.raises(ModelParked):
            await build(shelf, projection, store)
        shadow = shadow_of(shelf)
        model = Model(shadow, projection)
        parked = model.state().parked
        assert parked is not None
        assert parked.attempts == attempts
        model.close()
    model = Model(shadow, projection)
    model.skip(NOW)
    with pytest.raises(NotParked):
        model.skip(NOW)
    with pytest.raises(NotParked):
        model.retry()
    assert model.state().skipped == 1
    model.close()
    await build(shelf, projection, store)
    assert seen(shadow) == [1, 2, 3, 4, 6, 7, 8]
    assert rows(shadow, "SELECT position, document, seq, at FROM collab_skipped") == [(5, "one", 5, NOW)]
    bad.clear()
    path = await built(tmp_path / "models", projection, store)
    assert seen(path) == list(range(1, 9)), "built anew, it has the event that was skipped"


async def test_an_event_that_can_not_be_read_parks_a_projection_and_can_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path, packs=False) as store:
        await written(store, "bad", *"abc")
        await written(store, "good", *"abc")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER events_are_never_changed")
        connection.execute("UPDATE events SET at = at + 1 WHERE position = 3")
    connection.close()
    async with await SQLiteStore.open(path, packs=False) as store:
        shelf = Shelf(tmp_path / "models", Journal())
        with pytest.raises(ModelParked, match="wrong checksum") as parked:
            await build(shelf, Journal(), store)
        assert parked.value.position == 3
        shadow = shadow_of(shelf)
        model = Model(shadow, Journal())
        model.skip(NOW)
        model.close()
        await build(shelf, Journal(), store)
        assert seen(shadow) == [1, 2, 4, 5, 6, 7, 8]
