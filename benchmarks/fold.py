"""Whole histories folded at once against a str splice per edit. Aim for automerge-paper: at most 1/12."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from benchmarks.measure import best, histories, show
from collab.fold import fold
from collab.operation import Operation, normalize


def run() -> None:
    rows = []
    for path in histories():
        trace = json.loads(gzip.decompress(path.read_bytes()))
        if trace.get("kind") == "concurrent":
            continue
        ops = operations(trace)
        assert fold(ops) == splice_all(ops) == trace["endContent"], path
        folded, spliced = best(lambda ops=ops: fold(ops)), best(lambda ops=ops: splice_all(ops))  # type: ignore[misc]
        name = Path(path.stem).stem
        figures = [
            f"{len(ops):,}",
            f"{folded * 1000:.0f}",
            f"{spliced * 1000:.0f}",
            f"1/{spliced / folded:.1f}",
        ]
        rows.append([name, *figures])
    show("folding a history", ["history", "edits", "fold, ms", "str splices, ms", "ratio"], rows)


def operations(trace: dict[str, list[dict[str, list[tuple[int, int, str]]]]]) -> list[Operation]:
    """One operation per patch: what an editor sends."""
    return [
        normalize([place, -removed, inserted])
        for transaction in trace["txns"]
        for place, removed, inserted in transaction["patches"]
    ]


def splice_all(ops: list[Operation]) -> str:
    text = ""
    for op in ops:
        place = 0
        for step in op:
            if isinstance(step, str):
                text = text[:place] + step + text[place:]
            elif isinstance(step, int) and step > 0:
                place = step
            elif isinstance(step, int):
                text = text[:place] + text[place - step :]
    return text
