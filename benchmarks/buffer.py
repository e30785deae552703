"""One edit in a 5 MB document: `TextBuffer` against splicing one long string. Aim: at most 1/50 at random places."""

from __future__ import annotations

from random import Random

from benchmarks.measure import best, show
from collab.buffer import TextBuffer

SIZE = 5_000_000
EDITS = 20_000
SPLICES = 200


def run() -> None:
    rows = []
    for where in ("random", "typing on"):
        rope, splice = rope_and_splice(where)
        rows.append([where, f"{rope * 1e6:.2f}", f"{splice * 1e6:.0f}", f"1/{splice / rope:.0f}"])
    show("one insert into 5 MB", ["where", "buffer, µs", "str splice, µs", "ratio"], rows)


def rope_and_splice(where: str) -> tuple[float, float]:
    """Seconds that one insert takes, in a `TextBuffer` and in a string; at ``random`` places, or ``typing on``."""
    rng = Random(1)
    text = "".join(rng.choices("abcdefgh \n", k=SIZE))
    places = {
        "random": [rng.randint(0, SIZE) for _ in range(EDITS)],
        "typing on": list(range(SIZE // 2, SIZE // 2 + EDITS)),
    }[where]
    buffer = TextBuffer(text)
    rope = best(lambda: _edit(buffer, places)) / EDITS
    return rope, best(lambda: _splice(text, places[:SPLICES])) / SPLICES


def _edit(buffer: TextBuffer, places: list[int]) -> None:
    for place in places:
        buffer.apply([place, "x"])


def _splice(text: str, places: list[int]) -> None:
    for place in places:
        text = text[:place] + "x" + text[place:]
