"""A history asked for and changed over a way to the server that breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from collab import asking
from collab.errors import HistoryError, StoreError
from collab.history import History
from collab.local_server import LocalServer
from collab.making import create
from collab.messages import EventRow
from collab.shapes import DocumentRow, DocumentsPage
from collab.store.memory import MemoryStore
from tests.conftest import Serve
from tests.helpers import Serving, within
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


class Lossy:
    """A way to the server on ``port`` on which as many answers as ``losses`` says are lost, the next ones.

    ``lost`` is called once an answer has come, which is then never sent on: whatever was asked for is done.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.losses = 0
        self.url = ""
        self.lost: Callable[[], Awaitable[object]] | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Held here: nobody else does, and a task that is forgotten ends whenever garbage is collected.
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def close(self) -> None:
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.port)
        sending = asyncio.create_task(self._send(reader, up_writer))
        try:
            while data := await up_reader.read(65536):
                if self.losses:
                    self.losses -= 1
                    if self.lost is not None:
                        await self.lost()
                    return
                writer.write(data)
        except ConnectionResetError:
            pass  # as its other end is by what comes now
        finally:
            sending.cancel()
            up_writer.transport.abort()
            writer.transport.abort()

    @staticmethod
    async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)


@asynccontextmanager
async def lossy(port: int) -> AsyncIterator[Lossy]:
    way = Lossy(port)
    async with await asyncio.start_server(way.carry, "127.0.0.1", 0) as listener:
        way.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield way
        await way.close()


CHANGES: list[Callable[[History], Awaitable[EventRow]]] = [
    lambda history: history.edit(["x"]),
    lambda history: history.replace_text("something else"),
    lambda history: history.rename("Other"),
    lambda history: history.name("a name"),
    lambda history: history.rename_version(3, "other name"),
    lambda history: history.delete_version(3),
    lambda history: history.restore(1),
    lambda history: history.undo("guest", after=1),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("losses", [1, 3])
@pytest.mark.usefixtures("impatient")
async def test_what_was_done_is_no_failure_and_done_once_although_the_answer_is_lost(
    serving: Serving, history: History, change: Callable[[History], Awaitable[EventRow]], losses: int
) -> None:
    await history.edit([3, "!"])
    await history.name("named")
    async with lossy(serving.port) as way, History(way.url, "doc") as far:
        way.losses = losses
        event = await change(far)
        assert way.losses == 0
    log = [event async for event in history.events()]
    assert len(log) == 4
    assert log[-1] == event


@pytest.mark.usefixtures("impatient")
async def test_documents_are_made_once_although_the_answer_is_lost(
    serving: Serving, history: History
) -> None:
    async with lossy(serving.port) as way, History(way.url, "doc") as far:
        way.losses = 1
        made = [await create(way.url, "new", title="New", content="x")]
        way.losses = 1
        made.append(await far.fork(id="fork"))
        way.losses = 1
        made.append(await far.fork())
        assert way.losses == 0
    assert [(row.title, row.version) for row in made] == [("New", 1), ("Numbers", 1), ("Numbers", 1)]
    assert {row.id for row in await documents(serving)} == {"doc", *(row.id for row in made)}
    with pytest.raises(HistoryError) as failed:
        await create(serving.url, "new")  # another wish for the same
    assert failed.value.code == "document_exists"


async def documents(serving: Serving) -> Sequence[DocumentRow]:
    async with asking.Asking(serving.url) as server:
        return (await server.read("/api/documents", DocumentsPage, {})).documents


@pytest.mark.usefixtures("impatient")
async def test_a_server_killed_between_commit_and_answer_does_it_once(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        await create(server.url, "doc", content="one")
        async with lossy(int(server.url.rpartition(":")[2])) as way, History(way.url, "doc") as history:

            async def die_and_rise() -> None:
                await server.kill()
                await server.start()

            way.lost, way.losses = die_and_rise, 1
            event = await within(history.edit([3, " two"]))
            assert (event.seq, event.op, way.losses) == (2, [3, " two"], 0)
            assert [row.seq async for row in history.events()] == [1, 2]
            assert await text(history) == "one two"


@pytest.mark.usefixtures("impatient")
async def test_a_store_in_trouble_is_asked_again(serve: Serve) -> None:
    class Moody(MemoryStore):
        troubles = 0

        async def append(self, append: Any) -> Any:
            if self.troubles:
                self.troubles -= 1
                raise StoreError("not now")
            return await super().append(append)

    store = Moody()
    serving = await serve(store)
    await create(serving.url, "doc")
    async with History(serving.url, "doc") as history:
        store.troubles = 2
        event = await history.edit(["x"])
        assert (event.seq, store.troubles, await text(history)) == (2, 0, "x")
        store.troubles = 100
        with pytest.raises(HistoryError) as failed:
            await history.edit(["y"])
        assert (failed.value.code, failed.value.status) == ("store", 503)
        assert store.troubles == 100 - asking.TRIES
        store.troubles = 0
        assert await text(history) == "x"


@pytest.mark.usefixtures("impatient")
async def test_a_server_that_is_not_there_is_a_failure_after_some_tries(serving: Serving) -> None:
    await serving.drop()
    async with History(serving.url, "doc") as history:
        for ask in (history.at(), history.edit(["x"]), anext(history.export())):
            with pytest.raises(HistoryError) as failed:
                await within(ask)
            assert (failed.value.code, failed.value.status) == ("unreachable", 0)


async def test_an_export_that_breaks_off_is_no_whole_one(serving: Serving) -> None:
    await create(serving.url, "doc", content="x" * 4_000_000)
    async with History(serving.url, "doc") as history:
        pieces = history.export("history")
        await anext(pieces)
        await serving.drop()
        with pytest.raises(HistoryError):
            await all_of(pieces)
