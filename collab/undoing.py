"""Taking back what one author did in a part of a history, with everything since left as it is.

The history is folded forward with an operation beside it that leads from the text as it is to the text as it would be
without the author's edits:

    the text as it is     ──edit of another──▶      ──the author's──▶
           │ undo                    │ undo'                │ undo after invert
           ▼                         ▼                      ▼
    the text without      ──edit, carried────▶      ═══ the same text

An edit of another carries that operation along by `transform`; one of the author's has its inverse composed before it,
which leaves the text without them where it was. (The same as inverting each edit and carrying the inverse over all that
came later, as Prakash and Knister describe for undoing in groups, "A framework for undoing actions in collaborative
systems", 1994; only once for all of them.)
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from collab.chapters import Chapter
from collab.content import Content
from collab.events import Event
from collab.operation import Operation, Text, compose, invert, is_plain, normalize, span, transform
from collab.runs import Stretch


class Obstacle(msgspec.Struct, frozen=True):
    """What can't be taken back, because ``author`` was there before, in the events from ``first`` to ``last``: they
    deleted so many units that were to go, and formatted others, or deleted them, so that so many changes of formatting
    stay, each of one attribute of one unit."""

    author: str
    first: int
    last: int
    deleted: int
    formatted: int


class Undoing:
    """What it takes to take back ``author``'s edits, from the ``content`` before the first of them."""

    def __init__(self, author: str, content: Text) -> None:
        self.op: Operation = []
        """Leads from the text as it is to the one without the author's edits."""
        self.edits = 0
        """How many of them there are."""
        self.obstacles: list[Obstacle] = []
        self._author = author
        self._content = Content(content)

    def take(self, events: Iterable[Event]) -> None:
        """Take in events among which the author's are to be taken back."""
        for event in events:
            op = event.op
            if not op:
                continue
            if event.author == self._author:
                self.edits += 1
                self.op = compose(self._inverse(op), self.op)
            else:
                self._carry(op, event.author, event.seq, event.seq)
            self._content.apply(op)

    def pass_over(self, chapter: Chapter) -> None:
        """Take in what was done later, by whomever."""
        seq, end, author = chapter.first, chapter.first - 1, ""
        turns = iter(chapter.turns)
        for stretch in chapter.stretches:
            rest = stretch
            while rest.count:
                while end < seq:
                    author, count = next(turns)
                    end += count
                mine, rest = _split(rest, end - seq + 1)
                if mine.op and self.op:
                    self._carry(mine.op, author, seq, seq + mine.count - 1)
                seq += mine.count

    def _inverse(self, op: Operation) -> Operation:
        typed = is_plain(op) and all(isinstance(step, str) or step >= 0 for step in op)  # type: ignore[operator]
        # What only types is undone without a look at the text, which may be long.
        text = " " * span(op)[0] if typed else self._content.value()
        return invert(op, text)

    def _carry(self, op: Operation, author: str, first: int, last: int) -> None:
        before = deleted(self.op), formatted(self.op)
        # On the right: where somebody formatted or typed since, their will comes first.
        self.op = transform(self.op, op, "right")
        gone, changed = before[0] - deleted(self.op), before[1] - formatted(self.op)
        if gone or changed:
            self._note(Obstacle(author, first, last, gone, changed))

    def _note(self, obstacle: Obstacle) -> None:
        """Keep in mind what is in the way. Obstacles in a row that one author made are one."""
        if self.obstacles and self.obstacles[-1].author == obstacle.author:
            before = self.obstacles.pop()
            obstacle = Obstacle(
                obstacle.author,
                before.first,
                obstacle.last,
                before.deleted + obstacle.deleted,
                before.formatted + obstacle.formatted,
            )
        self.obstacles.append(obstacle)


def _split(stretch: Stretch, count: int) -> tuple[Stretch, Stretch]:
    """The first ``count`` events of ``stretch`` and the others, if it deletes; else all, who are in nobody's way."""
    left = stretch.count - count
    step = stretch.op[-1] if stretch.op else 0
    if left <= 0 or not isinstance(step, int):
        return stretch, Stretch([], 0)
    place = stretch.op[0] if len(stretch.op) == 2 else 0
    assert isinstance(place, int)
    first = step // stretch.count * count
    rest = step - first
    start = place - rest if stretch.backwards else place
    return Stretch(normalize([start, first]), count), Stretch(
        normalize([place, rest]), left, stretch.backwards
    )


def deleted(op: Operation) -> int:
    """How many units ``op`` deletes."""
    return -sum(step for step in op if isinstance(step, int) and step < 0)


def formatted(op: Operation) -> int:
    """How many changes of formatting ``op`` makes, each of one attribute of one unit."""
    return sum(
        step["retain"] * len(step["attributes"]) for step in op if isinstance(step, dict) and "retain" in step
    )
