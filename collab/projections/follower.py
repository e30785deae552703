"""One projection kept up to date for as long as the server runs: built if there is no model, and then on the heels of
the log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from collab.errors import StoreDamaged, StoreError
from collab.projections.advancing import Advancer, Step, is_of
from collab.projections.building import open_shadow, promote
from collab.projections.faults import ModelUnusable, Overtaken
from collab.projections.model import Model
from collab.projections.projection import Projection
from collab.projections.shelf import Shelf
from collab.projections.source import Source
from collab.waiting import Milestones
from collab.watching import Watching

GATHER_SECONDS = 0.1
"""How long an edit waits for others, so that they share a transaction."""

BUSY_SECONDS = 0.5
"""How long it waits where much is edited, so that those who edit have the machine to themselves: a model is to be there
within a second, and no sooner."""

BUSY_SHARE = 0.05
"""Much is what takes this share of the time, or more, if edits wait no longer than `GATHER_SECONDS`."""

POLL_SECONDS = 1.0
"""How often it looks for what nobody tells of: what other processes have written, and what commands were given."""

LONGEST_BACKOFF_SECONDS = 60.0

logger = logging.getLogger("collab.projections")


class Follower:
    """Follows the log for one ``projection``, whose models are on ``shelf``."""

    def __init__(
        self,
        projection: Projection,
        shelf: Shelf,
        source: Source,
        watching: Watching,
        *,
        now: Callable[[], int],
    ) -> None:
        self.projection = projection
        self.shelf = shelf
        self._source = source
        self._watching = watching
        self._now = now
        self._advancer: Advancer | None = None
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._suspect = False
        self.position = 0
        """How far the current model is, as far as this process knows."""
        self.reached = Milestones()
        self.ended = False
        """Whether it follows the log no more, which is at its end."""
        self.trouble: str | None = None
        """Why it doesn't get on, if that is nothing about an event: a full disk, say."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"projection {self.projection.name}")

    async def close(self) -> None:
        """Take in what came last, a page of it at most, and stop."""
        self._closing.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        with self._watching.watch(None) as watch:
            backoff = POLL_SECONDS
            while True:
                closing = self._closing.is_set()
                watch.looking()
                began = time.monotonic()
                try:
                    step = await self._advance()
                except Overtaken:
                    continue
                except Exception as error:  # whatever it is, the others go on
                    self._failed(error)
                    step, rest = None, backoff
                    backoff = min(2 * backoff, LONGEST_BACKOFF_SECONDS)
                else:
                    rest = _until_next_turn(time.monotonic(), worked=time.monotonic() - began)
                    self.trouble, backoff = None, POLL_SECONDS
                if closing:
                    break
                if self.trouble is None and (step is None or step.all or step.parked is not None):
                    await watch.stirred(seconds=POLL_SECONDS)
                await self._rest(rest)
        self._let_go()
        self.ended = True
        self.reached.fail(StoreError("the server is shutting down"))

    async def _rest(self, seconds: float) -> None:
        """Do nothing for so long, or until it is time to close."""
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            pass

    def _failed(self, error: Exception) -> None:
        if str(error) != self.trouble:
            logger.error(
                "projection %s: %s", self.projection.name, error, exc_info=not isinstance(error, StoreError)
            )
        self.trouble = str(error)
        self._suspect = isinstance(error, StoreDamaged)
        self._let_go()

    async def _advance(self) -> Step | None:
        """Take in what is next, with whatever model there is; None while there is nothing that one could be made of."""
        advancer = self._advancer = await self._opened()
        if advancer is None:
            return None
        step = await advancer.step()
        if advancer.building and step.all:
            step = await promote(self.shelf, advancer)
            logger.info("model %s is built", self.projection.name)
        if not advancer.building:
            self.position = step.position
            self.reached.reached(step.position)
        return step

    async def _opened(self) -> Advancer | None:
        current = await asyncio.to_thread(self.shelf.current)
        if self._advancer is not None:
            if self._advancer.model.path == current:
                self._advancer.building = False  # maybe it was another process that has built it to its end
                return self._advancer
            if current is None:
                return self._advancer
            self._let_go()
        if current is None:
            if not await self._source.store.position():
                return None
            model = await open_shadow(self.shelf, self.projection, self._source)
        else:
            opened = await self._open_current(current)
            if opened is None:
                return await self._opened()
            model = opened
        if model.state().parked is not None:
            await asyncio.to_thread(model.retry)  # it may be another program now
        return Advancer(model, self._source, now=self._now, building=current is None)

    async def _open_current(self, path: Path) -> Model | None:
        """The current model; None if it had to be thrown away."""
        try:
            model = await asyncio.to_thread(Model, path, self.projection)
            sound = not self._suspect or await asyncio.to_thread(model.sound)
            self._suspect = False
            if sound and await is_of(self._source, model):
                return model
            model.close()
        except (ModelUnusable, StoreDamaged) as error:
            logger.warning("model %s: %s", self.projection.name, error)
        logger.warning("model %s is damaged, or of another log: it is built anew", self.projection.name)
        await asyncio.to_thread(self.shelf.discard, path)
        return None

    def _let_go(self) -> None:
        if self._advancer is not None:
            self._advancer.model.close()
            self._advancer = None


def _until_next_turn(now: float, *, worked: float) -> float:
    """Seconds to rest for who has ``worked`` so long.

    Turns begin at the same moments for all followers: so they ask for the same page of the log, which is read once.
    """
    turn = BUSY_SECONDS if worked > BUSY_SHARE * GATHER_SECONDS else GATHER_SECONDS
    return turn - now % turn
