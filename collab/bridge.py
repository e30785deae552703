"""The bridge between what one client sees and the newest version: the foreign edits it hasn't seen.

Each of the client's edits is carried over the bridge, and the bridge over the edit, to be ready for the next.
On a busy document there are dozens of foreign edits for every edit of one's own, nearly all of them one insert or
one delete at one place. So the bridge is kept in columns, ``places`` and ``sizes``, and a plain edit crosses them
in one loop over integers, at an eighth of what `collab.meeting.cross` takes for each pair: what was inserted
plays no part in where things go, only how much. Whatever doesn't fit in two integers takes the long way, pair by
pair, and `tests/test_bridge.py` holds both against each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

import msgspec

from collab import units
from collab.meeting import cross
from collab.operation import Operation, span

OTHER = -1
"""In the column of places: no single plain insert or delete."""


class Foreign(Protocol):
    """An edit by somebody else, as an event in the log is one. ``leans`` is as in `collab.events.Edited`."""

    @property
    def seq(self) -> int: ...
    @property
    def client(self) -> str: ...
    @property
    def op(self) -> Operation | None: ...
    @property
    def leans(self) -> tuple[str, ...]: ...


class ForeignEdit(msgspec.Struct, frozen=True):
    """A `Foreign` that isn't an event: for those who keep a bridge of their own."""

    seq: int
    client: str
    op: Operation | None
    leans: tuple[str, ...] = ()


def shape(op: Operation | None) -> tuple[int, int]:
    """Where ``op`` edits and by how many units the text grows there, if it does so at one place.

    The place is `OTHER` for what isn't one plain insert or delete. What changes nothing is of size 0.

    >>> shape([4, "x"]), shape([-2]), shape([1, -2, "x"]), shape([])
    ((4, 1), (0, -2), (-1, -1), (0, 0))
    """
    if not op:
        return 0, 0
    step = op[-1]
    if len(op) == 2:
        place = op[0]
        if type(place) is not int or place < 0:
            return OTHER, span(op)[1]
    elif len(op) == 1:
        place = 0
    else:
        return OTHER, span(op)[1]
    if type(step) is str:
        return place, len(step) if step.isascii() else units.length(step)
    if type(step) is int and step < 0:
        return place, step
    return OTHER, span(op)[1]


class Crossing(NamedTuple):
    """An edit carried over a bridge, and the columns of the bridge carried over the edit.

    ``leans`` names the clients towards which the edit leans now.
    """

    op: Operation
    leans: frozenset[str]
    places: list[int]
    sizes: list[int]
    others: dict[int, Operation]
    leaning: frozenset[int]


_NOBODY: frozenset[str] = frozenset()
_seq = attrgetter("seq")


class Bridge:
    """The foreign edits that ``client`` hasn't seen, as they apply to what it sees."""

    __slots__ = ("_client", "_events", "_leaning", "_others", "_places", "_sizes")

    def __init__(self, client: str) -> None:
        self._client = client
        self._clear()

    def _clear(self) -> None:
        self._events: list[Foreign] = []
        self._places: list[int] = []
        self._sizes: list[int] = []
        # By seq: the edits of more than one step, and those that lean since they crossed one of the client's own.
        self._others: dict[int, Operation] = {}
        self._leaning: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self._events)

    @property
    def growth(self) -> int:
        """By how many units the newest text is longer than the one that the client sees."""
        return sum(self._sizes)

    def operations(self) -> list[tuple[str, Operation]]:
        """The foreign edits, each with its client."""
        return [(event.client, self._op(i)) for i, event in enumerate(self._events)]

    def append(self, event: Foreign) -> None:
        """Add what happened next."""
        place, size = shape(event.op)
        self.extend([event], [place], [size])

    def extend(self, events: Sequence[Foreign], places: Sequence[int], sizes: Sequence[int]) -> None:
        """Add what happened next, together with the `shape` of each."""
        if OTHER in places:
            for event, place in zip(events, places, strict=True):
                if place == OTHER:
                    assert event.op is not None
                    self._others[event.seq] = event.op
        self._events += events
        self._places += places
        self._sizes += sizes

    def drop(self, seq: int) -> None:
        """Forget what the client has seen: all up to ``seq``."""
        if not self._events or self._events[0].seq > seq:
            return
        if self._events[-1].seq <= seq:
            self._clear()
            return
        seen = bisect_right(self._events, seq, key=_seq)
        del self._events[:seen], self._places[:seen], self._sizes[:seen]
        if self._others:
            self._others = {at: op for at, op in self._others.items() if at > seq}
        if self._leaning:
            self._leaning = frozenset(at for at in self._leaning if at > seq)

    def cross(self, op: Operation) -> Crossing:
        """``op``, an edit in normal form of the text that the client sees, carried to the newest version.

        The bridge stays as it is until the crossing is `accept`-ed.
        """
        if not self._events:
            return Crossing(op, _NOBODY, [], [], {}, frozenset())
        place, size = shape(op)
        crossing = None
        if place != OTHER and size and not self._others:
            crossing = self._insert(op, place, size) if size > 0 else self._delete(op, place, size)
        return crossing or self._cross_pairs(op)

    def accept(self, crossing: Crossing) -> None:
        """The crossed edit happened: the bridge is now as that left it."""
        self._places, self._sizes = crossing.places, crossing.sizes
        self._others, self._leaning = crossing.others, crossing.leaning

    def _insert(self, op: Operation, place: int, size: int) -> Crossing | None:
        start = place
        places = []
        leans = _NOBODY
        for i, (other, grown) in enumerate(zip(self._places, self._sizes, strict=True)):
            if grown > 0:
                if other < place or (other == place and not self._goes_left(i, leans)):
                    place += grown
                else:
                    other += size
            elif place <= other:
                other += size
            elif place >= other - grown:
                if place == other - grown:
                    leans |= {self._events[i].client}
                place += grown
            else:
                return None  # the insert splits the deletion
            places.append(other)
        carried: Operation = [place, op[-1]] if place else [op[-1]]
        return Crossing(
            op if place == start else carried, leans, places, self._sizes, self._others, self._leaning
        )

    def _delete(self, op: Operation, place: int, size: int) -> Crossing | None:
        start = place, size
        end = place - size
        places = []
        sizes = list(self._sizes)
        leaning: set[int] = set()
        for i, (other, grown) in enumerate(zip(self._places, self._sizes, strict=True)):
            if other >= end:
                if other == end and grown > 0:
                    leaning.add(self._events[i].seq)
                other += size
            elif grown > 0:
                if other > place:
                    return None  # the insert splits the deletion
                place += grown
                end += grown
            elif other - grown <= place:
                place += grown
                end += grown
            else:
                common = min(end, other - grown) - max(place, other)
                size += common
                if not size:
                    return None
                sizes[i] += common
                place = other = min(place, other)
                end = place - size
            places.append(other)
        carried: Operation = [place, size] if place else [size]
        return Crossing(
            op if (place, size) == start else carried,
            _NOBODY,
            places,
            sizes,
            self._others,
            self._leaning | leaning,
        )

    def _goes_left(self, i: int, leans: frozenset[str]) -> bool:
        """Whether the client's insert goes left of the ``i``-th edit's at the same place."""
        event = self._events[i]
        mine, theirs = event.client in leans, self._leans(i)
        return not mine or theirs if self._client < event.client else theirs and not mine

    def _leans(self, i: int) -> bool:
        event = self._events[i]
        return event.seq in self._leaning or self._client in event.leans

    def _op(self, i: int) -> Operation:
        event, place, size = self._events[i], self._places[i], self._sizes[i]
        if place == OTHER:
            return self._others[event.seq]
        if not size:
            return []
        assert event.op is not None
        step = event.op[-1] if size > 0 else size
        return [place, step] if place else [step]

    def _cross_pairs(self, op: Operation) -> Crossing:
        crossing = Crossing(op, _NOBODY, [], [], {}, frozenset())
        leans: set[str] = set()
        leaning = set(self._leaning)
        for i, event in enumerate(self._events):
            crossed = cross(
                op,
                self._op(i),
                mine_left=self._client < event.client,
                mine_leans=event.client in leans,
                theirs_leans=self._leans(i),
            )
            op = crossed.mine
            if crossed.mine_leans:
                leans.add(event.client)
            if crossed.theirs_leans:
                leaning.add(event.seq)
            place, size = shape(crossed.theirs)
            if OTHER in (place, self._places[i]):
                # Once out of the columns it stays out: its text can't be found by `_op` any more.
                place = OTHER
                crossing.others[event.seq] = crossed.theirs
            crossing.places.append(place)
            crossing.sizes.append(size)
        return crossing._replace(op=op, leans=frozenset(leans), leaning=frozenset(leaning))
