"""Joining, editing and being told, over real sockets and under both ways of writing to them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from collab.client import SharedDocument, connect
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import UNHURRIED, Peer, Serving, agree, eventually, logged


async def typed(serving: Serving, document: str, *texts: str) -> Peer:
    """A peer that has typed ``texts`` into the new ``document``, each as an event: versions 2, 3, …"""
    peer = await Peer.joined(serving.url, document)
    for text in texts:
        await peer.confirmed(await peer.edit([peer.content.length, text] if peer.content.length else [text]))
    return peer


# Joining.


async def test_a_new_document_begins_with_its_creation(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc")
    assert peer.welcome["seq"] == 1
    assert peer.welcome["snapshot"] == {"seq": 1, "length": 0}
    assert peer.welcome["accepted"] == 0
    assert peer.welcome["you"]["client"] == peer.client
    assert peer.text == ""


async def test_joining_without_since_gives_the_content(serve: Serve) -> None:
    serving = await serve()
    await typed(serving, "doc", "hello ", "world")
    late = await Peer.joined(serving.url, "doc")
    assert (late.version, late.text, late.events) == (3, "hello world", [])


async def test_joining_with_since_gives_only_the_events_after_it(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "a", "b", "c")
    back = await Peer.open(serving.url, "doc")
    welcome = await back.hello(since=2, text="a", epoch=author.welcome["epoch"])
    await back.caught_up()
    assert welcome["snapshot"] is None
    assert [event["op"] for event in back.events] == [[1, "b"], [2, "c"]]


async def test_joining_since_the_newest_version_gives_nothing(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "a")
    back = await Peer.joined(serving.url, "doc", since=2, text="a", epoch=author.welcome["epoch"])
    assert [message["type"] for message in back.received] == ["welcome", "presence"]


async def test_joining_since_0_needs_no_epoch_and_gives_every_event(serve: Serve) -> None:
    serving = await serve()
    await typed(serving, "doc", "a", "b")
    reader = await Peer.joined(serving.url, "doc", since=0)
    assert reader.welcome["snapshot"] is None
    assert [event["type"] for event in reader.events] == ["created", "edited", "edited"]
    assert reader.events[0]["epoch"] == reader.welcome["epoch"]
    assert reader.text == "ab"


@pytest.mark.parametrize(
    "hello",
    [
        pytest.param({"since": 2, "epoch": "another"}, id="wrong epoch"),
        pytest.param({"since": 2, "epoch": None}, id="no epoch"),
        pytest.param({"since": 99}, id="beyond the newest"),
        pytest.param({"since": -1}, id="negative"),
        pytest.param({"since": 2**80}, id="absurd"),
    ],
)
async def test_a_since_that_cannot_be_followed_gives_a_snapshot(serve: Serve, hello: dict[str, Any]) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "abc")
    back = await Peer.joined(serving.url, "doc", **{"epoch": author.welcome["epoch"], **hello})
    assert back.welcome["snapshot"] == {"seq": 2, "length": 3}
    assert (back.version, back.text) == (2, "abc")


async def test_a_large_document_arrives_in_several_chunks(serve: Serve) -> None:
    serving = await serve()
    text = "".join(chr(0x4E00 + i % 5000) for i in range(150_000))
    author = await typed(serving, "doc", text)
    await author.confirmed(await author.edit([{"retain": 2, "attributes": {"bold": True}}]))
    reader = await Peer.joined(serving.url, "doc")
    chunks = [message for message in reader.received if message["type"] == "snapshot"]
    assert len(chunks) > 3
    assert [chunk.get("last", False) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert max(len(str(chunk)) for chunk in chunks) < 40_000
    assert reader.value == [{"insert": text[:2], "attributes": {"bold": True}}, text[2:]]


async def test_events_while_somebody_joins_are_neither_lost_nor_doubled(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "x" * 100_000)
    joining = [asyncio.create_task(Peer.joined(serving.url, "doc", since=i % 2 or None)) for i in range(8)]
    for _ in range(100):
        await author.edit(["y"])
    await author.reached(102)
    for joiner in await asyncio.gather(*joining):
        await joiner.reached(102)  # a peer checks that events follow one another
        assert joiner.value == author.value


async def test_what_is_said_right_behind_the_hello_is_heard_once_the_client_is_in(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.open(serving.url, "doc")
    hello = {"type": "hello", "client": peer.client, "key": peer.key, "schema": 1}
    await peer.say_raw(json.dumps(hello))
    await peer.say("ping")
    await peer.expect("welcome")
    await peer.expect("pong")


# Editing.


async def test_an_author_and_others_are_told_the_same_event(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    reader = await Peer.joined(serving.url, "doc")
    id_ = await author.edit(["hi"])
    event = await author.confirmed(id_)
    await reader.reached(2)
    assert reader.events == [event]
    assert (event["seq"], event["client"], event["id"], event["op"]) == (2, author.client, id_, ["hi"])
    assert event["author"] == author.welcome["you"]["author"]


async def test_edits_are_sent_without_waiting_for_answers(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    for i in range(200):
        await author.edit([i, str(i % 10)] if i else ["0"], base=1)
    await author.reached(201)
    assert author.text == "0123456789" * 20


async def test_concurrent_edits_are_carried_over_one_another(serve: Serve) -> None:
    serving = await serve()
    ann = await typed(serving, "doc", "abc")
    bob = await Peer.joined(serving.url, "doc")
    await ann.confirmed(await ann.edit(["1"]))
    # Bob hasn't seen Ann's edit, and both of his apply to what he sees.
    await bob.edit([3, "!"], base=2)
    await bob.edit([4, "?"], base=2)
    await bob.reached(5)
    assert [event["op"] for event in bob.events] == [["1"], [4, "!"], [5, "?"]]
    assert bob.text == "1abc!?"


@pytest.mark.parametrize("first", ["left", "right"])
async def test_at_one_place_the_smaller_client_goes_left_whoever_comes_first(
    serve: Serve, first: str
) -> None:
    serving = await serve()
    small = await Peer.joined(serving.url, "doc", client="aaaaaaaa")
    great = await Peer.joined(serving.url, "doc", client="bbbbbbbb")
    typist, other = (small, great) if first == "left" else (great, small)
    for peer in (typist, other):
        await peer.edit(["L" if peer is small else "R"], base=1)
        await typist.heard(lambda peer=peer: any(e["client"] == peer.client for e in typist.events))  # type: ignore[misc]
    assert typist.text == "LR"


async def test_clients_that_type_at_once_converge(serve: Serve) -> None:
    serving = await serve()

    async def type_words(document: SharedDocument, word: str) -> None:
        for i in range(40):
            document.insert(min(i, len(document.text)), word)
            if i % 5 == 4:
                document.delete(0, 2)
            await document.wait_for(lambda: document.pending < 3)

    async with connect(serving.url, "doc") as ann, connect(serving.url, "doc") as bob:
        await asyncio.gather(type_words(ann, "a😀"), type_words(bob, "b\n"))
        text = await agree(ann, bob)
        assert len(text) == 2 * 40 * 2 - 2 * 8 * 2
        assert (ann.diverged, bob.diverged) == (0, 0)


async def test_text_beyond_the_basic_plane_counts_in_utf_16_units(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "a😀b")
    await author.confirmed(await author.edit([3, "é🎉"]))
    reader = await Peer.joined(serving.url, "doc")
    assert reader.welcome["snapshot"]["length"] == 7
    assert reader.text == "a😀é🎉b"


async def test_formatted_text_and_embeds_travel(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "hello")
    reader = await Peer.joined(serving.url, "doc")
    await author.edit([1, {"retain": 3, "attributes": {"bold": True}}])
    await author.edit([5, {"insert": {"image": "/a.png"}, "attributes": {"alt": "A"}}], base=2)
    await author.edit([2, {"retain": 1, "attributes": {"bold": None}}], base=2)
    await reader.reached(5)
    expected = [
        "h",
        {"insert": "e", "attributes": {"bold": True}},
        "l",
        {"insert": "l", "attributes": {"bold": True}},
        "o",
        {"insert": {"image": "/a.png"}, "attributes": {"alt": "A"}},
    ]
    assert reader.value == expected
    assert (await Peer.joined(serving.url, "doc")).value == expected


async def test_an_edit_is_stored_in_normal_form(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "abc")
    event = await author.confirmed(await author.edit([1, 1, "x", "y", 1]))
    assert event["op"] == [2, "xy"]


async def test_fields_that_are_not_known_are_ignored(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc", something={"new": [1]})
    await author.say("edit", id=1, base=1, op=["x"], refusals=0, meta={"from": "tomorrow"})
    assert (await author.confirmed(1))["op"] == ["x"]


# What is acknowledged is on disk.


async def test_nobody_hears_of_an_edit_before_it_is_in_the_file(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        reader = await Peer.joined(serving.url, "doc")
        with closing(sqlite3.connect(path, isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")  # now nothing can be committed
            await author.edit(["secret"])
            said = await author.until_answered() + await reader.until_answered()
            # One who joins now mustn't get what may still be lost either.
            joiner = await Peer.open(serving.url, "doc")
            await joiner.say("hello", client=joiner.client, key=joiner.key, schema=1)
            said += await reader.until_answered()
            assert [message for message in said if message["type"] != "presence"] == []
            with pytest.raises(TimeoutError):
                await joiner.receive(seconds=0.05)
            lock.execute("ROLLBACK")
        for peer in (author, reader):
            await peer.heard(lambda peer=peer: bool(peer.events))  # type: ignore[misc]
            assert [event.op for event in logged(path, "doc")[1:]] == [["secret"]]
        assert "secret" in str([await joiner.receive(), await joiner.receive()])
        # The server must be gone before its store.
        await serving.drop()


async def test_every_event_is_in_the_file_when_it_arrives(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        serving = await serve(store)
        author = await Peer.joined(serving.url, "doc")
        for _ in range(50):
            await author.edit(["x"])
        while author.version < 51:
            await author.receive()
            found = {(event.seq, event.id): event.op for event in logged(path, "doc")[1:]}
            assert {
                (event["seq"], event["id"]): event["op"] for event in author.events
            }.items() <= found.items()
        await serving.drop()


async def test_one_with_too_many_edits_under_way_is_not_read_from(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with await SQLiteStore.open(path) as store:
        serving = await serve(store, limits=UNHURRIED.__replace__(in_flight=10))
        author = await Peer.joined(serving.url, "doc")
        other = await Peer.joined(serving.url, "doc")
        room = await serving.room("doc")
        with closing(sqlite3.connect(path, isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            for _ in range(100):
                await author.edit(["x"], base=1)
            await eventually(lambda: room.document.version == 11)
            assert await other.until_answered() == []  # by now the others would have been read
            assert (room.document.version, room.committed) == (11, 1)
            lock.execute("ROLLBACK")
        await author.reached(101)
        await serving.drop()


# Duplicates.


async def test_an_edit_that_comes_twice_is_applied_once(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    for id_ in (1, 1, 2, 1, 2):
        await author.edit(["x"], id_=id_, base=1)
    await author.confirmed(await author.edit(["!"], id_=3))
    assert author.text == "!xx"
    assert len(author.events) == 3


@pytest.mark.parametrize("id_", [0, -1])
async def test_an_edit_with_an_id_below_1_is_no_edit(serve: Serve, id_: int) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.edit(["x"], id_=id_)
    assert await author.until_answered() == []
    assert author.text == ""


async def test_edits_sent_again_after_a_reconnection_are_applied_once(serve: Serve) -> None:
    serving = await serve()
    author = await typed(serving, "doc", "a", "b")
    author.cut()
    again = await Peer.open(serving.url, "doc", client=author.client, key=author.key)
    welcome = await again.hello(since=1, text="", epoch=author.welcome["epoch"])
    await again.caught_up()
    assert welcome["accepted"] == 2
    await again.edit(["a"], id_=1)
    await again.edit([1, "b"], id_=2)
    await again.confirmed(await again.edit([2, "c"], id_=3))
    assert again.text == "abc"


async def test_edits_sent_again_after_a_restart_are_applied_once(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        first = await serve(store)
        author = await typed(first, "doc", "a", "b")
        await first.drop()
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        second = await serve(store)
        again = await Peer.open(second.url, "doc", client=author.client, key=author.key)
        welcome = await again.hello(since=2, text="a", epoch=author.welcome["epoch"])
        await again.caught_up()
        assert welcome["accepted"] == 2
        await again.edit([1, "b"], id_=2)
        event = await again.confirmed(await again.edit([2, "c"], id_=3))
        assert event["seq"] == 4
        assert [event.op for event in logged(tmp_path / "collab.db", "doc")[1:]] == [
            ["a"],
            [1, "b"],
            [2, "c"],
        ]
        await second.drop()


async def test_two_documents_know_nothing_of_each_other(serve: Serve) -> None:
    serving = await serve()
    one = await typed(serving, "one", "1")
    two = await Peer.joined(serving.url, "two", client=one.client, key=one.key)
    assert (two.version, two.text, two.welcome["accepted"]) == (1, "", 0)
    assert two.welcome["epoch"] != one.welcome["epoch"]
    await two.confirmed(await two.edit(["2"]))
    assert await one.until_answered() == []


async def test_a_ping_is_answered(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc")
    await peer.say("ping")
    assert await peer.receive() == {"type": "pong"}
