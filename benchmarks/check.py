"""``make bench-check``: has anything become slow?

Each check takes a ratio against a naive reference, both measured now and on this machine, so that a slow machine
fails nothing. The bounds are generous: about twice what was measured when they were written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from timeit import repeat

from benchmarks.buffer import rope_and_splice
from benchmarks.fold import splice_all
from benchmarks.measure import best
from benchmarks.peers import load
from benchmarks.peers.peers import PEERS, Peer
from benchmarks.peers.server import Server
from benchmarks.transform import CASES
from collab.fold import fold
from collab.operation import Operation, transform
from collab.operation.transform import transform_general

TEXT_UNITS = 100_000
FOLDED_RUNS, RUN_LETTERS = 2_000, 30
TRANSFORMS = 50_000
ROUNDS = 3
SECONDS = 2.0


@dataclass(frozen=True)
class Check:
    """``ratio`` gives how much of the reference's time, or cost, ours takes; ``most`` is how much it may."""

    name: str
    most: float
    ratio: Callable[[], float]


def folding() -> float:
    """Folding what was typed into a long text, a word here and there, over a splice of the string for each edit."""
    chance = Random(1)
    edits: list[Operation] = []
    for place in chance.choices(range(1, TEXT_UNITS), k=FOLDED_RUNS):
        edits += [[place + letter, "x"] for letter in range(RUN_LETTERS)]
    ops: list[Operation] = [["a" * TEXT_UNITS], *edits]
    assert fold(ops) == splice_all(ops)
    return best(lambda: fold(ops)) / best(lambda: splice_all(ops))


def transforming() -> float:
    """The fast path over the general one, in the case where it gains least."""
    ratios = []
    for _, op, other in CASES:
        fast = min(repeat(lambda op=op, other=other: transform(op, other, "left"), number=TRANSFORMS))  # type: ignore[misc]
        general = min(
            repeat(lambda op=op, other=other: transform_general(op, other, "left"), number=TRANSFORMS)  # type: ignore[misc]
        )
        ratios.append(fast / general)
    return max(ratios)


def inserting() -> float:
    """An insert at a random place of 5 MB, over a splice of the string."""
    rope, splice = rope_and_splice("random")
    return rope / splice


def serving(writers: int) -> Callable[[], float]:
    """The time an edit takes on a busy document with so many writers, over that of the naive server; in turns."""

    def ratio() -> float:
        return median(
            _edit_seconds(PEERS["collab"], writers) / _edit_seconds(NAIVE, writers) for _ in range(ROUNDS)
        )

    return ratio


def _naive(port: int, storage: Path) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("naive_server.py")), str(port), str(storage)]


NAIVE = Peer("naive", "the naive server", "collab", _naive)


def _edit_seconds(peer: Peer, writers: int) -> float:
    with Server(peer) as server:
        options = {"clients": writers, "writers": writers, "seconds": SECONDS}
        measured = load.run(peer.protocol, server.port, server.pid, mode="closed", **options)
        return 1 / float(measured["phases"][0]["edits_per_second"])


CHECKS = (
    Check("fold 60,000 edits of 100,000 units / str splices", 1 / 8, folding),
    Check("transform, fast path / general", 1 / 2, transforming),
    Check("insert into 5 MB / str splice", 1 / 50, inserting),
    Check("an edit with 16 writers / naive server", 1 / 2, serving(16)),
    Check("an edit with 64 writers / naive server", 1 / 4, serving(64)),
)


def main() -> int:
    broken = 0
    for check in CHECKS:
        ratio = check.ratio()
        slow = ratio > check.most
        broken += slow
        verdict = "TOO SLOW" if slow else "fine"
        print(f"{check.name:52} 1/{1 / ratio:<7.1f} at most 1/{1 / check.most:<5.0f} {verdict}", flush=True)
    if broken:
        print(f"{broken} of {len(CHECKS)} bounds are broken", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
