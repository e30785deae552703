"""What a room tells, and when: nothing before it is on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from collab import clientele
from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, cut, eventually
from tests.test_hub_failures import locked


@pytest.fixture
def plain_asgi() -> bool:
    return False


async def test_one_who_joins_is_shown_nothing_that_is_not_on_disk(serve: Serve, tmp_path: Path) -> None:
    """While a commit waits for a locked file, a hello has to wait too: its welcome would speak of the edit."""
    async with await SQLiteStore.open(tmp_path / "log.db", busy_seconds=20) as store:
        serving = await serve(store)
        ann = await Peer.joined(serving.url, "doc")
        room = await serving.room("doc")
        async with locked(store):
            edit = await ann.edit(["typed"])
            await eventually(lambda: room.document.version == 2)
            bo = await Peer.open(serving.url, "doc")
            welcome = asyncio.create_task(bo.hello())
            await eventually(lambda: room.waiting > 0 or welcome.done())
            await ann.until_answered()
            assert not welcome.done()
            assert room.committed == 1
            assert not ann.own(edit)
        assert (await welcome)["seq"] == 2
        await bo.caught_up()
        assert bo.text == "typed"
        await ann.confirmed(edit)
        await serving.drop()


async def test_one_whose_socket_breaks_while_it_joins_does_not_stay(serve: Serve, tmp_path: Path) -> None:
    async with await SQLiteStore.open(tmp_path / "log.db", busy_seconds=20) as store:
        serving = await serve(store)
        ann = await Peer.joined(serving.url, "doc")
        room = await serving.room("doc")
        async with locked(store):
            edit = await ann.edit(["typed"])
            await eventually(lambda: room.document.version == 2)
            before = serving.connections
            bo = await Peer.open(serving.url, "doc")
            (connection,) = serving.connections - before
            hello = asyncio.create_task(bo.hello())
            await eventually(lambda: room.waiting > 0)
            cut(connection)
            with pytest.raises(ConnectionClosed):
                await hello
        await ann.confirmed(edit)
        await eventually(lambda: not room.waiting and list(room.members) == [ann.client])
        await ann.expect("presence")
        await serving.drop()


async def test_a_resend_is_known_though_its_author_was_forgotten_meanwhile(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has left may only be forgotten once the store knows all they said."""
    monkeypatch.setattr(clientele, "MOST_ABSENT", 0)
    async with await SQLiteStore.open(tmp_path / "log.db", busy_seconds=20) as store:
        serving = await serve(store)
        ann, bo = await Peer.joined(serving.url, "doc"), await Peer.joined(serving.url, "doc")
        room = await serving.room("doc")
        async with locked(store):
            edit = await ann.edit(["once"])
            await eventually(lambda: room.document.version == 2)
            ann.cut()
            await bo.close()
            await eventually(lambda: not room.members)
            again = await Peer.open(serving.url, "doc", client=ann.client, key=ann.key)
            welcome = asyncio.create_task(again.hello())
            await eventually(lambda: room.waiting > 0)
        assert (await welcome)["accepted"] == edit
        await again.caught_up()
        await again.edit(["once"], id_=edit)
        await again.until_answered()
        assert (again.text, again.version) == ("once", 2)
        await serving.drop()


async def test_who_has_gone_is_forgotten_in_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clientele, "MOST_ABSENT", 3)
    serving = await serve()
    room = await serving.room("doc")
    for _ in range(20):
        visitor = await Peer.joined(serving.url, "doc")
        await visitor.confirmed(await visitor.edit(["x"]))
        await visitor.close()
        await eventually(lambda: not room.members)
    assert room.remembered <= 4
