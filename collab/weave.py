"""Where each unit of a text came from, and where the units of an older one went.

The text is folded not as letters but as *labels*: each unit that was there at first has its place as its label, and
each unit inserted since has the number of the event that inserted it.

    version 2   h a t      #0 #1 #2
    version 3   [1, "e"]   #0  3 #1 #2
    version 4   [2, -1]    #0  3 #2         and #1 was deleted by event 4

So one fold says of any text who wrote what, and of any two versions what was kept, inserted and deleted on the way
from one to the other. It takes a rope of numbers, and is about as quick as folding the text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from collab import units
from collab.chapters import Chapter
from collab.rope import Rope
from collab.runs import Stretch

KEPT = 0
"""In place of an event's number: none has deleted this unit."""

_BASE = -(2**62)
"""The label of the first unit of the base text. Those of the others follow, and the numbers of events are far away."""


class Strand(NamedTuple):
    """``length`` units next to each other which came from one event (``step`` 0), or from as many events in a row.

    ``origin`` is the number of the first event; or, where ``inserted`` is false, the units were next to each other in
    the base text too, from that place on.
    """

    length: int
    origin: int
    step: int
    inserted: bool


class _Labels(Rope["array[int]"]):
    """A unit's label takes eight bytes, so chunks of them are shorter."""

    __slots__ = ()

    CHUNK = 1024


class Weave:
    """The labels of a text that has ``length`` units at first, and of what becomes of it.

    >>> weave = Weave(3)
    >>> weave.add(Chapter(3, [Stretch([1, "e"]), Stretch([2, -1])], [("ana", 2)], [0, 0]))
    >>> [(strand.length, strand.origin, strand.inserted) for strand in weave.strands()], list(weave.deleted)
    ([(1, 0, False), (1, 3, True), (1, 2, False)], [0, 4, 0])
    """

    def __init__(self, length: int = 0) -> None:
        self.deleted = array("q", bytes(8 * length))
        """For each unit of the base text the event that deleted it, or `KEPT`."""
        self._labels = _Labels(array("q", range(_BASE, _BASE + length)))

    def add(self, chapter: Chapter) -> None:
        """Take in what was done next."""
        seq = chapter.first
        for stretch in chapter.stretches:
            self._apply(stretch, seq)
            seq += stretch.count

    def _apply(self, stretch: Stretch, seq: int) -> None:
        place = 0
        for step in stretch.op:
            if isinstance(step, int):
                if step > 0:
                    place += step
                else:
                    self._delete(place, -step, stretch, seq)
            elif isinstance(step, dict) and "retain" in step:
                place += step["retain"]
            else:
                content = step["insert"] if isinstance(step, dict) else step
                labels = _labels(content, stretch, seq)
                self._labels.splice(place, 0, labels)
                place += len(labels)

    def _delete(self, place: int, length: int, stretch: Stretch, seq: int) -> None:
        if self.deleted:
            each = length // stretch.count
            for i, label in enumerate(self._labels.piece(place, length)):
                if label < 0:
                    done = i // each
                    self.deleted[label - _BASE] = seq + (
                        stretch.count - 1 - done if stretch.backwards else done
                    )
        self._labels.splice(place, length, array("q"))

    def strands(self) -> Iterator[Strand]:
        """The text as it is now, from its start to its end. What one event inserted isn't cut in two by a strand unless
        it was by others: no character is."""
        length = first = last = step = 0
        for label in chain.from_iterable(self._labels.chunks()):
            ahead = label - last
            if length and (ahead == step if length > 1 else 0 <= ahead <= 1):
                length += 1
                step = ahead
            elif length and not ahead:
                # The unit before belongs with this one, and not to the row of single ones that it ended.
                yield _strand(length - 1, first, step)
                length, first, step = 2, label, 0
            else:
                if length:
                    yield _strand(length, first, step)
                length, first, step = 1, label, 0
            last = label
        if length:
            yield _strand(length, first, step)


def _strand(length: int, label: int, step: int) -> Strand:
    inserted = label > 0
    return Strand(length, label if inserted else label - _BASE, step if length > 1 else 0, inserted)


def _labels(content: object, stretch: Stretch, seq: int) -> array[int]:
    """The labels of ``content``, which the events of ``stretch``, from ``seq`` on, inserted."""
    if not isinstance(content, str):
        return array("q", (seq,))
    count = stretch.count
    if count == 1:
        return array("q", (seq,)) * units.length(content)
    if count == len(content) and content.isascii():
        return array("q", range(seq, seq + count))
    labels = array("q")
    for number, length in enumerate(stretch.inserted(), seq):
        labels.extend(array("q", (number,)) * length)
    return labels
