"""How long to wait before the next try."""

from __future__ import annotations

from collections.abc import Callable

FIRST_SECONDS = 1.0
MOST_SECONDS = 600.0


class Backoff:
    """Twice as long each time, up to a bound, and a random part of it: those who failed together don't come back
    together. ``chance`` gives numbers from 0 to 1."""

    def __init__(
        self, chance: Callable[[], float], *, first: float = FIRST_SECONDS, most: float = MOST_SECONDS
    ) -> None:
        self._chance = chance
        self._first = first
        self._most = most

    def seconds(self, attempts: int, *, at_least: float = 0.0) -> float:
        """The wait after ``attempts`` tries that failed in a row, at least ``at_least`` within the bound.

        >>> [Backoff(lambda: 1.0).seconds(n) for n in (1, 2, 5, 11, 10_000)]
        [1.0, 2.0, 16.0, 600.0, 600.0]
        >>> Backoff(lambda: 0.5).seconds(1, at_least=30.0), Backoff(lambda: 0.5).seconds(1, at_least=1e9)
        (30.0, 600.0)
        """
        longest = min(self._most, self._first * 2.0 ** min(attempts - 1, 60))
        return min(self._most, max(self._chance() * longest, at_least))
