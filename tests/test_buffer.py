"""The rope under live documents, against plain strings."""

from __future__ import annotations

from array import array
from random import Random

import pytest

from collab import units
from collab.buffer import TextBuffer
from collab.errors import PastEnd, SplitsPair
from collab.operation import Operation, apply, normalize
from collab.rope import Rope
from tests.random_operations import boundaries, random_operation, random_text


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks so small that a short text has many groups."""
    monkeypatch.setattr(Rope, "CHUNK", 8)
    monkeypatch.setattr(Rope, "GROUP", 3)


def far_reaching(rng: Random, text: str) -> Operation:
    offsets = boundaries(text)
    start = rng.randrange(len(offsets))
    end = rng.randint(start, len(offsets) - 1)
    removed = offsets[end] - offsets[start] if rng.random() < 0.5 else 0
    return normalize([offsets[start], -removed, random_text(rng, 50)])


@pytest.mark.usefixtures("small_chunks")
def test_edits_anywhere_give_what_strings_give() -> None:
    for seed in range(150):
        rng = Random(seed)
        text = random_text(rng, 60)
        rope = TextBuffer(text)
        for _ in range(40):
            op = far_reaching(rng, text) if rng.random() < 0.5 else random_operation(rng, text)
            text = apply(text, op)  # type: ignore[assignment]
            rope.check(op)
            rope.apply(op)
            assert (rope.text(), rope.length) == (text, units.length(text)), seed


@pytest.mark.usefixtures("small_chunks")
def test_the_text_of_now_can_be_had_later() -> None:
    rng = Random(1)
    text = random_text(rng, 100)
    rope = TextBuffer(text)
    expected = []
    for _ in range(50):
        expected.append((text, rope.later()))
        op = random_operation(rng, text)
        text = apply(text, op)  # type: ignore[assignment]
        rope.apply(op)
    assert [later() for _, later in expected] == [then for then, _ in expected]


@pytest.mark.usefixtures("small_chunks")
def test_every_pair_is_known() -> None:
    text = random_text(Random(5), 200)
    buffer = TextBuffer(text)
    whole = set(boundaries(text))
    for place in range(1, buffer.length):
        if place in whole:
            buffer.check([place, "x"])
        else:
            with pytest.raises(SplitsPair):
                buffer.check([place, "x"])


@pytest.mark.usefixtures("small_chunks")
def test_any_piece_can_be_had_while_it_is_edited() -> None:
    rng = Random(3)
    numbers = list(range(200))
    long = Rope(array("q", numbers))
    for _ in range(400):
        place = rng.randint(0, len(numbers))
        removed = rng.randint(0, min(30, len(numbers) - place))
        if removed:
            assert list(long.piece(place, removed)) == numbers[place : place + removed]
        inserted = [rng.randrange(1_000) for _ in range(rng.choice([0, 1, 1, 40]))]
        long.splice(place, removed, array("q", inserted))
        numbers[place : place + removed] = inserted
        assert (long.length, [n for chunk in long.chunks() for n in chunk]) == (len(numbers), numbers)


def test_check_refuses_what_does_not_fit() -> None:
    rope = TextBuffer("a😀b")
    with pytest.raises(PastEnd):
        rope.check([5, "x"])
    with pytest.raises(PastEnd):
        rope.check([2 + 1, -2])
    with pytest.raises(SplitsPair):
        rope.check([2, "x"])
    with pytest.raises(SplitsPair):
        rope.check([1, -1])
    with pytest.raises(SplitsPair):
        rope.check([{"retain": 2, "attributes": {"bold": True}}])
    rope.check([1, -2, "x"])


def test_an_emptied_buffer_can_be_filled_again() -> None:
    rope = TextBuffer("x" * 10_000)
    rope.apply([-10_000])
    assert (rope.text(), rope.length) == ("", 0)
    rope.apply(["again"])
    assert rope.text() == "again"
