"""The fast path of `transform` against the general one. Aim: at most 1/3."""

from __future__ import annotations

from timeit import repeat

from benchmarks.measure import show
from collab.operation import Operation, transform
from collab.operation.transform import transform_general

CASES: list[tuple[str, Operation, Operation]] = [
    ("insert, insert", [100, "x"], [50, "y"]),
    ("insert, insert at one place", [100, "x"], [100, "y"]),
    ("delete, insert", [100, -1], [50, "y"]),
    ("insert, delete", [100, "x"], [50, -1]),
    ("delete, delete", [100, -1], [50, -1]),
]
CALLS = 100_000


def run() -> None:
    rows = []
    for name, op, other in CASES:
        fast = min(repeat(lambda op=op, other=other: transform(op, other, "left"), number=CALLS, repeat=5))  # type: ignore[misc]
        general = min(
            repeat(lambda op=op, other=other: transform_general(op, other, "left"), number=CALLS, repeat=5)  # type: ignore[misc]
        )
        rows.append(
            [name, f"{fast / CALLS * 1e6:.2f}", f"{general / CALLS * 1e6:.2f}", f"1/{general / fast:.1f}"]
        )
    show("transform of two single-character edits", ["case", "fast, µs", "general, µs", "ratio"], rows)
