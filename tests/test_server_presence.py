"""Carets and names in order with the events, and the checksum when all is quiet."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from collab import room as rooms
from collab import units
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Json, Peer, Serving, eventually


def peers(message: Json) -> dict[str, Json]:
    return {peer["client"]: peer for peer in message["peers"]}


async def seen(watcher: Peer, client: str, **fields: Any) -> tuple[Json, int]:
    """Wait until ``watcher`` sees ``client`` with ``fields``; what it sees then, and the version it says."""
    while True:
        message = await watcher.expect("presence")
        peer = peers(message).get(client)
        if peer is not None and all(peer.get(name) == value for name, value in fields.items()):
            return peer, message["seq"]


async def two_in(serving: Serving, text: str) -> tuple[Peer, Peer]:
    """Two peers in a document with ``text``, the second of which has seen the first."""
    mover = await Peer.joined(serving.url, "doc", user={"name": "Ana"})
    await mover.confirmed(await mover.edit([text]))
    watcher = await Peer.joined(serving.url, "doc")
    return mover, watcher


async def put(peer: Peer, anchor: int, head: int, **fields: Any) -> None:
    cursor = {"anchor": anchor, "head": head}
    await peer.say("presence", **{"base": peer.version, "after": 0, "cursor": cursor, **fields})


async def test_who_joins_is_shown_who_else_is_here(serve: Serve) -> None:
    serving = await serve()
    ana = await Peer.joined(serving.url, "doc", user={"name": "Ana", "color": "#0a7d5a"})
    bob = await Peer.joined(serving.url, "doc")
    here = peers(bob.received[-1])
    assert list(here) == [ana.client]
    assert bob.received[-1]["all"] is True
    assert here[ana.client]["user"] == {"name": "Ana", "color": "#0a7d5a"}
    assert here[ana.client]["author"] == ana.welcome["you"]["author"]


async def test_who_is_here_is_shown_who_joins(serve: Serve) -> None:
    serving = await serve()
    ana = await Peer.joined(serving.url, "doc")
    bob = await Peer.joined(serving.url, "doc", user={"name": "Bo"})
    await seen(ana, bob.client, user={"name": "Bo"})


async def test_the_first_who_joins_sees_nobody(serve: Serve) -> None:
    serving = await serve()
    peer = await Peer.joined(serving.url, "doc")
    assert peer.received[-1] == {"type": "presence", "seq": 1, "peers": [], "all": True}


async def test_a_caret_is_shown_to_others(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await put(mover, 1, 4)
    found, version = await seen(watcher, mover.client, cursor={"anchor": 1, "head": 4})
    assert (found["user"], version) == ({"name": "Ana"}, 2)


async def test_a_caret_with_user_changes_the_user_and_one_without_does_not(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await put(mover, 1, 1, user={"name": "Anna"})
    await seen(watcher, mover.client, cursor={"anchor": 1, "head": 1}, user={"name": "Anna"})
    await put(mover, 2, 2)
    await seen(watcher, mover.client, cursor={"anchor": 2, "head": 2}, user={"name": "Anna"})


async def test_a_caret_may_go_away(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await put(mover, 1, 1)
    await seen(watcher, mover.client, cursor={"anchor": 1, "head": 1})
    await mover.say("presence", base=2, after=0, cursor=None)
    await seen(watcher, mover.client, cursor=None)


async def test_a_caret_set_behind_unseen_edits_is_carried_over_them(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await watcher.confirmed(await watcher.edit([">>"]))
    await put(mover, 5, 5, base=2)  # the end, as the mover sees it
    _, version = await seen(watcher, mover.client, cursor={"anchor": 7, "head": 7})
    assert version == 3


async def test_a_caret_set_after_own_unseen_edits_counts_them(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await watcher.confirmed(await watcher.edit([">>"]))
    await mover.edit([5, " you"], base=2)
    await put(mover, 9, 9, base=2, after=2)
    await seen(watcher, mover.client, cursor={"anchor": 11, "head": 11})
    assert watcher.text == ">>hello you"


async def test_a_caret_never_comes_before_the_text_it_stands_in(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "|")
    for i in range(1, 100):
        await mover.edit([i, "x"], base=2)
        await put(mover, i + 1, i + 1, base=2, after=i + 1)
    last: Json = {}
    while last.get("cursor") != {"anchor": 100, "head": 100}:
        message = await watcher.expect("presence")
        last = peers(message).get(mover.client, last)
        assert message["seq"] <= watcher.version
        assert (last.get("cursor") or {"head": 0})["head"] <= len(watcher.text)


async def test_a_caret_in_text_that_is_not_committed_yet_waits_for_it(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "PRESENCE_SECONDS", 0.001)
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        serving = await serve(store)
        mover, watcher = await two_in(serving, "hello")
        await put(mover, 5, 5)
        await seen(watcher, mover.client, cursor={"anchor": 5, "head": 5})
        room = await serving.room("doc")
        with closing(sqlite3.connect(store.path, isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            await mover.edit([5, " you"])
            await put(mover, 9, 9, after=2)
            await mover.until_answered()
            await eventually(lambda: room._presence_timer is None)
            before = len(watcher.received)
            lock.execute("ROLLBACK")
        await seen(watcher, mover.client, cursor={"anchor": 9, "head": 9})
        assert [m["type"] for m in watcher.received[before:]] == ["events", "presence"]
        await serving.drop()


async def test_a_caret_left_standing_moves_with_the_text_for_one_who_joins(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await put(mover, 5, 5)
    await seen(watcher, mover.client, cursor={"anchor": 5, "head": 5})
    await watcher.confirmed(await watcher.edit(["1234"]))
    late = await Peer.joined(serving.url, "doc")
    assert peers(late.received[-1])[mover.client]["cursor"] == {"anchor": 9, "head": 9}


async def test_leaving_is_told(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await mover.close()
    found, _ = await seen(watcher, mover.client, left=True)
    assert found == {"client": mover.client, "left": True}


async def test_a_lost_connection_is_leaving_too(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    mover.cut()
    await seen(watcher, mover.client, left=True)


async def test_many_carets_are_told_in_few_messages(serve: Serve) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "x" * 300)
    for i in range(300):
        await put(mover, i, i)
    await seen(watcher, mover.client, cursor={"anchor": 299, "head": 299})
    assert sum(message["type"] == "presence" for message in watcher.received) < 50


@pytest.mark.parametrize(
    ("anchor", "head", "shown"),
    [pytest.param(-5, 2, (0, 2), id="before the start"), pytest.param(1, 10**30, (1, 5), id="past the end")],
)
async def test_a_caret_outside_of_the_text_is_put_inside(
    serve: Serve, anchor: int, head: int, shown: tuple[int, int]
) -> None:
    serving = await serve()
    mover, watcher = await two_in(serving, "hello")
    await put(mover, anchor, head)
    await seen(watcher, mover.client, cursor={"anchor": shown[0], "head": shown[1]})


# The checksum.


@pytest.fixture
def quick_checksums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "CHECKSUM_SECONDS", 0.05)


@pytest.mark.usefixtures("quick_checksums")
@pytest.mark.parametrize("text", ["hello", "a😀é", ""])
async def test_a_checksum_comes_when_it_is_quiet(serve: Serve, text: str) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    reader = await Peer.joined(serving.url, "doc")
    await author.edit([text + "!"])
    await author.edit([units.length(text), -1] if text else [-1], base=1)
    for peer in (author, reader):
        message = await peer.expect("checksum")
        assert message == {"type": "checksum", "seq": 3, "hash": units.checksum(text)}
        assert peer.version == 3


@pytest.mark.usefixtures("quick_checksums")
async def test_a_checksum_counts_an_embed_as_one_unit(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    await author.edit(["a", {"insert": {"image": "x"}}])
    assert (await author.expect("checksum"))["hash"] == units.checksum("a\N{OBJECT REPLACEMENT CHARACTER}")


@pytest.mark.usefixtures("quick_checksums")
async def test_a_checksum_comes_once_for_a_burst_of_edits(serve: Serve) -> None:
    serving = await serve()
    author = await Peer.joined(serving.url, "doc")
    for _ in range(100):
        await author.edit(["x"], base=1)
    await author.expect("checksum")
    assert author.version == 101
    assert sum(message["type"] == "checksum" for message in author.received) == 1
