"""The Python client, against a real server: a shared document that reads and edits like a string."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collab import client as clients
from collab.client import Change, Refusal, SharedDocument, connect
from collab.errors import InvalidOperation, PastEnd
from collab.limits import Limits
from collab.link import socket_url
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, Serving, agree, eventually, logged, within


@pytest.fixture
def plain_asgi() -> bool:
    return False


async def taken(changes: AsyncIterator[Change], count: int) -> list[Change]:
    return [await within(anext(changes)) for _ in range(count)]


# Reading and editing.


async def test_a_document_reads_and_edits_like_a_string(serving: Serving) -> None:
    async with connect(serving.url, "doc", user={"name": "Ana"}) as doc:
        doc.insert(0, "Hello")
        doc.insert(5, " world")
        doc.delete(0, 1)
        doc.insert(0, "J")
        assert doc.text == "Jello world"
        await within(doc.saved())
        assert doc.pending == 0
        assert doc.version > 1
        assert doc.author.startswith("guest-")
        assert doc.status == "connected"
    reader = await Peer.joined(serving.url, "doc")
    assert reader.text == "Jello world"


async def test_an_edit_shows_at_once_and_is_pending_until_it_is_in_the_log(
    serve: Serve, tmp_path: Path
) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        async with connect(serving.url, "doc") as doc:
            doc.insert(0, "now")
            assert (doc.text, doc.pending, doc.version) == ("now", 1, 1)
            await within(doc.saved())
            assert (doc.pending, doc.version) == (0, 2)
            assert [event.op for event in logged(tmp_path / "collab.db", "doc")[1:]] == [["now"]]
        await serving.drop()


async def test_nothing_inserted_or_deleted_is_no_edit(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "")
        doc.delete(0, 0)
        assert doc.pending == 0


async def test_offsets_count_characters_of_any_plane(serving: Serving) -> None:
    async with connect(serving.url, "doc") as ann, connect(serving.url, "doc") as bob:
        ann.insert(0, "a😀b")
        ann.insert(2, "é🎉")
        assert ann.text == "a😀é🎉b"
        await agree(ann, bob)
        bob.delete(1, 1)
        bob.insert(3, "!")
        bob.delete(2, 1)
        assert bob.text == "aé!b"
        assert await agree(ann, bob) == "aé!b"
        reader = await Peer.joined(serving.url, "doc", since=0)
        assert [1 if len(event.get("op", [])) > 3 else 0 for event in reader.events].count(1) == 0
        assert reader.text == "aé!b"


async def test_a_client_that_joins_text_with_astral_characters_counts_right(serving: Serving) -> None:
    author = await Peer.joined(serving.url, "doc")
    await author.confirmed(await author.edit(["😀😀x"]))
    async with connect(serving.url, "doc") as doc:
        doc.insert(2, "|")
        doc.delete(0, 1)
        await within(doc.saved())
        assert doc.text == "😀|x"


async def test_one_that_hears_of_an_astral_character_later_counts_right(serving: Serving) -> None:
    author = await Peer.joined(serving.url, "doc")
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, "ab")
        await within(doc.saved())
        await author.reached(doc.version)
        await author.edit([1, "😀"])
        await within(doc.reached(doc.version + 1))
        doc.insert(2, "|")
        assert doc.text == "a😀|b"


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda doc: doc.insert(4, "x"), id="insert past the end"),
        pytest.param(lambda doc: doc.insert(-1, "x"), id="insert before the start"),
        pytest.param(lambda doc: doc.delete(2, 2), id="delete past the end"),
        pytest.param(lambda doc: doc.edit([9, "x"]), id="operation past the end"),
    ],
)
@pytest.mark.parametrize("text", ["abc", "a😀c"])
async def test_a_place_that_is_not_there_is_an_error_and_changes_nothing(
    serving: Serving, edit: Any, text: str
) -> None:
    async with connect(serving.url, "doc") as doc:
        doc.insert(0, text)
        await within(doc.saved())
        with pytest.raises(PastEnd):
            edit(doc)
        assert (doc.text, doc.pending) == (text, 0)


async def test_what_is_no_operation_is_an_error(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        with pytest.raises(InvalidOperation):
            doc.edit(["\ud83d"])
        assert doc.pending == 0


async def test_formatted_content_is_there_as_components(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc, connect(serving.url, "doc") as other:
        assert doc.content == ""
        doc.edit([{"insert": "bold", "attributes": {"bold": True}}, {"insert": {"image": "x"}}])
        assert await agree(doc, other) == "bold\N{OBJECT REPLACEMENT CHARACTER}"
        expected = [{"insert": "bold", "attributes": {"bold": True}}, {"insert": {"image": "x"}}]
        assert doc.content == other.content == expected


async def test_formatting_what_is_there_reaches_others(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc, connect(serving.url, "doc") as other:
        doc.edit(["hello"])
        doc.edit([1, {"retain": 3, "attributes": {"bold": True}}])
        await agree(doc, other)
        assert doc.content == other.content == ["h", {"insert": "ell", "attributes": {"bold": True}}, "o"]


async def test_a_refused_formatted_insert_gives_back_its_text(serve: Serve) -> None:
    serving = await serve(limits=Limits(operation=4))
    refused: list[Refusal] = []
    async with connect(serving.url, "doc", on_refused=refused.append) as doc:
        doc.edit([{"insert": "too long", "attributes": {"bold": True}}])
        await within(doc.saved())
        assert [(refusal.code, refusal.text) for refusal in refused] == [("operation_too_large", "too long")]


async def test_text_longer_than_one_operation_is_split(serve: Serve) -> None:
    serving = await serve(limits=Limits(operation=100))
    async with connect(serving.url, "doc") as doc:
        text = "".join(f"{i}😀" for i in range(200))
        doc.insert(0, text)
        await within(doc.saved())
        assert doc.text == text
    assert (await Peer.joined(serving.url, "doc")).text == text


async def test_a_run_of_typing_that_waits_becomes_one_event(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        for i, letter in enumerate("hello"):
            doc.insert(i, letter)
        doc.delete(4, 1)
        assert doc.pending == 1
        await within(doc.saved())
        assert (doc.text, doc.version) == ("hell", 2)


async def test_without_coalescing_every_edit_is_an_event(serving: Serving) -> None:
    async with SharedDocument(serving.url, "doc", coalesce=False) as doc:
        for i, letter in enumerate("hello"):
            doc.insert(i, letter)
        await within(doc.saved())
        assert (doc.text, doc.version) == ("hello", 6)


# Being told.


async def test_changes_tell_of_own_and_foreign_edits_in_order(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc, connect(serving.url, "doc") as other:
        changes = doc.changes()
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        doc.insert(0, "mine")
        local = await within(first)
        assert (local.origin, local.operation) == ("local", ["mine"])
        await agree(doc, other)
        other.insert(0, "yours, ")
        [remote] = await taken(changes, 1)
        assert (remote.origin, remote.operation, remote.author) == ("remote", ["yours, "], other.author)
        assert remote.version == 3


async def test_own_changes_are_told_without_the_server(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        changes = doc.changes()
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await serving.drop()
        doc.insert(0, "offline")
        assert (await within(first)).operation == ["offline"]


async def test_changes_end_with_the_document(serving: Serving) -> None:
    async with connect(serving.url, "doc") as doc:
        told = asyncio.ensure_future(anext(doc.changes(), None))
        await asyncio.sleep(0)
    assert await within(told) is None


async def test_a_reader_that_falls_behind_is_told_to_look_anew_and_others_are_not(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MAX_UNREAD", 10)
    async with SharedDocument(serving.url, "doc", coalesce=False) as doc:
        slow, quick = doc.changes(), doc.changes()
        waiting = [asyncio.ensure_future(anext(slow)), asyncio.ensure_future(anext(quick))]
        await asyncio.sleep(0)
        for i in range(10):
            doc.insert(i, "x")
        quick_told = [await within(waiting[1]), *await taken(quick, 9)]
        # The first change was handed over to both; of those after it the slow one still has nine unread.
        doc.insert(10, "y")
        doc.insert(11, "z")
        quick_told += await taken(quick, 2)
        assert [change.operation for change in quick_told][-2:] == [[10, "y"], [11, "z"]]
        assert (await within(waiting[0])).operation == ["x"]
        assert (await within(anext(slow))).operation is None
        doc.insert(12, "!")
        assert (await within(anext(slow))).operation == [12, "!"]


async def test_following_the_changes_gives_the_text(serving: Serving) -> None:
    from collab.content import Content

    async with connect(serving.url, "doc") as doc, connect(serving.url, "doc") as other:
        content = Content()

        async def follow() -> None:
            async for change in doc.changes():
                assert change.operation is not None
                content.apply(change.operation)

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        for i in range(50):
            doc.insert(0, f"a{i}")
            other.insert(len(other.text), f"b{i}😀")
            await doc.wait_for(lambda: doc.pending < 3)
        text = await agree(doc, other)
        await eventually(lambda: content.value() == text)
        following.cancel()


# The hooks for programs that watch.


async def test_a_gate_holds_events_back_until_it_is_opened(serving: Serving) -> None:
    open_ = False
    seen: list[int] = []
    gated = SharedDocument(
        serving.url, "doc", gate=lambda _: open_, on_event=lambda event, _: seen.append(event.seq)
    )
    async with gated as doc, connect(serving.url, "doc") as other:
        other.insert(0, "later")
        await within(other.saved())
        await eventually(lambda: doc.holding)
        assert (doc.text, doc.version) == ("", 1)
        open_ = True
        doc.integrate_waiting()
        assert (doc.text, doc.version, doc.holding) == ("later", 2, False)
        assert seen == [2]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://host:8000", "ws://host:8000/ws/documents/a%2Fb"),
        ("https://host/collab/", "wss://host/collab/ws/documents/a%2Fb"),
        ("ws://[::1]:80", "ws://[::1]:80/ws/documents/a%2Fb"),
    ],
)
def test_a_document_has_a_socket_url(url: str, expected: str) -> None:
    assert socket_url(url, "a/b") == expected
