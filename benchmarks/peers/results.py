"""Figures as they were measured, one JSON object a line, so that a run that was interrupted can go on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.cache import cache, folder


@dataclass(frozen=True)
class Result:
    """What one server did in one round of one case; ``error`` instead of figures where it failed."""

    case: str
    peer: str
    round: int
    figures: dict[str, Any]
    error: str | None = None


def results_file(name: str) -> Path:
    return folder(cache() / "results") / f"{name}.jsonl"


def read(path: Path) -> list[Result]:
    """All results in ``path``; none if there is no such file."""
    if not path.exists():
        return []
    return [Result(**json.loads(line)) for line in path.read_text().splitlines()]


def append(path: Path, result: Result) -> None:
    with path.open("a") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def done(results: Iterable[Result]) -> set[tuple[str, str, int]]:
    """Which case, peer and round need not be run again."""
    return {(result.case, result.peer, result.round) for result in results if result.error is None}
