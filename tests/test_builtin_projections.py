"""What the built-in projections make of random histories, held against simpler ways to find the same out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from collab.activity import Sessions
from collab.chapters import chapter_of
from collab.events import Event, Renamed
from collab.operation import plain_text, span, text_length
from collab.projections.builtin import Activity, Catalogue, Contributors, Search
from collab.projections.builtin.activity import sessions
from collab.projections.builtin.catalogue import catalogued
from collab.projections.builtin.contributors import contributors
from collab.projections.builtin.search import Hit, search
from collab.projections.projection import Projection
from collab.store.memory import MemoryStore
from tests.model_helpers import built, written
from tests.random_histories import RandomHistory

DOCUMENTS = ("one", "two", "three")


class Histories:
    """Some documents that were edited side by side, in a store."""

    def __init__(self, seed: int) -> None:
        rng = Random(seed)
        self.store = MemoryStore()
        self.histories = {
            name: RandomHistory(rng, name, rich=seed % 2 == 0, asking=True) for name in DOCUMENTS
        }
        self.events: dict[str, list[Event]] = {name: [] for name in DOCUMENTS}

    async def write(self) -> Histories:
        for _ in range(10):
            for name, history in self.histories.items():
                for append in history.appends(15):
                    await self.store.append(append)
                    self.events[name] += append.events
        return self

    async def model(self, folder: Path, projection: Projection, *, page: int) -> sqlite3.Connection:
        return sqlite3.connect(await built(folder, projection, self.store, page=page))


pages = pytest.mark.parametrize("page", [1, 7, 5_000])
seeds = pytest.mark.parametrize("seed", range(4))


@pages
@seeds
async def test_the_catalogue_says_what_each_document_is_now(tmp_path: Path, seed: int, page: int) -> None:
    made = await Histories(seed).write()
    with closing(await made.model(tmp_path, Catalogue(), page=page)) as model:
        lines = {line.id: line for line, _ in catalogued(model, limit=10)}
    assert lines.keys() == made.events.keys()
    for name, line in lines.items():
        events = made.events[name]
        record = await made.store.document(name)
        assert record is not None
        assert (line.versions, line.title, line.kind) == (record.version, record.title, record.kind)
        assert (line.created_at, line.updated_at) == (record.created_at, record.updated_at)
        assert line.length == text_length(made.histories[name].text)
        assert line.edits == sum(bool(event.op) for event in events)
        assert line.last_author == events[-1].author
        authors = list(dict.fromkeys(event.author for event in events))
        assert (line.authors, line.author_count) == (authors, len(authors))


@pytest.mark.parametrize("order", ["updated", "created", "title", "length"])
async def test_pages_of_the_catalogue_are_its_lines_in_their_order(tmp_path: Path, order: str) -> None:
    store = MemoryStore()
    for number in range(23):
        await written(store, f"doc{number}", "x" * (number % 7 + 1))
    with closing(sqlite3.connect(await built(tmp_path, Catalogue(), store))) as model:
        whole = [line for line, _ in catalogued(model, order=order, limit=100)]
        found: list[Any] = []
        cursor = None
        while page := catalogued(model, order=order, cursor=cursor, limit=5):
            found += [line for line, _ in page]
            cursor = page[-1][1]
    assert found == whole
    assert len(found) == 23
    keys = {
        "updated": lambda line: (-line.updated_at,),
        "created": lambda line: (-line.created_at,),
        "title": lambda line: (line.title.casefold(),),
        "length": lambda line: (-line.length,),
    }
    assert whole == sorted(whole, key=keys[order])


async def test_titles_are_found_whatever_their_case_and_ids_where_there_is_none(tmp_path: Path) -> None:
    store = MemoryStore()
    for document in ("straße", "other"):
        await written(store, document, "x")
    with closing(sqlite3.connect(await built(tmp_path, Catalogue(), store))) as model:
        for title, ids in (("STRASSE", ["straße"]), ("the", ["other"]), ("%", []), ("", ["straße", "other"])):
            assert {line.id for line, _ in catalogued(model, title=title, limit=9)} == set(ids)


@pages
@seeds
async def test_contributors_add_up_to_what_was_done(tmp_path: Path, seed: int, page: int) -> None:
    made = await Histories(seed).write()
    with closing(await made.model(tmp_path, Contributors(), page=page)) as model:
        for document in (None, *DOCUMENTS):
            found = contributors(model, document=document, limit=100)
            events = [
                event
                for name in DOCUMENTS
                if document in (None, name)
                for event in made.events[name]
                if event.op
            ]
            assert {each.author: each.edits for each in found} == Counter(event.author for event in events)
            growth = sum(span(event.op or [])[1] for event in events)
            assert sum(each.inserted - each.deleted for each in found) == growth
            assert [each.edits for each in found] == sorted((each.edits for each in found), reverse=True)
            for each in found:
                times = [event.at for event in events if event.author == each.author]
                assert (each.first_at, each.last_at) == (min(times), max(times)) or document is not None
                places = {event.document for event in events if event.author == each.author}
                assert each.documents == len(places)


@pages
@seeds
async def test_the_feed_has_the_sessions_of_each_document(tmp_path: Path, seed: int, page: int) -> None:
    made = await Histories(seed).write()
    positions = {
        (logged.document, logged.seq): logged.row.position
        for logged in await made.store.log(after=0, limit=10**6)
    }
    with closing(await made.model(tmp_path, Activity(), page=page)) as model:
        everything = sessions(model, limit=10**6)
        for name, events in made.events.items():
            expected = Sessions()
            expected.add(chapter_of(events, first=1))
            found = sorted(sessions(model, document=name, limit=10**6), key=lambda session: session.first)
            assert [
                (
                    each.author,
                    each.first,
                    each.last,
                    each.began,
                    each.ended,
                    each.edits,
                    each.inserted,
                    each.deleted,
                )
                for each in found
            ] == [
                (
                    each.author,
                    each.first,
                    each.last,
                    each.began,
                    each.ended,
                    each.edits,
                    each.inserted,
                    each.deleted,
                )
                for each in expected.found
            ]
            assert all(each.position == positions[name, each.last] for each in found)
            titles = [event.payload.title for event in events if isinstance(event.payload, Renamed)]
            assert {each.title for each in found} == {titles[-1] if titles else "Grüße 😀"}
    order = [each.position for each in everything]
    assert order == sorted(order, reverse=True)


async def test_the_feed_comes_in_pages_and_by_author(tmp_path: Path) -> None:
    store = MemoryStore()
    for number in range(20):
        await written(store, f"doc{number}", "x", author="ann" if number % 2 else "bob")
    with closing(sqlite3.connect(await built(tmp_path, Activity(), store))) as model:
        feed = partial(sessions, model)
        whole = feed(limit=100)
        assert len(whole) == 20
        assert feed(limit=5) + feed(before=whole[4].position, limit=100) == whole
        assert [each.author for each in feed(author="ann", limit=100)] == ["ann"] * 10
        assert feed(since=whole[3].position, limit=100) == whole[:3]


# Search.


async def index(tmp_path: Path, **documents: str) -> sqlite3.Connection:
    store = MemoryStore()
    for document, text in documents.items():
        await written(store, document, text)
    return sqlite3.connect(await built(tmp_path, Search(), store))


def ids(hits: list[Hit]) -> set[str]:
    return {hit.document for hit in hits}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fish", {"menu", "sea"}),
        ("FISH", {"menu", "sea"}),
        ("fis", {"menu", "sea"}),
        ("fis ", set()),
        ("fish chips", {"menu"}),
        ("chips fish", {"menu"}),
        ('"fish and chips"', {"menu"}),
        ('"chips and fish"', set()),
        ("fish -chips", {"sea"}),
        ('fish -"and chips"', {"sea"}),
        ("-fish", set()),
        ("cafe", {"coffee"}),
        ("CAFÉ", {"coffee"}),
        ("menu", {"menu"}),
        ("日本", {"japan"}),
        ("本語", {"japan"}),
        ("日語", set()),
        ("にほん", {"japan"}),
        ('fish" OR "sea', set()),
        ("fish*", {"menu", "sea"}),
        ("title:fish", set()),
        ("NEAR(fish chips)", set()),
        ('"', set()),
        ("()*:^", set()),
        ("", set()),
        ("x " * 500, set()),
    ],
)
async def test_words_are_found(tmp_path: Path, query: str, found: set[str]) -> None:
    texts = {
        "menu": "Fish and chips, 4 €",
        "sea": "Many fish.",
        "coffee": "Le café",
        "japan": "日本語 (にほんご)",
    }
    with closing(await index(tmp_path, **texts)) as model:
        assert ids(search(model, query, limit=10)) == found


async def test_a_hit_shows_what_was_found_in_title_and_text(tmp_path: Path) -> None:
    text = "lorem ipsum " * 200 + "here is the needle in <b>hay</b> " + "dolor sit " * 200
    with closing(await index(tmp_path, needle=text)) as model:
        (hit,) = search(model, "needle", limit=10)
    assert [(piece.text, piece.match) for piece in hit.title] == [("Needle", True)]
    assert [piece.text for piece in hit.snippet if piece.match] == ["needle"]
    shown = "".join(piece.text for piece in hit.snippet)
    assert "in <b>hay</b>" in shown
    assert len(shown) < 300


async def test_a_title_counts_more_than_a_text(tmp_path: Path) -> None:
    with closing(await index(tmp_path, other="plan plan plan", plan="something else")) as model:
        assert [hit.document for hit in search(model, "plan", limit=10)] == ["plan", "other"]


@seeds
async def test_search_knows_the_newest_text_only(tmp_path: Path, seed: int) -> None:
    made = await Histories(seed).write()
    for page in (1, 50, 5_000):
        with closing(await made.model(tmp_path / str(page), Search(), page=page)) as model:
            texts = dict(model.execute("SELECT id, text FROM texts JOIN documents ON number = texts.rowid"))
            model.execute("INSERT INTO texts (texts) VALUES ('integrity-check')")
        assert {name: text.replace("\u200b", "") for name, text in texts.items()} == {
            name: plain_text(history.text).replace("\u200b", "") for name, history in made.histories.items()
        }
