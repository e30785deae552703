"""Models built anew beside the ones that are asked, which they replace."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from collab.events import Event
from collab.projections.advancing import Advancer
from collab.projections.building import promote, rebuild
from collab.projections.checking import verdict
from collab.projections.faults import ModelParked
from collab.projections.model import Model
from collab.projections.projection import Projection
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.store import EventStore
from collab.store.memory import MemoryStore
from collab.store.sqlite import SQLiteStore
from tests.helpers import eventually
from tests.model_helpers import NOW, Journal, Texts, build, built, rows, seen, shadow_of, written


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        yield store


class Raced(Source):
    """A source beside which another process takes each page of the shadow in first, also one that comes at the end."""

    def __init__(self, store: SQLiteStore, shelf: Shelf, *, page: int) -> None:
        super().__init__(store, page=page)
        self._shelf = shelf
        self._ended = False
        self.lost = 0

    async def after(self, position: int) -> list[Event]:
        events = await super().after(position)
        if events:
            self.lost += 1
            model = Model(shadow_of(self._shelf), Journal())
            await Advancer(model, Source(self.store, page=self.page), now=lambda: NOW, building=True).step()
            model.close()
        elif not self._ended:
            self._ended = True
            await written(self.store, "late", "z")
        return events


async def test_a_shadow_that_two_build_at_once_counts_each_event_once_and_is_put_in_place(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"abcdefghi")
    shelf = Shelf(tmp_path / "models", Journal())
    source = Raced(store, shelf, page=4)
    assert await rebuild(shelf, Journal(), source, now=lambda: NOW) == 12
    assert source.lost == 4
    path = shelf.current()
    assert path is not None
    assert seen(path) == list(range(1, 13))


class Loaded:
    """Somebody who types in several documents for as long as the block runs."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None
        self.typed = 0

    async def __aenter__(self) -> Loaded:
        self._task = asyncio.create_task(self._type())
        return self

    async def _type(self) -> None:
        while True:
            await written(self._store, f"doc{self.typed % 5}", *"word ")
            self.typed += 1

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task


@pytest.mark.parametrize("projection", [Journal(), Texts()], ids=lambda projection: projection.name)
async def test_a_model_built_while_people_type_is_what_is_built_from_nothing(
    store: SQLiteStore, tmp_path: Path, projection: Projection
) -> None:
    for number in range(5):
        await written(store, f"doc{number}", *"x" * 50)
    shelf = Shelf(tmp_path / "models", projection)
    async with Loaded(store) as load:
        for _ in range(5):
            began = load.typed
            reached = await build(shelf, projection, store, page=20)
            await eventually(lambda began=began: load.typed > began)  # type: ignore[misc]
    current = shelf.current()
    assert current is not None
    assert reached > 255
    found = await verdict(current, projection, store, now=lambda: NOW)
    assert (found.differs, found.position) == ([], reached)
    assert found.digest == found.rebuilt


async def test_a_model_that_is_not_what_the_log_says_is_found(store: SQLiteStore, tmp_path: Path) -> None:
    await written(store, "one", *"abc")
    path = await built(tmp_path / "models", Texts(), store)
    assert (await verdict(path, Texts(), store, now=lambda: NOW)).differs == []
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE texts SET text = 'abd'")
    connection.close()
    assert (await verdict(path, Texts(), store, now=lambda: NOW)).differs == ["texts"]


async def test_the_model_that_is_asked_stays_until_the_new_one_is_as_far(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"abc")
    first = await built(tmp_path, Journal(), store)
    shelf = Shelf(tmp_path, Journal())
    currents: list[Path | None] = []
    await written(store, "one", *"def")
    await build(shelf, Journal(), store, page=1, told=lambda _: currents.append(shelf.current()))
    assert set(currents) == {first}
    second = shelf.current()
    assert second is not None
    assert second != first
    assert not first.exists()


async def test_models_of_older_versions_are_swept_away_when_a_newer_one_is_there(
    store: SQLiteStore, tmp_path: Path
) -> None:
    class Newer(Journal):
        version = 2

    await written(store, "one", *"abc")
    old = await built(tmp_path, Journal(), store)
    new = await built(tmp_path, Newer(), store)
    assert not old.parent.exists()
    assert seen(new) == [1, 2, 3, 4]


async def test_a_projection_that_overrides_nothing_says_so(tmp_path: Path) -> None:
    class Empty(Projection):
        name = "empty"
        tables = ""

    store = MemoryStore()
    await written(store, "one", "a")
    with pytest.raises(ModelParked, match="overrides neither"):
        await build(Shelf(tmp_path, Empty()), Empty(), store)


async def test_many_events_may_be_taken_at_once(tmp_path: Path) -> None:
    class Counting(Journal):
        def events(self, model: sqlite3.Connection, events: Sequence[Event]) -> None:
            model.execute("INSERT INTO total VALUES (2, ?)", (len(events),))

    store = MemoryStore()
    await written(store, "one", *"abc")
    path = await built(tmp_path, Counting(), store)
    assert rows(path, "SELECT events FROM total WHERE only = 2") == [(4,)]


async def test_a_shadow_is_brought_as_far_as_the_current_model_before_it_takes_its_place(
    store: SQLiteStore, tmp_path: Path
) -> None:
    await written(store, "one", *"abcdef")
    await built(tmp_path, Journal(), store)
    shelf = Shelf(tmp_path, Journal())
    shadow = Model(shelf.next(), Journal(), create=True)
    await promote(shelf, Advancer(shadow, Source(store, page=2), now=lambda: NOW, building=True))
    shadow.close()
    assert shelf.current() == shadow.path
    assert seen(shadow.path) == list(range(1, 8))


def test_what_was_thrown_away_is_never_followed_by_another_of_its_number(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, Journal())
    assert shelf.next().name == "1.db"
    shelf.next().touch()
    shelf.promote(tmp_path / "journal.1" / "1.db")
    shelf.discard(tmp_path / "journal.1" / "1.db")
    assert shelf.next().name == "2.db"
    shelf.next().touch()
    assert (shelf.current(), shadow_of(shelf).name) == (None, "2.db")
