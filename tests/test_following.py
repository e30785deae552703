"""The log followed from Python, on a real server that goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest

import collab
from collab.errors import HistoryError
from collab.local_server import LocalServer
from collab.messages import EventRow
from tests.helpers import within

Row = TypeVar("Row", bound=EventRow)


class Follower:
    """Takes in all that ``rows`` gives, in the background."""

    def __init__(self, rows: AsyncIterator[Row]) -> None:
        self.seen: list[EventRow] = []
        self._grew = asyncio.Event()
        self._task = asyncio.create_task(self._follow(rows))

    async def _follow(self, rows: AsyncIterator[Row]) -> None:
        async with aclosing(rows) as following:  # type: ignore[type-var]
            async for row in following:
                self.seen.append(row)
                self._grew.set()

    async def has(self, count: int) -> list[EventRow]:
        async def grown() -> None:
            while len(self.seen) < count:
                self._grew.clear()
                await self._grew.wait()

        await within(grown())
        return self.seen

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


async def test_events_come_as_they_happen_and_none_twice_over_a_restart(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        await collab.create(server.url, "doc", content="a")
        async with collab.History(server.url, "doc") as history:
            follower = Follower(history.follow(after=0))
            await history.edit([1, "b"])
            await follower.has(2)
            await server.kill()
            await server.start()
            for place in range(2, 5):
                await history.edit([place, "c"])
            assert [event.seq for event in await follower.has(5)] == [1, 2, 3, 4, 5]
            assert [event.op for event in follower.seen] == [["a"], [1, "b"], [2, "c"], [3, "c"], [4, "c"]]
            await follower.stop()


async def test_who_does_not_say_where_begins_now(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        await collab.create(server.url, "doc", content="a")
        async with collab.History(server.url, "doc") as history:
            follower = Follower(history.follow())
            # It is known to listen when it is told of one of these.
            place = 1
            while not follower.seen:
                await history.edit([place, "b"])
                place += 1
            assert follower.seen[0].seq > 1
            await follower.stop()


async def test_the_whole_log_is_followed_over_all_documents(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        await collab.create(server.url, "one", title="One")
        follower = Follower(collab.follow_log(server.url, after=0))
        await collab.create(server.url, "two", content="x")
        async with collab.History(server.url, "one") as history:
            await history.name("first")
        rows = await follower.has(3)
        assert [(row.document, row.position, row.type) for row in rows if isinstance(row, collab.LogRow)] == [
            ("one", 1, "created"),
            ("two", 2, "created"),
            ("one", 3, "tagged"),
        ]
        await follower.stop()


async def test_following_what_is_not_there_says_so(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        async with collab.History(server.url, "nothing") as history:
            with pytest.raises(HistoryError) as refused:
                await anext(history.follow())
        assert (refused.value.code, refused.value.status) == ("document_not_found", 404)
        with pytest.raises(HistoryError) as refused:
            await anext(collab.follow_log(server.url, after=99))
        assert refused.value.code == "unknown_position"
