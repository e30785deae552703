"""The newest events of a live document, at hand without asking the store."""

from __future__ import annotations

from collections.abc import Sequence

from collab.errors import FellBehind
from collab.events import Event

CAPACITY = 4096
"""Events kept, about 2 MB for a busy document: at the fastest measured rate, a third of a second of
events, more than any client that keeps up lags behind."""


class Recent:
    """The events after `base`, without gaps up to the newest."""

    def __init__(self, base: int, *, capacity: int = CAPACITY) -> None:
        self.base = base
        self.capacity = capacity
        self._events: list[Event] = []

    @property
    def newest(self) -> int:
        """The seq of the newest event, or `base` if there is none."""
        return self.base + len(self._events)

    def append(self, event: Event) -> None:
        assert event.seq == self.newest + 1
        self._events.append(event)

    @property
    def overfull(self) -> bool:
        """Whether it is time to `trim`. A quarter over, so that trimming is rare and costs little."""
        return len(self._events) > self.capacity + self.capacity // 4

    def trim(self, until: int) -> None:
        """Forget all but the newest `capacity` events, but none after version ``until``."""
        surplus = min(len(self._events) - self.capacity, until - self.base)
        if surplus > 0:
            del self._events[:surplus]
            self.base += surplus

    def after(self, seq: int, until: int | None = None) -> Sequence[Event]:
        """The events after ``seq``, up to ``until`` if given.

        Raises:
            FellBehind: they are not all here any more.
        """
        if seq < self.base:
            raise FellBehind(f"version {seq} is too old, events since {self.base} are at hand: resume")
        end = None if until is None else max(0, until - self.base)
        return self._events[seq - self.base : end]
