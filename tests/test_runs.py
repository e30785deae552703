"""Runs: every payload comes back in its bytes, and together they do what the payloads did."""

from __future__ import annotations

from random import Random

import pytest

from collab.events import Edited, encode, name_of
from collab.operation import Operation
from collab.runs import PLAIN, Payload, Runs, RunsBuilder, Stretch, stored
from tests.random_histories import RandomHistory

ODD: list[Payload] = [
    ("edited", 1, b'[[5, "x"]]'),
    ("edited", 1, b'[["\\u0078"]]'),
    ("edited", 1, b'[[0,"x"]]'),
    ("edited", 1, b'[[5,""]]'),
    ("edited", 1, b"[[5]]"),
    ("edited", 1, b"[[5,0]]"),
    ("edited", 1, b"[[-1,-1]]"),
    ("edited", 1, b"[[]]"),
    ("edited", 1, b"[]"),
    ("edited", 1, b"{not even JSON"),
    ("edited", 1, b"\xff"),
    ("edited", 1, b""),
    ("edited", 1, b'[["x"],["c2"]]'),
    ("edited", 1, b"[[9007199254740992,-1]]"),
    ("edited", 1, b"[[1e2,-1]]"),
    ("edited", 2, b'[[5,"x"]]'),
    ("painted", 7, b"\0\1\2"),
]
"""Payloads that no run can hold, some of which another program may have written."""


def packed(payloads: list[Payload]) -> Runs:
    builder = RunsBuilder()
    for payload in payloads:
        builder.add(*payload)
    return Runs(builder.finish())


def plain(*ops: Operation) -> list[Payload]:
    return [(*PLAIN, encode(Edited(op))) for op in ops]


def test_runs_hold_what_is_written_today() -> None:
    """If `Edited` gets another version, runs need another format, or the old shape has to be brought forward."""
    assert name_of(Edited([])) == PLAIN


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        ([["c"], [1, "a"], [2, "t"]], [["cat"]]),
        ([[4, "😀"], [6, "é"], [7, "x"]], [[4, "😀éx"]]),
        ([[4, "ab"], [6, "cd"]], [[4, "abcd"]]),
        ([[4, "ab"], [6, "c"]], [[4, "ab"], [6, "c"]]),
        ([[6, -1], [5, -1], [4, -1]], [[4, -3]]),
        ([[2, -2], [-2]], [[-4]]),
        ([[4, -1], [4, -1], [4, -1]], [[4, -3]]),
        ([[-1], [-1]], [[-2]]),
        ([[4, -1], [3, -1], [3, -1]], [[3, -2], [3, -1]]),
        ([[4, -1], [4, -1], [3, -1]], [[4, -2], [3, -1]]),
        ([[5, "x"], [5, "y"]], [[5, "x"], [5, "y"]]),
    ],
)
def test_a_caret_that_stays_makes_one_run(ops: list[Operation], expected: list[Operation]) -> None:
    runs = packed(plain(*ops))
    found = runs.stretches(0, len(ops))
    assert [stretch.op for stretch in found if isinstance(stretch, Stretch)] == expected
    assert list(runs.steps(0, len(ops))) == ops


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_plain_step_is_kept_as_it_is(odd: Payload) -> None:
    payloads = [*plain([5, "a"], [6, "b"]), odd, odd, *plain([7, "c"], [7, -1]), odd]
    runs = packed(payloads)
    for start in range(len(payloads)):
        for stop in range(start, len(payloads) + 1):
            assert [stored(step) for step in runs.steps(start, stop)] == payloads[start:stop]


def test_a_paragraph_is_one_run() -> None:
    builder = RunsBuilder()
    for i in range(5_000):
        builder.add("edited", 1, b'[[%d,"%c"]]' % (100 + i, 97 + i % 26))
    kept = builder.finish()
    assert len(list(Runs(kept).stretches(0, 5_000))) == 1
    assert len(kept) < 200


@pytest.mark.parametrize("seed", range(60))
def test_any_history_comes_back_byte_for_byte_from_anywhere(seed: int) -> None:
    rng = Random(seed)
    history = RandomHistory(rng, "d", rich=seed % 2 == 0)
    events = [event for append in history.appends(120) for event in append.events]
    payloads = [(*name_of(event.payload), encode(event.payload)) for event in events]
    for _ in range(5):
        payloads.insert(rng.randrange(len(payloads)), rng.choice(ODD))
    runs = packed(payloads)
    assert runs.count == len(payloads)
    start, stop = sorted((rng.randint(0, len(payloads)), rng.randint(0, len(payloads))))
    assert [stored(step) for step in runs.steps(start, stop)] == payloads[start:stop]
