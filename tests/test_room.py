"""What a room tells, and when: nothing before it is on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from collab.store.sqlite import SQLiteStore
from tests.conftest import Serve
from tests.helpers import Peer, eventually
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
