"""A document's history from Python, against a real server: looked back on, brought back, and never changed twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from collab import asking
from collab.client import SharedDocument, connect
from collab.errors import HistoryError, LoneSurrogate
from collab.history import History
from collab.making import create, import_history
from collab.messages import EventRow
from collab.operation import Text, inserted_text
from collab.shapes import BlamePage, DiffPage, UndoPreview
from collab.store.memory import MemoryStore
from collab.web import history as web_history
from collab.web import writing as web_writing
from tests.conftest import Serve
from tests.helpers import Serving, agree, within
from tests.history_helpers import all_of, text


@pytest.fixture
def plain_asgi() -> bool:
    return False


@pytest_asyncio.fixture
async def history(serving: Serving) -> AsyncIterator[History]:
    """The history of a document "doc" that begins with "one two three"."""
    await create(serving.url, "doc", title="Numbers", content="one two three")
    async with History(serving.url, "doc") as history:
        yield history


# Looking back.


async def test_any_version_is_there_by_number_and_by_time(history: History) -> None:
    await history.edit([3, " and a half 😀"])
    newest = await history.at()
    assert (newest.version, newest.newest, newest.title) == (2, 2, "Numbers")
    first = await history.at(1)
    assert (first.version, first.content) == (1, "one two three")
    assert first.at is not None
    then = datetime.fromisoformat(first.at)
    assert await history.at(then) == first
    assert await history.at(then.astimezone(UTC) + timedelta(days=1)) == await history.at(2)


async def test_events_come_one_after_the_other_however_many_pages_they_take(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_history, "PAGE", 2)
    for number in range(5):
        await history.edit([str(number)])
    found = [event async for event in history.events()]
    assert [event.seq for event in found] == [1, 2, 3, 4, 5, 6]
    assert (found[0].type, found[0].op, found[5].op) == ("created", ["one two three"], ["4"])
    some = [event async for event in history.events(after=2, until=5)]
    assert some == found[2:5]


async def test_long_answers_are_one(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (7, 3):
        await history.edit([place, " ½"])
    await history.name("halves")
    await history.name("thirds", 1)
    blame, diff, sessions = await history.blame(), await history.diff(1), await history.sessions()
    preview = await history.preview_undo("guest", after=1)
    versions = await history.versions()
    assert [run.text for run in blame.runs] == ["one", " ½", " two", " ½", " three"]
    assert [run.text for run in (await history.blame(2)).runs] == ["one two", " ½", " three"]
    assert [part.kind for part in diff.parts] == ["kept", "inserted", "kept", "inserted", "kept"]
    assert diff.operation == [3, " ½", 4, " ½"]
    assert [part.kind for part in preview.parts] == ["kept", "deleted", "kept", "deleted", "kept"]
    assert [(version.name, version.version) for version in versions] == [("halves", 3), ("thirds", 1)]
    monkeypatch.setattr(web_history, "PAGE", 1)
    monkeypatch.setattr(web_writing, "PAGE", 1)
    assert await history.blame() == blame
    assert await history.diff(1) == diff
    assert await history.sessions() == sessions
    assert await history.preview_undo("guest", after=1) == preview
    assert await history.versions() == versions


@pytest.mark.parametrize(
    "look",
    [
        lambda history: history.blame(),
        lambda history: history.diff(1),
        lambda history: history.preview_undo("guest", after=1, until=2),
    ],
)
async def test_an_answer_in_pages_is_about_one_version_although_somebody_types_in_between(
    serving: Serving,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[History], Awaitable[Any]],
) -> None:
    await history.edit([3, "!"])
    monkeypatch.setattr(web_history, "PAGE", 1)
    monkeypatch.setattr(web_writing, "PAGE", 1)
    pages = 0

    class Interrupted(asking.Asking):
        async def read(self, *question: Any) -> Any:
            nonlocal pages
            pages += 1
            if pages in (2, 3):
                await history.edit(["x"])
            return await super().read(*question)

    async with History(serving.url, "doc") as reader:
        reader._asking = Interrupted(serving.url)
        found = await look(reader)
    assert pages > 2
    rows = found.runs if isinstance(found, BlamePage) else found.parts
    version = found.newer if isinstance(found, DiffPage) else found.version
    assert sum(row.length for row in rows) == len(await text(history, version))
    assert version == (4 if isinstance(found, UndoPreview) else 2)


async def test_a_timeline_and_sessions_tell_how_it_went(history: History) -> None:
    await history.edit([-4])
    [bucket] = await history.timeline(buckets=1)
    assert (bucket.first, bucket.last, bucket.edits, bucket.deleted) == (1, 2, 2, 4)
    assert len(await history.timeline()) >= 1
    [session] = await history.sessions()
    assert (session.author, session.first, session.last) == ("guest", 1, 2)
    assert await history.sessions(after=2) == []
    by_version = await history.timeline(by="version", buckets=2)
    assert [(each.first, each.last) for each in by_version] == [(1, 1), (2, 2)]


async def test_a_text_is_found_when_it_came_and_when_it_was_gone(history: History) -> None:
    await history.edit([-4])
    found = [(each.kind, each.version, each.offset) for each in await history.search("one")]
    assert found == [("appeared", 1, 0), ("disappeared", 2, 0)]
    assert await history.search("never") == []


@pytest.mark.parametrize(
    ("ask", "code", "status"),
    [
        (lambda history: history.at(9), "unknown_version", 404),
        (lambda history: history.at(datetime(2020, 1, 1, tzinfo=UTC)), "not_created_yet", 404),
        (lambda history: history.at(datetime(2020, 1, 1)), "invalid_name", 400),  # noqa: DTZ001
        (lambda history: history.diff(1, 9), "unknown_version", 404),
        (lambda history: history.replace_text("one two three"), "nothing_to_do", 409),
        (lambda history: history.edit([99, "x"]), "operation_past_end", 400),
        (lambda history: history.restore(1), "nothing_to_do", 409),
        (lambda history: history.rename_version(7, "x"), "unknown_tag", 404),
        (lambda history: history.fork(id="doc"), "document_exists", 409),
        (lambda history: anext(history.events(until=9)), "unknown_version", 404),
        (lambda history: anext(history.export("json", 9)), "unknown_version", 404),
    ],
)
async def test_a_failure_says_what_the_server_said(
    history: History, ask: Callable[[History], Awaitable[Any]], code: str, status: int
) -> None:
    with pytest.raises(HistoryError) as failed:
        await ask(history)
    assert (failed.value.code, failed.value.status) == (code, status)
    assert failed.value.reason in str(failed.value)


async def test_a_document_that_is_not_there_is_not_made_by_a_question_or_a_change(serving: Serving) -> None:
    async with History(serving.url, "none") as history:
        for ask in (history.at(), history.edit(["x"]), history.restore(1), history.name("x")):
            with pytest.raises(HistoryError) as failed:
                await ask
            assert failed.value.code == "document_not_found"
    assert await serving.store.document("none") is None


# Changing it.


async def test_text_is_edited_from_afar_beside_those_who_type(serving: Serving, history: History) -> None:
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "zero ")
        await within(doc.saved())
        event = await history.edit([13, " four"], base=1)
        assert (event.op, event.author) == ([18, " four"], "guest")
        event = await history.replace_text("one 2 three", base=1)
        assert event.op == [9, "2", -3]
        await within(doc.reached(event.seq))
        assert doc.text == "zero one 2 three four"


async def test_versions_get_names(history: History) -> None:
    await history.edit(["x"])
    first = await history.name("first", 1)
    newest = await history.name("newest")
    assert [(v.number, v.version, v.name) for v in await history.versions()] == [
        (first.seq, 1, "first"),
        (newest.seq, 3, "newest"),
    ]
    await history.rename_version(first.seq, "the first")
    await history.delete_version(newest.seq)
    assert [v.name for v in await history.versions()] == ["the first"]


async def test_a_document_gets_another_title(history: History) -> None:
    event = await history.rename("Digits")
    assert (event.type, event.title) == ("renamed", "Digits")
    assert (await history.at()).title == "Digits"


async def test_an_authors_edits_are_undone_after_a_look_at_what_that_does(
    serving: Serving, history: History
) -> None:
    async with connect(serving.url, "doc") as doc:
        doc.insert(3, " and a half")
        await within(doc.saved())
        await history.edit([4, "even "])
        preview = await history.preview_undo(doc.author)
        assert (preview.edits, preview.obstacles, preview.operation) == (1, [], [3, -1, 5, -10])
        undone = await history.undo(doc.author)
        assert (undone.type, undone.of_author, undone.op) == ("undone", doc.author, preview.operation)
        await within(doc.reached(undone.seq))
        assert doc.text == "oneeven  two three"


async def test_a_version_becomes_a_document_of_its_own(serving: Serving, history: History) -> None:
    await history.edit([3, "!"])
    named = await history.fork(1, id="old", title="As it was")
    assert (named.id, named.title, named.version) == ("old", "As it was", 1)
    unnamed = await history.fork()
    assert unnamed.title == "Numbers"
    for made, content in ((named, "one two three"), (unnamed, "one! two three")):
        async with History(serving.url, made.id) as fork:
            assert await text(fork) == content


async def test_documents_are_made_with_plain_or_formatted_content(serving: Serving) -> None:
    rich: Text = ["a ", {"insert": "bold", "attributes": {"bold": True}}]
    plain: Text = "plain 😀"
    for content in (plain, rich):
        made = await create(serving.url, content=content, title="T")
        async with History(serving.url, made.id) as history:
            assert (await text(history), (await history.at()).title) == (content, "T")


async def test_what_is_exported_comes_back_to_the_byte(
    serving: Serving, serve: Serve, history: History
) -> None:
    await history.edit([3, "é😀"])
    await history.name("accented")
    assert await all_of(history.export()) == "oneé😀 two three".encode()
    assert await all_of(history.export("markdown", 1)) == b"one two three"
    elsewhere = await serve()
    archive = await all_of(history.export("history"))
    await import_history(elsewhere.url, archive)
    made = await import_history(serving.url, history.export("history"), id="again")
    assert (made.id, made.version, made.title) == ("again", 3, "Numbers")
    async with History(elsewhere.url, "doc") as theirs, History(serving.url, "again") as ours:
        assert await all_of(theirs.export("history")) == archive
        assert [event async for event in ours.events()] == [event async for event in history.events()]
        assert [version.name for version in await ours.versions()] == ["accented"]


async def test_what_cannot_be_text_is_refused_before_it_is_sent(history: History) -> None:
    with pytest.raises(LoneSurrogate):
        await history.replace_text("\ud800")
    assert (await history.at()).version == 1


# Together with live documents.


async def test_a_shared_document_knows_its_history(serving: Serving) -> None:
    async with connect(serving.url.replace("http", "ws"), "doc") as doc:
        doc.insert(0, "Hello")
        await within(doc.saved())
        blame = await doc.history.blame()
        assert [(run.text, run.credit.author) for run in blame.runs] == [("Hello", doc.author)]
        event = await doc.history.restore(1)
        await within(doc.reached(event.seq))
        assert doc.text == ""


class Slow(MemoryStore):
    """Before it reads what a restoration has to take back, ``meanwhile`` happens."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def chapter(self, *arguments: Any, **options: Any) -> Any:
        if self.meanwhile is not None:
            await self.meanwhile()
        return await super().chapter(*arguments, **options)


async def test_what_is_typed_while_an_older_version_is_restored_survives_everywhere(serve: Serve) -> None:
    store = Slow()
    serving = await serve(store)
    await create(serving.url, "doc", content="the text of long ago")
    restored: list[int] = []

    def note(event: EventRow, _: object) -> None:
        if event.type == "restored":
            restored.append(max(ann.pending, bob.pending))

    ann = SharedDocument(serving.url, "doc", coalesce=False, on_event=note)
    bob = SharedDocument(serving.url, "doc", coalesce=False, on_event=note)
    done = False

    async def type(doc: SharedDocument, name: str) -> None:
        number = 0
        while not done:
            number += 1
            doc.insert(0 if doc is ann else len(doc.text), f"<{name}{number}>")
            await doc.wait_for(lambda: doc.pending < 8 or done)

    async def type_meanwhile() -> None:
        start = ann.version, bob.version
        await asyncio.gather(ann.reached(start[0] + 20), bob.reached(start[1] + 20))

    async with ann, bob, History(serving.url, "doc") as history:
        typing = [asyncio.create_task(type(ann, "ann")), asyncio.create_task(type(bob, "bob"))]
        store.meanwhile = type_meanwhile
        for _ in range(5):
            before = (await history.at()).version
            event = await within(history.restore(1))
            assert event.seq > before + 20
            assert isinstance(event.op, list)
            # It took back what was there when it was asked for, in part at most what came since.
            kept = str(await text(history, event.seq))
            assert "the text of long ago" in kept
            since = [row async for row in history.events(after=event.seq - 11, until=event.seq - 1)]
            assert all(isinstance(row.op, list) and inserted_text(row.op) in kept for row in since)
        store.meanwhile = None
        done = True
        await within(asyncio.gather(*typing))
        agreed = await agree(ann, bob)
        assert await text(history) == agreed
        assert max(restored) > 0, "no restoration met what a client hadn't sent yet"
        typed = [row async for row in history.events(after=event.seq)]
        assert {row.author for row in since + typed} >= {ann.author, bob.author}
        for row in since + typed:
            assert isinstance(row.op, list)
            assert inserted_text(row.op) in agreed
        assert (ann.diverged, bob.diverged) == (0, 0)


async def test_a_restoration_is_taken_back_like_an_edit(serving: Serving, history: History) -> None:
    async with connect(serving.url, "doc") as ann, connect(serving.url, "doc") as bob:
        ann.insert(0, "zero ")
        bob.delete(len(bob.text) - 6, 6)
        before = await agree(ann, bob)
        restored = await history.restore(1)
        await within(ann.reached(restored.seq))
        assert ann.text == "one two three"
        bob.insert(0, "> ")
        await within(bob.saved())
        author, seq = restored.author, restored.seq
        undone = await history.undo(author, after=seq - 1, until=seq)
        await within(asyncio.gather(ann.reached(undone.seq), bob.reached(undone.seq)))
        assert sorted(await agree(ann, bob)) == sorted("> " + before)
        assert (undone.of_author, undone.after, undone.until) == (author, seq - 1, seq)
