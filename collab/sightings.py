"""When a text appeared in a document, and when it was gone again.

An edit can only make or destroy occurrences that it touches, so counting them in a window around it, before and after,
keeps the number for the whole text. People type at one caret for a while, and a run of such events is looked at as one,
unless the text could have come or gone inside it:

    one cat            "cat" once
    one cart           [6, "r"]: in the window "cat" once before, never after. The only one: it disappeared
    one cart, cat      a run of five, with "cat" in its window: looked at letter by letter; with the "t" it appeared
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal

import msgspec

from collab import units
from collab.chapters import Chapter
from collab.operation import Operation, span
from collab.rope import Rope
from collab.runs import Stretch

_EMBED = "\udc00"
"""An embed in the text: half of a pair, of which the other half is never before it, so no text is found in it."""


class Sighting(msgspec.Struct, frozen=True):
    """With event ``seq`` the text ``appeared`` where it hadn't been anywhere, or the last occurrence ``disappeared``.

    ``offset`` is that of an occurrence: in this version, or, of one that disappeared, in the version before.
    """

    seq: int
    author: str
    at: int
    kind: Literal["appeared", "disappeared"]
    offset: int


class _Change(msgspec.Struct, frozen=True):
    """``removed`` units at ``place`` of the text before give way to ``inserted``, which is expanded."""

    place: int
    removed: int
    inserted: str


class Sightings:
    """What becomes of ``wanted``, at least one character, in a document that is empty at first.

    >>> sightings = Sightings("cat")
    >>> sightings.add(Chapter(1, [Stretch(["one cat"]), Stretch([6, "r"])], [("ana", 2)], [0, 0]))
    >>> [(each.kind, each.seq, each.offset) for each in sightings.found]
    [('appeared', 1, 4), ('disappeared', 2, 4)]
    """

    def __init__(self, wanted: str) -> None:
        self.found: list[Sighting] = []
        self._wanted = units.expand(wanted)
        self._reach = len(self._wanted) - 1
        self._text = Rope("")
        self._count = 0
        """Occurrences in the text, which may overlap."""
        self._chapter = Chapter(1, [], [], [])
        self._ends: list[int] = []

    def add(self, chapter: Chapter) -> None:
        """Take in the events that follow."""
        seq = chapter.first
        # Where each turn ends, added up once: authors may take turns event by event, and each be a sighting.
        self._chapter, self._ends = chapter, list(accumulate(count for _, count in chapter.turns))
        for stretch in chapter.stretches:
            if stretch.count > 1 and self._matters(stretch):
                for step, op in enumerate(_steps(stretch)):
                    self._take(op, seq + step)
            else:
                self._take(stretch.op, seq)
            seq += stretch.count

    def _matters(self, stretch: Stretch) -> bool:
        """Whether an occurrence could come or go in the middle of a run, while there is none elsewhere."""
        (change,) = _changes(stretch.op)
        left, right = self._around(change)
        removed = self._piece(change.place, change.removed)
        if self._count > self._occurrences(left + removed + right):
            return False
        varied = change.inserted + removed
        if removed and not stretch.backwards:
            return self._wanted in left + removed + right or self._crosses(left, varied + right, fixed="left")
        return self._wanted in left + varied + right or self._crosses(left + varied, right, fixed="right")

    def _crosses(self, left: str, right: str, *, fixed: Literal["left", "right"]) -> bool:
        """Whether the text could lie across the place between the two, of which one side stays and of the other some
        is there at a time. It may say yes for nothing."""
        for cut in range(1, self._reach + 1):
            head, tail = self._wanted[:cut], self._wanted[cut:]
            if fixed == "left" and left.endswith(head) and tail in right:
                return True
            if fixed == "right" and right.startswith(tail) and head in left:
                return True
        return False

    def _take(self, op: Operation, seq: int) -> None:
        """Apply what event ``seq`` did, or a run that begins with it and in which nothing comes or goes."""
        before = self._count
        gone: int | None = None
        come: int | None = None
        changes = list(_changes(op))
        # Of the text to the left of the next change: how much it has grown, and where it ends.
        shift = done = 0
        for number, change in enumerate(changes):
            place = change.place + shift
            here = _Change(place, change.removed, change.inserted)
            left, right = self._around(here)
            start = place - len(left)
            old = left + self._piece(place, change.removed) + right
            new = left + change.inserted + right
            if gone is None:
                found = old.find(self._wanted, max(0, done - start))
                gone = found + start - shift if found >= 0 else None
            self._text.splice(place, change.removed, change.inserted)
            shift += len(change.inserted) - change.removed
            done = place + len(change.inserted)
            following = changes[number + 1].place + shift if number + 1 < len(changes) else self._text.length
            if come is None:
                found = new.find(self._wanted, 0, following - start)
                come = found + start if found >= 0 else None
            self._count += self._occurrences(new) - self._occurrences(old)
        if not before and self._count:
            assert come is not None
            self.found.append(Sighting(seq, *self._deed(seq), "appeared", come))
        elif before and not self._count:
            assert gone is not None
            self.found.append(Sighting(seq, *self._deed(seq), "disappeared", gone))

    def _deed(self, seq: int) -> tuple[str, int]:
        """Whose event ``seq`` is, and from when."""
        index = seq - self._chapter.first
        author, _ = self._chapter.turns[bisect_right(self._ends, index)]
        return author, self._chapter.times[index]

    def _around(self, change: _Change) -> tuple[str, str]:
        """As much of the text on either side of a change as an occurrence could reach that touches it."""
        start = max(0, change.place - self._reach)
        end = change.place + change.removed
        return self._piece(start, change.place - start), self._piece(end, self._reach)

    def _piece(self, place: int, size: int) -> str:
        """As much of the text at ``place``, or less where it ends."""
        size = min(size, self._text.length - place)
        return self._text.piece(place, size) if size > 0 else ""

    def _occurrences(self, text: str) -> int:
        count = 0
        found = text.find(self._wanted)
        while found >= 0:
            count += 1
            found = text.find(self._wanted, found + 1)
        return count


def _changes(op: Operation) -> Iterator[_Change]:
    """What ``op`` does to the letters, from left to right; what is beside each other is one change."""
    place = removed = 0
    inserted: list[str] = []
    for step in op:
        covered, growth = span([step])
        if growth == 0:  # it is kept
            if removed or inserted:
                yield _Change(place, removed, "".join(inserted))
                place, removed, inserted = place + removed, 0, []
            place += covered
        elif growth < 0:
            removed += covered
        else:
            content = step["insert"] if isinstance(step, dict) else step
            inserted.append(units.expand(content) if isinstance(content, str) else _EMBED)
    if removed or inserted:
        yield _Change(place, removed, "".join(inserted))


def _steps(stretch: Stretch) -> Iterator[Operation]:
    """The events of a run one by one."""
    place, what = stretch.op if len(stretch.op) == 2 else (0, stretch.op[0])
    assert isinstance(place, int)
    if isinstance(what, str):
        each = len(what) // stretch.count
        for start in range(0, len(what), each):
            text = what[start : start + each]
            yield [place, text] if place else [text]
            place += units.length(text)
        return
    assert isinstance(what, int)
    size = -what // stretch.count
    for left in range(stretch.count - 1, -1, -1):
        at = place + size * left if stretch.backwards else place
        yield [at, -size] if at else [-size]
