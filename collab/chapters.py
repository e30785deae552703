"""A part of a document's history for those who want to know what was done, by whom and when, at a glance.

Most questions about a history, such as who wrote what, can do without each event by itself: people type at one caret
for a while, and a chapter says so once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collab.events import Event
from collab.operation import amounts
from collab.runs import Stretch


class Deed(NamedTuple):
    """Event ``seq``: who did it and when, whether it ``edits`` the content, and how many units came and went."""

    seq: int
    author: str
    at: int
    edits: bool
    inserted: int
    deleted: int


class Chapter(NamedTuple):
    """The events from seq ``first`` on: their ``stretches``, the authors in ``turns``, each with how many events in a
    row are theirs, and the ``times`` of all."""

    first: int
    stretches: list[Stretch]
    turns: list[tuple[str, int]]
    times: list[int]

    @property
    def last(self) -> int:
        return self.first + len(self.times) - 1

    def deeds(self) -> Iterator[Deed]:
        """The events one by one, as far as it matters how much they did.

        >>> chapter = Chapter(1, [Stretch(["hi"], 2), Stretch([-2])], [("ana", 2), ("bo", 1)], [5, 6, 7])
        >>> [(deed.author, deed.inserted, deed.deleted) for deed in chapter.deeds()]
        [('ana', 1, 0), ('ana', 1, 0), ('bo', 0, 2)]
        """
        amounts = (amount for stretch in self.stretches for amount in _amounts(stretch))
        authors = (author for author, count in self.turns for _ in range(count))
        numbers = range(self.first, self.last + 1)
        for seq, author, at, amount in zip(numbers, authors, self.times, amounts, strict=True):
            yield Deed(seq, author, at, *amount)


def _amounts(stretch: Stretch) -> list[tuple[bool, int, int]]:
    """Of each of its events: whether it is an edit, and how many units it inserted and deleted."""
    whole, deleted = amounts(stretch.op)
    if stretch.count == 1:
        return [(bool(stretch.op), whole, deleted)]
    return [(True, inserted, deleted // stretch.count) for inserted in stretch.inserted()]


def chapter_of(events: Iterable[Event], *, first: int) -> Chapter:
    """The chapter of these events, which follow each other from ``first`` on."""
    chapter = Chapter(first, [], [], [])
    for event in events:
        chapter.stretches.append(Stretch(event.op or []))
        chapter.times.append(event.at)
        if chapter.turns and chapter.turns[-1][0] == event.author:
            chapter.turns[-1] = (event.author, chapter.turns[-1][1] + 1)
        else:
            chapter.turns.append((event.author, 1))
    return chapter
