"""Long offline work to measure on: a text, what one client made of it alone, and what others did meanwhile."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import msgspec

from benchmarks.measure import HISTORIES
from collab.fold import fold
from collab.operation import Operation
from collab.operation.coalesce import single

BASE = 60_000
"""Units of the text before the two part, for the made-up cases."""

OFFLINE = HISTORIES / "offline-merge-git-makefile.json.gz"
PAPER = HISTORIES / "automerge-paper.json.gz"


class Case(msgspec.Struct, frozen=True):
    """``mine`` and ``theirs`` are edits of ``base``; ``end`` is the hash of the merged text, where it is known."""

    name: str
    base: str
    mine: list[Operation]
    theirs: list[Operation]
    end: str | None = None


def cases() -> Iterator[Case]:
    """Those of the histories that are there, and the scattered ones."""
    if OFFLINE.exists():
        yield from from_git()
    if PAPER.exists():
        text, edits = paper()
        for count in (1_000, 10_000, 40_000):
            theirs = fitted(edits[-2 * count : -count], len(text))
            yield Case(f"typing, {count:,} × {count:,}", text, edits[:count], theirs)
    for count in (1_000, 10_000, 40_000):
        name = f"scattered, {count:,} × {count:,}"
        yield Case(name, "x" * BASE, scattered(Random(1), count, BASE), scattered(Random(2), count, BASE))


def from_git() -> Iterator[Case]:
    """Two branches of a real Makefile, change by change and letter by letter."""
    for case in json.loads(gzip.decompress(OFFLINE.read_bytes()))["cases"]:
        base, merged = case["base"]["text"], case["merged"]
        end = merged["sha256"] if merged["contestedGaps"] == 0 else None
        mine, theirs = (list(patches(case[side]["txns"])) for side in "AB")
        yield Case(f"Makefile, {case['name']}", base, mine, theirs, end)
        yield Case("… letter by letter", base, list(letters(mine)), list(letters(theirs)), end)


def patches(transactions: list[dict[str, Any]]) -> Iterator[Operation]:
    for transaction in transactions:
        for place, removed, inserted in transaction["patches"]:
            steps = [place, -removed, inserted]
            yield [step for step in steps if step]


def letters(ops: Iterable[Operation]) -> Iterator[Operation]:
    """Each change as one edit for each letter deleted or typed."""
    for op in ops:
        place = op[0] if isinstance(op[0], int) and op[0] > 0 else 0
        assert isinstance(place, int)
        for step in op:
            if isinstance(step, str):
                for letter in step:
                    yield written(place, letter)
                    place += 1
            elif isinstance(step, int) and step < 0:
                yield from (written(place, -1) for _ in range(-step))


def written(place: int, step: int | str) -> Operation:
    return [place, step] if place else [step]


def paper() -> tuple[str, list[Operation]]:
    """The first `BASE` letters or so of a paper that was recorded as it was written, and all edits from there on."""
    edits = list(patches(json.loads(gzip.decompress(PAPER.read_bytes()))["txns"]))
    length = at = 0
    while length < BASE:
        step = edits[at][-1]
        length += step if isinstance(step, int) else 1
        at += 1
    text = fold(edits[:at])
    assert isinstance(text, str)
    return text, edits[at:]


def fitted(edits: Iterable[Operation], length: int) -> list[Operation]:
    """Edits made on a longer text, put where there is a place for them in one of ``length`` units."""
    result = []
    for op in edits:
        edit = single(op)
        assert edit is not None
        place, step = edit
        place %= length
        if isinstance(step, int):
            place = min(place, length + step)
            length += step
        else:
            length += len(step)
        result.append(written(place, step))
    return result


def scattered(rng: Random, count: int, length: int) -> list[Operation]:
    """One letter typed or deleted here, one there: nothing that could be joined to runs."""
    result = []
    for _ in range(count):
        place = rng.randrange(length)
        types = rng.random() < 0.6
        result.append(written(place, "y" if types else -1))
        length += 1 if types else -1
    return result


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
