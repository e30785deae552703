"""The bridge carries edits as meeting them pair by pair would, only faster."""

from __future__ import annotations

from random import Random

import pytest

from collab.bridge import OTHER, Bridge, ForeignEdit, shape
from collab.meeting import cross
from collab.operation import Operation, Text, apply, span
from tests.random_operations import boundaries, random_operation, random_text

ME = "client-m"
OTHERS = ["client-a", "client-b", "client-y", "client-z"]


class PairByPair:
    """The bridge as `collab.meeting` defines it."""

    def __init__(self) -> None:
        self.foreign: list[tuple[ForeignEdit, Operation, bool]] = []

    def append(self, edit: ForeignEdit) -> None:
        self.foreign.append((edit, edit.op or [], ME in edit.leans))

    def cross(self, op: Operation) -> tuple[Operation, set[str]]:
        carried = []
        leans: set[str] = set()
        for edit, foreign, foreign_leans in self.foreign:
            crossed = cross(
                op,
                foreign,
                mine_left=edit.client > ME,
                mine_leans=edit.client in leans,
                theirs_leans=foreign_leans,
            )
            op = crossed.mine
            if crossed.mine_leans:
                leans.add(edit.client)
            carried.append((edit, crossed.theirs, crossed.theirs_leans))
        self.foreign = carried
        return op, leans


def one_step(random: Random, text: Text) -> Operation:
    """A plain insert or delete, in so short a text that edits meet."""
    offsets = boundaries(text)
    i = random.randrange(len(offsets))
    before: Operation = [offsets[i]] if i else []
    if random.random() < 0.5 and i < len(offsets) - 1:
        end = random.randint(i + 1, min(i + 4, len(offsets) - 1))
        return [*before, offsets[i] - offsets[end]]
    return [*before, random.choice(["x", "yy", "é", "😀"])]


class Typing:
    """Somebody types on a text of their own while others change the newest; both bridges are kept and compared."""

    def __init__(self, random: Random, *, any_operation: float) -> None:
        self.random = random
        self.any_operation = any_operation
        self.bridge, self.pairs = Bridge(ME), PairByPair()
        self.mine: Text = random_text(random, 9)
        self.newest: Text = self.mine
        self.seq = 0

    def edit_of(self, text: Text) -> Operation:
        if self.random.random() < self.any_operation:
            return random_operation(self.random, text, rich=True)
        return one_step(self.random, text)

    def others_edit(self) -> None:
        self.seq += 1
        leans = (ME,) if self.random.random() < 0.2 else ()
        op = None if self.random.random() < 0.05 else self.edit_of(self.newest)
        edit = ForeignEdit(self.seq, self.random.choice(OTHERS), op, leans)
        self.bridge.append(edit)
        self.pairs.append(edit)
        self.newest = apply(self.newest, op or [])

    def i_edit(self) -> None:
        op = self.edit_of(self.mine)
        crossing = self.bridge.cross(op)
        self.compare()  # nothing has changed before the crossing is accepted
        expected, leans = self.pairs.cross(op)
        assert crossing.op == expected
        assert crossing.leans == leans
        self.bridge.accept(crossing)
        self.mine, self.newest = apply(self.mine, op), apply(self.newest, expected)

    def i_catch_up(self) -> None:
        seen = self.random.randint(0, self.seq)
        for edit, foreign, _ in self.pairs.foreign:
            if edit.seq <= seen:
                self.mine = apply(self.mine, foreign)
        self.bridge.drop(seen)
        self.pairs.foreign = [entry for entry in self.pairs.foreign if entry[0].seq > seen]

    def compare(self) -> None:
        foreign = [(edit.client, op) for edit, op, _ in self.pairs.foreign]
        assert self.bridge.operations() == foreign
        assert len(self.bridge) == len(foreign)
        assert self.bridge.growth == sum(span(op)[1] for _, op in foreign)


@pytest.mark.parametrize("any_operation", [0.0, 0.1, 0.7])
def test_a_bridge_carries_edits_as_meeting_pair_by_pair_does(any_operation: float) -> None:
    for seed in range(600):
        typing = Typing(Random(seed), any_operation=any_operation)
        for _ in range(24):
            step = typing.random.choices([typing.others_edit, typing.i_edit, typing.i_catch_up], [6, 4, 1])[0]
            step()
            typing.compare()


def test_what_is_one_insert_or_delete_is_told_from_the_rest() -> None:
    assert shape([3, "ab😀"]) == (3, 4)
    assert shape(["x"]) == (0, 1)
    assert shape([7, -2]) == (7, -2)
    assert shape(None) == shape([]) == (0, 0)
    several: list[Operation] = [
        [-1, "x"],
        [1, "x", 2, -1],
        [{"retain": 2, "attributes": {"b": 1}}],
        [1, {"insert": {"i": 1}}],
    ]
    for other in several:
        assert shape(other)[0] == OTHER
    assert shape([1, "abc", -1]) == (OTHER, 2)
