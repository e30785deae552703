"""What others did, as one operation in pieces."""

from __future__ import annotations

from random import Random

import pytest

from collab.missed import Missed, composed
from collab.operation import Operation, Text, apply, compose
from tests.merges import after, listed
from tests.random_operations import random_operation, random_rich_text, random_text

RUNS = 400


def random_edits(rng: Random, text: Text, most: int, *, rich: bool) -> list[Operation]:
    ops: list[Operation] = []
    for _ in range(rng.randint(0, most)):
        ops.append(random_operation(rng, text, rich=rich))
        text = apply(text, ops[-1])
    return ops


@pytest.mark.parametrize("rich", [False, True])
def test_operations_taken_in_are_one_operation_with_their_effect(rich: bool) -> None:
    for seed in range(RUNS):
        rng = Random(seed)
        text: Text = random_rich_text(rng, 6) if rich else random_text(rng, 20)
        ops = random_edits(rng, text, 8, rich=rich)
        assert listed(apply(text, composed(ops))) == listed(after(text, ops)), seed


def test_it_takes_in_as_compose_does_but_inserts_before_what_was_deleted() -> None:
    assert compose([-3], ["B"]) == [-3, "B"]
    assert composed([[-3], ["B"]]) == ["B", -3]
    assert composed([["B", -3]]) == ["B", -3]
    assert composed([[-3, "B"]]) == [-3, "B"]


@pytest.mark.parametrize("rich", [False, True])
def test_edits_carried_over_it_meet_it_in_one_text(rich: bool) -> None:
    for seed in range(2 * RUNS):
        rng = Random(seed)
        text: Text = random_rich_text(rng, 5) if rich else random_text(rng, 15)
        missed = Missed()
        theirs = random_edits(rng, text, 6, rich=rich)
        for op in theirs:
            missed.take(op, left=rng.random() < 0.5)
        if rng.random() < 0.5:
            missed.settle()
        mine = random_edits(rng, text, 6, rich=rich)
        carried = [missed.carry(op) for op in mine]
        one, other = apply(after(text, mine), missed.operation()), after(after(text, theirs), carried)
        assert listed(one) == listed(other), seed


def test_settling_changes_nothing_but_the_number_of_pieces() -> None:
    missed = Missed()
    for place in range(50):
        missed.take([place, "x"] if place else ["x"], left=False)
    before = missed.operation()
    missed.settle()
    assert missed.operation() == before == ["x" * 50]


def carry(theirs: list[tuple[Operation, bool]], *mine: Operation) -> list[Operation]:
    missed = Missed()
    for op, left in theirs:
        missed.take(op, left=left)
    missed.settle()
    return [missed.carry(op) for op in mine]


def test_at_one_place_the_side_decides() -> None:
    assert carry([([2, "ab"], True)], [2, "x"]) == [[4, "x"]]
    assert carry([([2, "ab"], False)], [2, "x"]) == [[2, "x"]]


def test_an_own_insert_stands_between_those_who_go_left_and_those_who_go_right() -> None:
    assert carry([([2, "l"], True), ([3, "r"], False)], [2, "x"]) == [[3, "x"]]
    # Whoever came first draws the border, and what comes later beside it stays on that side.
    assert carry([([2, "r"], False), ([3, "l"], True)], [2, "x"]) == [[2, "x"]]
    assert carry([([2, "l"], True), ([2, "r"], False)], [2, "x"]) == [[4, "x"]]


def test_what_stands_behind_text_that_the_others_retyped_stays_behind_it() -> None:
    for left in (True, False):
        assert carry([([7, -1], left), ([7, "!"], left)], [8, "Yes"]) == [[8, "Yes"]]


def test_what_others_typed_behind_text_that_is_retyped_here_stays_behind_it() -> None:
    for left in (True, False):
        assert carry([([8, "Yes"], left)], [7, -1], [7, "!"]) == [[7, -1], [7, "!"]]


def test_what_others_typed_before_text_that_is_deleted_here_does_not_lean() -> None:
    assert carry([([7, "Yes"], True)], [7, -1], [7, "!"]) == [[10, -1], [10, "!"]]


def test_a_deletion_goes_around_what_others_inserted_and_leaves_out_what_they_deleted() -> None:
    assert carry([([2, "XY"], True)], [1, -3]) == [[1, -1, 2, -2]]
    assert carry([([2, -2], True)], [1, -4]) == [[1, -2]]
    assert carry([([1, -4], True)], [1, -4]) == [[]]


def test_the_winner_of_an_attribute_is_the_side_that_goes_left() -> None:
    theirs: Operation = [1, {"retain": 2, "attributes": {"bold": True, "link": "x"}}]
    mine: Operation = [2, {"retain": 2, "attributes": {"bold": None}}]
    assert carry([(theirs, False)], mine) == [[2, {"retain": 2, "attributes": {"bold": None}}]]
    assert carry([(theirs, True)], mine) == [[3, {"retain": 1, "attributes": {"bold": None}}]]
