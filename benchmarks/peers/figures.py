"""Figures over all rounds: for each case and server the median and the spread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.peers.results import Result


@dataclass(frozen=True)
class Spread:
    """What the rounds gave, from the least to the most."""

    values: list[float]

    @property
    def median(self) -> float:
        return median(self.values)

    def show(self, digits: int = 0) -> str:
        """The median, with least and most if there were several rounds.

        >>> Spread([3.0, 1.0, 2.0]).show(1)
        '2.0 (1.0–3.0)'
        """
        middle = f"{self.median:,.{digits}f}"
        if len(self.values) < 2:
            return middle
        return f"{middle} ({min(self.values):,.{digits}f}–{max(self.values):,.{digits}f})"


class Figures:
    """All results of a run."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._results: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for result in results:
            if result.error is None:
                self._results.setdefault((result.case, result.peer), []).append(result.figures)

    def get(self, case: str, peer: str, path: str) -> Spread | None:
        """The figure at ``path``, such as ``phases.0.delivery.p50``; None if it was not measured."""
        found = [follow(figures, path) for figures in self._results.get((case, peer), [])]
        values = [value for value in found if value is not None]
        return Spread(values) if values else None

    def everywhere(self, path: str) -> Spread | None:
        """The figure of all cases, servers and rounds."""
        found = [follow(figures, path) for several in self._results.values() for figures in several]
        values = [value for value in found if value is not None]
        return Spread(values) if values else None

    def peers(self, case: str) -> list[str]:
        """Who has figures for ``case``."""
        return [peer for of_case, peer in self._results if of_case == case]


def follow(figures: Any, path: str) -> float | None:
    """The number at ``path``. A path ``a - b`` is the difference of two.

    >>> follow({"phases": [{"rss": 7}, {"rss": 5}]}, "phases.0.rss - phases.1.rss")
    2.0
    """
    if " - " in path:
        left, right = (follow(figures, part) for part in path.split(" - "))
        return None if left is None or right is None else left - right
    if " / " in path:
        left, right = (follow(figures, part) for part in path.split(" / "))
        return None if left is None or not right else left / right
    for step in path.split("."):
        try:
            figures = figures[int(step)] if step.isdigit() else figures[step]
        except (KeyError, IndexError, TypeError):
            return None
    return None if figures is None else float(figures)
