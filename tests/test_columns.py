"""Columns of numbers: what goes in comes out, from anywhere."""

from __future__ import annotations

import zlib
from random import Random

import pytest

from collab.columns import Column, deflate, inflate, pack, unzigzag, zigzag


def random_numbers(rng: Random) -> list[int]:
    bits = rng.choice([0, 1, 7, 8, 11, 12, 13, 20, 40, 64])
    return [rng.getrandbits(bits) if rng.random() < 0.7 else 0 for _ in range(rng.randint(0, 60))]


@pytest.mark.parametrize("seed", range(200))
def test_numbers_come_back_from_anywhere(seed: int) -> None:
    rng = Random(seed)
    numbers = random_numbers(rng)
    column = Column(pack(numbers), len(numbers))
    assert column.numbers() == numbers
    start, stop = sorted((rng.randint(0, len(numbers)), rng.randint(0, len(numbers))))
    assert column.numbers(start, stop) == numbers[start:stop]
    assert column.total(stop) == sum(numbers[:stop])
    totals = [7 + sum(numbers[: i + 1]) for i in range(len(numbers))]
    assert column.running(start, stop, origin=7) == totals[start:stop]


def test_zeros_take_no_room() -> None:
    assert pack([0] * 10_000) == []


@pytest.mark.parametrize("number", [-1, 2**64])
def test_what_is_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        pack([1, number])


@pytest.mark.parametrize("number", [0, 1, -1, 2**62, -(2**63)])
def test_zigzag_is_undone(number: int) -> None:
    assert unzigzag(zigzag(number)) == number


def test_planes_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="match"):
        Column(pack([1, 2, 3]), 4)
    with pytest.raises(ValueError, match="match"):
        Column(pack([1, 2, 3])[:1], 3)


def test_what_was_not_deflated_is_refused() -> None:
    assert inflate(deflate(b"abc" * 100)) == b"abc" * 100
    with pytest.raises(zlib.error):
        inflate(b"\xff\xff")
