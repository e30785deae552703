"""Edits of one author and of others that were made at once, for the tests of merging."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Literal

import msgspec

from collab.operation import Operation, Text, apply, normalize
from collab.rebase import Foreign, Rebased
from tests.random_operations import boundaries, random_operation, random_rich_text, random_text

Kind = Literal["inserting", "deleting", "one caret", "scattered", "several steps", "formatted"]
PLAIN: list[Kind] = ["inserting", "deleting", "one caret", "scattered"]
KINDS: list[Kind] = [*PLAIN, "several steps", "formatted"]
INSERTS = {"inserting": 0.8, "deleting": 0.3, "one caret": 0.65, "scattered": 0.5}

ME = "client-m"


class Author:
    """Makes edits of one kind; ``letters`` are what it types."""

    def __init__(self, rng: Random, kind: Kind, letters: str = "abcß😀") -> None:
        self._rng = rng
        self._kind = kind
        self._letters = letters
        self._caret = rng.randint(0, 20)

    def edit(self, text: Text) -> Operation:
        rng, kind = self._rng, self._kind
        if kind in ("several steps", "formatted"):
            return random_operation(rng, text, rich=kind == "formatted")
        offsets = boundaries(text)
        last = len(offsets) - 1
        moves = kind != "one caret" or rng.random() < 0.1
        at = rng.randint(0, last) if moves else min(self._caret, last)
        if rng.random() < INSERTS[kind] or last == 0:
            self._caret = at + 1
            return normalize([offsets[at], rng.choice(self._letters)])
        at = max(0, at - 1)
        end = min(last, at + (1 if rng.random() < 0.8 else 3))
        self._caret = at
        return normalize([offsets[at], offsets[at] - offsets[end]])


class Merge(msgspec.Struct, frozen=True):
    """``text``, and what `ME` and others made of it."""

    text: Text
    mine: list[Operation]
    theirs: list[Foreign]

    def seen(self) -> Text:
        """What I see: the text with my edits."""
        return after(self.text, self.mine)

    def newest(self) -> Text:
        """What the server has: the text with the others' edits."""
        return after(self.text, [foreign.op for foreign in self.theirs])

    def ends(self, rebased: Rebased) -> tuple[Text, Text]:
        """The text by way of mine, and by way of theirs."""
        return apply(self.seen(), rebased.theirs), after(self.newest(), rebased.mine)


def after(text: Text, ops: Sequence[Operation]) -> Text:
    for op in ops:
        text = apply(text, op)
    return text


def listed(text: Text) -> Operation:
    """A text that was formatted once and isn't any more may be a string or a list."""
    return text if isinstance(text, list) else [text] if text else []


def random_merge(
    rng: Random,
    kind: Kind,
    *,
    length: int = 12,
    edits: int = 8,
    others: Sequence[str] = ("client-a", "client-z"),
    mine: str = "abcß😀",
    theirs: str = "abcß😀",
) -> Merge:
    """Up to ``edits`` edits on either side; ``mine`` and ``theirs`` are the letters that either side types."""
    text: Text = random_rich_text(rng, length // 3) if kind == "formatted" else random_text(rng, length)
    authors = {name: Author(rng, kind, theirs) for name in others}
    foreign: list[Foreign] = []
    now = text
    for seq in range(1, rng.randint(1, edits) + 1):
        name = rng.choice(list(others))
        leans = (ME,) if rng.random() < 0.05 else ()
        foreign.append(Foreign(seq, name, authors[name].edit(now), leans))
        now = apply(now, foreign[-1].op)
    own: list[Operation] = []
    me, now = Author(rng, kind, mine), text
    for _ in range(rng.randint(1, edits)):
        own.append(me.edit(now))
        now = apply(now, own[-1])
    return Merge(text, own, foreign)
