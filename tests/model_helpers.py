"""What tests of read models need: projections that are easy to check, and models built from a store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from collab.events import Edited, Event, name_of
from collab.operation import amounts
from collab.projections import DocumentText, Projection, TextProjection
from collab.projections.building import rebuild
from collab.projections.checking import digests
from collab.projections.model import Model
from collab.projections.models import beside
from collab.projections.shelf import Shelf
from collab.projections.source import PAGE, Source
from collab.store import EventStore
from tests.store_helpers import append_of, creation

NOW = 1_800_000_000_000_000


class Journal(Projection):
    """Writes down each event: one that was missed or came twice would be seen, also in their sum."""

    name = "journal"
    tables = """
        CREATE TABLE seen (position INTEGER PRIMARY KEY, document TEXT, seq INTEGER, type TEXT);
        CREATE TABLE total (only INTEGER PRIMARY KEY, events INTEGER);
        INSERT INTO total VALUES (1, 0);
    """

    def event(self, model: sqlite3.Connection, event: Event) -> None:
        model.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?)",
            (event.position, event.document, event.seq, name_of(event.payload)[0]),
        )
        model.execute("UPDATE total SET events = events + 1")


class Picky(Journal):
    """Writes down each event, and then may not like it: it raises what ``fault`` does."""

    name = "picky"

    def __init__(self, fault: Callable[[Event], None]) -> None:
        self.fault = fault

    def event(self, model: sqlite3.Connection, event: Event) -> None:
        super().event(model, event)
        self.fault(event)


class Texts(TextProjection):
    """What each document says."""

    name = "texts"
    tables = "CREATE TABLE texts (document TEXT PRIMARY KEY, title TEXT, version INTEGER, text TEXT)"

    def text(self, model: sqlite3.Connection, document: DocumentText) -> None:
        model.execute(
            "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
            (document.id, document.title, document.version, document.text),
        )


def dislikes(word: str) -> Callable[[Event], None]:
    """A fault: any text with ``word`` in it."""

    def fault(event: Event) -> None:
        if word in str(event.op):
            raise RuntimeError(f"I don't like {word}")

    return fault


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def seen(path: Path) -> list[int]:
    """The positions in a `Journal`, which are as many as it has counted."""
    positions = [position for (position,) in rows(path, "SELECT position FROM seen ORDER BY position")]
    assert rows(path, "SELECT events FROM total") == [(len(positions),)]
    return positions


async def build(shelf: Shelf, projection: Projection, store: EventStore, **options: Any) -> int:
    """Build the model on ``shelf`` of what is in ``store``; the place in the log where it is then."""
    page = options.pop("page", 5_000)
    return await rebuild(shelf, projection, Source(store, page=page), now=lambda: NOW, **options)


async def built(folder: Path, projection: Projection, store: EventStore, *, page: int = PAGE) -> Path:
    """The model of all that is in ``store``, built in ``folder``."""
    shelf = Shelf(folder, projection)
    await rebuild(shelf, projection, Source(store, page=page), now=lambda: NOW)
    path = await asyncio.to_thread(shelf.current)
    assert path is not None
    return path


def refuse(database: Path, projection: Projection, table: str) -> None:
    """Have the model beside ``database`` be parked at the next event for which it writes into ``table``."""
    with closing(sqlite3.connect(current_beside(database, projection))) as model:
        model.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END")


def take_again(database: Path, projection: Projection) -> None:
    """Have it take in what it was parked at, and go on."""
    path = current_beside(database, projection)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER refuse")
    model = Model(path, projection)
    model.retry()
    model.close()


def current_beside(database: Path, projection: Projection) -> Path:
    path = Shelf(beside(database), projection).current()
    assert path is not None
    return path


def shadow_of(shelf: Shelf) -> Path:
    """Where its model is being built."""
    path = shelf.shadow()
    assert path is not None
    return path


async def same_as_new(path: Path, folder: Path, projection: Projection, store: EventStore) -> bool:
    """Whether the model at ``path`` is, to the byte, what is built in ``folder`` from nothing."""
    fresh = await built(folder, projection, store)
    return digests(path) == digests(fresh) != {}


async def written(store: EventStore, document: str, *words: str, author: str = "ann") -> None:
    """Have each of ``words`` typed at the end of ``document``, which is created if need be."""
    record = await store.document(document)
    if record is None:
        await store.append(creation(document, title=document.title()))
    version = record.version if record is not None else 1
    length = sum(amounts(event.op)[0] for event in await store.events(document, limit=10**6) if event.op)
    payloads = []
    for word in words:
        payloads.append(Edited([length, word] if length else [word]))
        length += len(word)
    if payloads:
        await store.append(
            append_of(document, version, payloads, author=author, client=f"client of {author}")
        )


class Liking(Picky):
    """A `Picky` that likes everything, for commands, which make projections by themselves."""

    def __init__(self) -> None:
        super().__init__(lambda event: None)
