"""A model brought forward, a page of the log at a time, and stopped before an event that can't be taken in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from collab.errors import CorruptLog, StoreDamaged, UnknownEvent
from collab.events import Event, name_of
from collab.projections.faults import FoldFailed, PoisonEvent
from collab.projections.model import Model, Parked, mark
from collab.projections.projection import TextProjection
from collab.projections.source import Source

logger = logging.getLogger("collab.projections")

_POISON = (FoldFailed, CorruptLog, UnknownEvent, StoreDamaged)
"""What is an event's fault, or the projection's, and will be no better the next time."""


class Step(NamedTuple):
    """What became of a page: the place in the log where the model is now, whether that is ``all`` there was, and the
    event before which it has stopped."""

    position: int
    all: bool
    parked: Parked | None = None


class Advancer:
    """Brings ``model`` forward with what ``source`` reads; ``now`` is a clock in µs since 1970.

    A model that is ``building`` isn't asked for anything yet: then texts that are soon to change needn't be right.
    """

    def __init__(self, model: Model, source: Source, *, now: Callable[[], int], building: bool) -> None:
        self.model = model
        self.building = building
        self._source = source
        self._now = now

    async def step(self) -> Step:
        """Take in the next page, as far as it can be. Cancelling the call waits until that is done.

        Raises:
            Overtaken: somebody else brought the model forward meanwhile, which is no harm.
            StoreError: the log can't be read now, or the model can't be written.
        """
        step = asyncio.create_task(self._step())
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            # A thread can't be stopped, and without its transaction it would write what nothing counts.
            await asyncio.wait([step])
            step.exception()
            raise

    async def _step(self) -> Step:
        state = await asyncio.to_thread(self.model.state)
        parked, position = state.parked, state.position
        if parked is not None and not state.retry:
            return Step(position, False, parked)
        try:
            events = await self._source.after(position)
        except PoisonEvent as poison:
            where = (poison.position, poison.document, poison.seq, "")
            return Step(position, False, await self._park(*where, poison))
        if not events:
            return Step(position, True)
        full = len(events) >= self._source.page
        reached, parked = await self._take(position, events, newest_only=self.building and full)
        return Step(reached, not full and parked is None, parked)

    async def _take(
        self, position: int, events: Sequence[Event], *, newest_only: bool
    ) -> tuple[int, Parked | None]:
        """Take in ``events``, which follow ``position``; if they can't be all at once, then by halves."""
        try:
            await self._fold(position, events, newest_only=newest_only)
        except _POISON as error:
            first = events[0]
            if len(events) == 1:
                type_, _ = name_of(first.payload)
                return position, await self._park(first.position, first.document, first.seq, type_, error)
            middle = len(events) // 2
            reached, parked = await self._take(position, events[:middle], newest_only=newest_only)
            if parked is not None:
                return reached, parked
            return await self._take(reached, events[middle:], newest_only=newest_only)
        return events[-1].position, None

    async def _fold(self, position: int, events: Sequence[Event], *, newest_only: bool) -> None:
        model = self.model
        if not isinstance(model.projection, TextProjection):
            await asyncio.to_thread(_fold_at_once, model, position, events)
            return
        await asyncio.to_thread(model.begin, position)
        try:
            async for texts in self._source.texts.after(events, newest_only=newest_only):
                await asyncio.to_thread(model.fold, (), texts)
            await asyncio.to_thread(model.commit, events[-1])
        finally:
            model.undo()

    async def _park(self, position: int, document: str, seq: int, type_: str, error: Exception) -> Parked:
        parked = await asyncio.to_thread(self.model.park, position, document, seq, type_, error, self._now())
        logger.error(
            "projection %s is parked at position %d, event %d of document %s: %s",
            *(self.model.projection.name, position, seq, document, parked.reason),
        )
        return parked


def _fold_at_once(model: Model, position: int, events: Sequence[Event]) -> None:
    model.begin(position)
    model.fold(events)
    model.commit(events[-1])


async def is_of(source: Source, model: Model) -> bool:
    """Whether ``model`` was made from the log that ``source`` reads, and not from one that was there before it.

    Raises:
        StoreError: the log can't be read now.
    """
    state = await asyncio.to_thread(model.state)
    if state.position > await source.store.position():
        return False
    if not state.position or state.mark is None:
        return True
    try:
        last = await source.after(state.position - 1)
    except PoisonEvent:
        return True  # damaged since; it was read when it was taken in
    return mark(last[0]) == state.mark
