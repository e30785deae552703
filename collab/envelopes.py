"""A stretch of a document's envelopes in columns: whose each event was, the client's number of it, when, and where.

What follows from the event before takes no room: the same person, the client's next number, the next position in
the whole log. Of the time there is the gap since the event before.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
from msgspec import structs

from collab.columns import Column, pack, unzigzag, zigzag

Edit = tuple[str, str, int]
"""Client, author, and the client's own number of the edit."""


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """``people`` are client, author, and what the client would have numbered its edit before the first here.
    Turns are stretches of events of one person. ``steps`` are the clients' own numbers, less what they would be if
    each edit had the next one; ``gaps`` are from event to event, for positions less one."""

    people: list[Edit]
    turns: int
    who: list[bytes]
    lengths: list[bytes]
    steps: list[bytes]
    at: int
    at_gaps: list[bytes]
    position: int
    position_gaps: list[bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode


class EnvelopesBuilder:
    """Takes envelopes in order, and makes the bytes that `Envelopes` reads."""

    def __init__(self) -> None:
        self._people: dict[tuple[str, str], int] = {}
        self._starts: list[int] = []
        self._newest: dict[str, int] = {}
        self._who: list[int] = []
        self._lengths: list[int] = []
        self._steps: list[int] = []
        self._times: list[int] = []
        self._positions: list[int] = []

    @property
    def began(self) -> int:
        """The time of the first event."""
        return self._times[0]

    def add(self, client: str, author: str, client_seq: int, at: int, position: int) -> None:
        person = self._people.get((client, author))
        if person is None:
            person = self._people[client, author] = len(self._people)
            self._starts.append(self._newest.setdefault(client, client_seq - 1))
        if self._who and self._who[-1] == person:
            self._lengths[-1] += 1
        else:
            self._who.append(person)
            self._lengths.append(1)
        self._steps.append(zigzag(client_seq - self._newest[client] - 1))
        self._newest[client] = client_seq
        self._times.append(at)
        self._positions.append(position)

    def finish(self) -> bytes:
        """The bytes of all that was added, which is at least one envelope.

        Raises:
            OverflowError: times or positions go back, or a number is beyond 64 bits.
        """
        return _encode(
            _Stored(
                [(*names, start) for names, start in zip(self._people, self._starts, strict=True)],
                len(self._who),
                pack(self._who),
                pack([length - 1 for length in self._lengths]),
                pack(self._steps),
                self._times[0],
                pack([0, *(b - a for a, b in pairwise(self._times))]),
                self._positions[0],
                pack([0, *(b - a - 1 for a, b in pairwise(self._positions))]),
            )
        )


def moved(stored: bytes, by: int) -> bytes:
    """What `EnvelopesBuilder.finish` made, with all positions greater ``by`` that much."""
    columns = _decode(stored)
    return _encode(structs.replace(columns, position=columns.position + by))


class Envelopes:
    """Envelopes read back from what an `EnvelopesBuilder` made of ``count`` of them."""

    def __init__(self, stored: bytes, count: int) -> None:
        """Raises ValueError, zlib.error or msgspec.DecodeError if ``stored`` isn't what a builder made."""
        columns = _decode(stored)
        self.count = count
        self.began = columns.at
        self._people = columns.people
        self._who = Column(columns.who, columns.turns).numbers()
        self._lengths = [length + 1 for length in Column(columns.lengths, columns.turns).numbers()]
        self._regular = not columns.steps
        self._steps = Column(columns.steps, count)
        self._at_gaps = Column(columns.at_gaps, count)
        self._position = columns.position
        self._position_gaps = Column(columns.position_gaps, count)
        if sum(self._lengths) != count or max(self._who, default=0) >= len(self._people):
            raise ValueError("turns that don't match the events")

    def times(self, start: int, stop: int) -> list[int]:
        """The times of the events with ``start`` ≤ index < ``stop``."""
        return self._at_gaps.running(start, stop, origin=self.began)

    def turns(self, start: int, stop: int) -> list[tuple[str, int]]:
        """The authors of the events with ``start`` ≤ index < ``stop``, each with how many in a row are theirs."""
        found = []
        index = 0
        for person, length in zip(self._who, self._lengths, strict=True):
            taken = min(index + length, stop) - max(index, start)
            if taken > 0:
                found.append((self._people[person][1], taken))
            index += length
        return found

    def positions(self, start: int, stop: int) -> list[int]:
        """The positions of the events with ``start`` ≤ index < ``stop``."""
        gaps = self._position_gaps.running(start, stop, origin=self._position)
        return [position + i for i, position in enumerate(gaps, start)]

    def until(self, at: int) -> int:
        """How many of the events aren't later than ``at``."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.began + self._at_gaps.total(middle + 1) <= at:
                low = middle + 1
            else:
                high = middle
        return low

    def edits(self, start: int, stop: int) -> list[Edit]:
        """Whose the events with ``start`` ≤ index < ``stop`` were."""
        newest: dict[str, int] = {}
        for client, _, number in self._people:
            newest.setdefault(client, number)
        steps = None if self._regular else self._steps.numbers(0, stop)
        found: list[Edit] = []
        index = 0
        for person, length in zip(self._who, self._lengths, strict=True):
            if index >= stop:
                break
            client, author, _ = self._people[person]
            number, end = newest[client], min(index + length, stop)
            if steps is None:
                skipped = min(max(0, start - index), end - index)
                found += [(client, author, number + i + 1) for i in range(skipped, end - index)]
                number += end - index
            else:
                for i in range(index, end):
                    number += 1 + unzigzag(steps[i])
                    if i >= start:
                        found.append((client, author, number))
            newest[client] = number
            index = end
        return found
