"""The log as projections read it: a page of events after the other.

Several projections follow the log side by side, and what one has read the others find here.
"""

from __future__ import annotations

import asyncio

from collab.errors import CorruptLog, StoreDamaged
from collab.events import Event, UnreadableEvent
from collab.projections.faults import PoisonEvent
from collab.projections.texts import Texts
from collab.store.base import EventStore
from collab.store.logged import event_of
from collab.tail import Tail

PAGE = 10_000
"""Events of a page: some 3 MB, and 40 ms of reading."""

KEPT = 2
"""Pages that are kept for other projections, which are hardly behind."""


class Source:
    """Reads the log of ``store`` in pages of ``page`` events, to its end or as if that were at ``until``.

    What is in the ``tail`` needn't be read.
    """

    def __init__(
        self, store: EventStore, *, page: int = PAGE, until: int | None = None, tail: Tail | None = None
    ) -> None:
        self.store = store
        self.texts = Texts(store)
        self._tail = tail or Tail()
        self.page = page
        self._until = until
        self._kept: dict[int, list[Event]] = {}
        self._reading = asyncio.Lock()

    async def after(self, position: int) -> list[Event]:
        """The events that follow ``position``, at most a page of them; [] if there are none.

        Raises:
            PoisonEvent: the very first of them can't be read.
            StoreError: the log can't be read now.
        """
        if fresh := self._tail.after(position, most=self.page):
            return fresh
        async with self._reading:  # who comes for the same page finds it here
            page = self._kept.get(position)
            if page is None:
                limit = self.page if self._until is None else min(self.page, self._until - position)
                page = await self._read(position, limit) if limit > 0 else []
                if page:
                    self._kept[position] = page
                    if len(self._kept) > KEPT:
                        del self._kept[next(iter(self._kept))]
            return page

    async def _read(self, position: int, limit: int) -> list[Event]:
        try:
            logged = await self.store.log(after=position, limit=limit)
        except (CorruptLog, StoreDamaged) as damage:
            if limit > 1:
                return await self._read(position, limit // 2)
            document, seq = (damage.document, damage.seq) if isinstance(damage, CorruptLog) else ("", 0)
            raise PoisonEvent(position + 1, document, seq, str(damage)) from damage
        events: list[Event] = []
        for each in logged:
            try:
                events.append(event_of(each))
            except UnreadableEvent as why:
                if events:
                    break
                raise PoisonEvent(each.row.position, each.document, each.seq, str(why)) from why
        return events
