"""When it is time for a snapshot: what was done is weighed."""

from __future__ import annotations

import pytest

from collab.operation import Operation
from collab.snapshotting import MOVE_WEIGHT, Scales


def weight(*ops: Operation) -> int:
    scales = Scales()
    for op in ops:
        scales.add(op)
    return scales.weight


@pytest.mark.parametrize(
    ("ops", "moves", "text"),
    [
        ([["a"], [1, "bc"], [3, "d"]], 0, 4),
        ([[9, "a"], [10, "b"]], 1, 2),
        ([["abc"], [2, -1], [1, -1], [-1]], 0, 6),
        ([["abc"], [1, -1], [1, -1]], 1, 5),
        ([[5, -1], [5, -1], [5, -1]], 1, 3),
        ([["a"], [7, "b"], ["c"]], 2, 3),
        ([["a", 5, "b"]], 1, 2),
        ([["ab"], [2, {"insert": "cd", "attributes": {"bold": True}}]], 1, 4),
        ([[{"retain": 3, "attributes": {"bold": True}}]], 1, 3),
        ([[{"insert": {"image": "x"}}]], 1, 1),
        ([[]], 0, 0),
    ],
)
def test_a_caret_that_stays_weighs_what_it_types_and_one_that_moves_more(
    ops: list[Operation], moves: int, text: int
) -> None:
    assert weight(*ops) == moves * MOVE_WEIGHT + text


def test_what_is_replayed_as_one_run_weighs_as_much_as_what_it_was_typed_as() -> None:
    typed: list[Operation] = [[40 + i, "x"] for i in range(100)]
    assert weight(*typed) == weight([40, "x" * 100])
