"""The newest events of a live document, at hand without asking the store."""

from __future__ import annotations

from collections.abc import Sequence

from collab.bridge import OTHER, Bridge, shape
from collab.errors import FellBehind
from collab.events import Event
from collab.operation import Operation

CAPACITY = 4096
"""Events kept, about 2 MB for a busy document: at the fastest measured rate, a fifth of a second of
events, more than any client that keeps up lags behind."""

MOST_UNITS = 1 << 20
"""Units of inserted text kept, for documents into which whole books are pasted again and again."""


class Recent:
    """The events after `base`, without gaps up to the newest.

    The `shape` of each is kept beside it: what takes a look once here would be looked at again on the bridge
    of every client.
    """

    def __init__(self, base: int, *, capacity: int = CAPACITY) -> None:
        self.base = base
        self.capacity = capacity
        self._events: list[Event] = []
        self._places: list[int] = []
        self._sizes: list[int] = []
        self._units = 0

    @property
    def newest(self) -> int:
        """The seq of the newest event, or `base` if there is none."""
        return self.base + len(self._events)

    def append(self, event: Event) -> None:
        assert event.seq == self.newest + 1
        op = event.op
        place, size = shape(op)
        self._events.append(event)
        self._places.append(place)
        self._sizes.append(size)
        self._units += _inserted(op, place, size)

    @property
    def overfull(self) -> bool:
        """Whether it is time to `trim`. A quarter over, so that trimming is rare and costs little."""
        return len(self._events) > self.capacity + self.capacity // 4 or self._units > MOST_UNITS

    def trim(self, until: int) -> None:
        """Forget the oldest, until `capacity` events and half of `MOST_UNITS` are left, but none after ``until``."""
        surplus = 0
        for event, place, size in zip(self._events, self._places, self._sizes, strict=True):
            enough = len(self._events) - surplus <= self.capacity and self._units <= MOST_UNITS // 2
            if enough or event.seq > until:
                break
            self._units -= _inserted(event.op, place, size)
            surplus += 1
        del self._events[:surplus], self._places[:surplus], self._sizes[:surplus]
        self.base += surplus

    def after(self, seq: int, until: int | None = None) -> Sequence[Event]:
        """The events after ``seq``, up to ``until`` if given.

        Raises:
            FellBehind: they are not all here any more.
        """
        end = None if until is None else max(0, until - self.base)
        return self._events[self._index(seq) : end]

    def extend(self, bridge: Bridge, seq: int) -> None:
        """Add all events after ``seq`` to ``bridge``.

        Raises:
            FellBehind: they are not all here any more.
        """
        start = self._index(seq)
        if start < len(self._events):
            bridge.extend(self._events[start:], self._places[start:], self._sizes[start:])

    def _index(self, seq: int) -> int:
        if seq < self.base:
            raise FellBehind(f"version {seq} is too old, events since {self.base} are at hand: resume")
        return seq - self.base


def _inserted(op: Operation | None, place: int, size: int) -> int:
    """About how many units of text ``op``, of that `shape`, holds."""
    if place != OTHER or op is None:
        return max(0, size)
    return sum(len(step) for step in op if isinstance(step, str))
