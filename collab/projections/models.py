"""All read models of one server: kept up to date, asked, and told of."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec import structs

from collab.errors import InvalidName, StoreError
from collab.hub import Hub
from collab.projections.builtin import BUILT_IN
from collab.projections.faults import ModelBehind, ModelBuilding, UnknownProjection
from collab.projections.follower import POLL_SECONDS, Follower
from collab.projections.projection import Projection, check
from collab.projections.reader import Answer, ask
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.projections.status import Status, status_of
from collab.store.sqlite import SQLiteStore

WAIT_SECONDS = 5.0
"""How long a reader waits for a model to come to what they have written themselves."""

T = TypeVar("T")


def beside(database: Path) -> Path:
    """Where the models of a log in the file ``database`` lie."""
    return database.with_name(f"{database.name}-models")


def named(projections: Iterable[Projection]) -> dict[str, Projection]:
    """``projections`` by their names.

    Raises:
        InvalidName: two have the same, or one has none that is allowed.
    """
    found: dict[str, Projection] = {}
    for projection in projections:
        if check(projection).name in found:
            raise InvalidName("projection's name", f"{projection.name!r} once")
        found[projection.name] = projection
    return found


class Models:
    """The models of ``hub``'s log in ``folder``: those of the built-in projections, and of ``others``.

    Without a folder they are beside a log in a file, and beside any other in a temporary one. If they don't ``follow``
    the log, that is left to another process, and here they are only asked.
    """

    def __init__(
        self, hub: Hub, *, others: Sequence[Projection] = (), folder: Path | None = None, follow: bool = True
    ) -> None:
        self.projections = named([*BUILT_IN, *others])
        self._hub = hub
        if folder is None and isinstance(hub.store, SQLiteStore):
            folder = beside(hub.store.path)
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="collab-models-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        source = Source(hub.store, tail=hub.tail)
        self._followers = {
            name: Follower(projection, Shelf(folder, projection), source, hub.watching, now=hub.clock.now)
            for name, projection in self.projections.items()
        }
        self._follow = follow
        self._started = False
        hub.at_end(self.close)

    def start(self) -> None:
        """Follow the log from now on, in the running event loop, until the hub is closed. Later calls do nothing."""
        if self._started or not self._follow:
            return
        self._started = True
        for follower in self._followers.values():
            follower.start()

    async def close(self) -> None:
        """Take in what is there, and stop following. Models stay as they are, and can be asked."""
        await asyncio.gather(*(follower.close() for follower in self._followers.values()))

    async def ask(
        self,
        name: str,
        question: Callable[[sqlite3.Connection], T],
        *,
        after: int = 0,
        seconds: float = WAIT_SECONDS,
    ) -> Answer[T]:
        """What ``question`` finds in the model, of one moment, when all events up to position ``after`` are in it.

        Raises:
            UnknownProjection: there is none of that name.
            ModelBuilding: it can't be asked yet.
            ModelBehind, ModelParked: it doesn't come to ``after`` in ``seconds``, or at all.
            StoreError: it can't be read.
        """
        follower = self._follower(name)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            newest = await self._hub.store.position()
            asked = partial(ask, follower.projection, follower.shelf, question, after=after, newest=newest)
            try:
                return await asyncio.to_thread(asked)
            except (ModelBuilding, ModelBehind):
                if loop.time() >= deadline:
                    raise
            await self._grown(follower, max(after, 1), min(POLL_SECONDS, deadline - loop.time()))

    async def grown(self, name: str, position: int, *, seconds: float) -> bool:
        """Wait until the model is beyond ``position``, or for so many ``seconds``; false if the server goes
        down."""
        try:
            await self._grown(self._follower(name), position + 1, seconds)
        except StoreError:
            return False
        return True

    def projection(self, name: str) -> Projection:
        """
        Raises:
            UnknownProjection: there is none of that name.
        """
        return self._follower(name).projection

    async def statuses(self) -> list[Status]:
        """All projections, in the order of their names."""
        newest = await self._hub.store.position()
        found = []
        for _, follower in sorted(self._followers.items()):
            status = await asyncio.to_thread(status_of, follower.projection, follower.shelf, newest)
            found.append(structs.replace(status, trouble=follower.trouble))
        return found

    async def _grown(self, follower: Follower, position: int, seconds: float) -> None:
        """Return when the model is known to have come to ``position``, or after so many ``seconds``.

        Raises:
            StoreError: the server goes down.
        """
        if follower.position >= position:
            return
        if follower.ended or self._hub.closing:
            raise StoreError("the server is shutting down")
        try:
            async with asyncio.timeout(seconds if self._started else min(seconds, POLL_SECONDS)):
                await follower.reached.wait(position)
        except TimeoutError:
            pass  # another process may have brought it there

    def _follower(self, name: str) -> Follower:
        follower = self._followers.get(name)
        if follower is None:
            raise UnknownProjection(name, sorted(self._followers))
        return follower
