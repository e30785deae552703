"""Who wrote what: the credits of a history, and the parts of a text with their authors."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

import msgspec

from collab.chapters import Chapter
from collab.weave import Strand, Weave


class Credits:
    """Who made the events after version ``after``, and when."""

    def __init__(self, after: int = 0) -> None:
        self._after = after
        self._authors: list[str] = []
        self._ends: list[int] = []
        self._times = array("q")

    def add(self, chapter: Chapter) -> None:
        """Take in the events that follow."""
        end = chapter.first - 1
        for author, count in chapter.turns:
            end += count
            self._authors.append(author)
            self._ends.append(end)
        self._times.fromlist(chapter.times)

    def author(self, seq: int) -> tuple[str, int]:
        """The author of event ``seq``, and the last event up to which they surely made all that follow."""
        turn = bisect_right(self._ends, seq - 1)
        return self._authors[turn], self._ends[turn]

    def at(self, seq: int) -> int:
        """The time of event ``seq``, in microseconds since 1970."""
        return self._times[seq - self._after - 1]


class Credit(msgspec.Struct, frozen=True):
    """Units next to each other that ``author`` dealt with, in the events from ``first`` to ``last`` of those times.

    Where there are several events, each dealt with one of the units, in the same order.
    """

    length: int
    author: str
    first: int
    last: int
    began: int
    ended: int


def blame(weave: Weave, credits: Credits) -> list[Credit]:
    """Who wrote each part of the text, from its start to its end.

    ``weave`` began with the empty text, and ``credits`` with its first event.
    """
    return [credit for strand in weave.strands() for credit in credited(strand, credits)]


def credited(strand: Strand, credits: Credits) -> Iterator[Credit]:
    """The parts of ``strand``, which came from events, each with its author."""
    length, seq, step, _ = strand
    while length > 0:
        author, end = credits.author(seq)
        taken = min(length, end - seq + 1) if step else length
        last = seq + step * (taken - 1)
        yield Credit(taken, author, seq, last, credits.at(seq), credits.at(last))
        length -= taken
        seq = last + 1
