"""Waiting for something to happen, and for nothing to happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Milestones:
    """Those who wait until a number that only grows, such as a version, has been reached."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, number: int) -> None:
        """Wait until `reached` is called with ``number`` or more, or raise what `fail` was called with."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (number, waiter)
        self._waiting.append(entry)
        try:
            await waiter
        except asyncio.CancelledError:
            # Where nothing is ever reached, those who gave up would pile up.
            if entry in self._waiting:
                self._waiting.remove(entry)
            raise

    def reached(self, number: int) -> None:
        if self._waiting:
            self._settle(lambda waiter: waiter.set_result(None), lambda wanted: wanted <= number)

    def fail(self, error: Exception) -> None:
        """Nothing will be reached any more."""
        self._settle(lambda waiter: waiter.set_exception(error), lambda wanted: True)

    def _settle(self, settle: Callable[[asyncio.Future[None]], None], due: Callable[[int], bool]) -> None:
        waiting, self._waiting = self._waiting, []
        for wanted, waiter in waiting:
            if waiter.done():
                continue  # cancelled
            if due(wanted):
                settle(waiter)
            else:
                self._waiting.append((wanted, waiter))


class Lull:
    """Calls ``then`` when nothing has stirred for ``seconds``.

    A timer that is under way isn't put off with every stir: when it fires it looks whether it is time.
    """

    def __init__(self, seconds: float, then: Callable[[], None]) -> None:
        self._seconds = seconds
        self._then = then
        self._stirred = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def stir(self) -> None:
        loop = asyncio.get_running_loop()
        self._stirred = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        rest = self._stirred + self._seconds - loop.time()
        if rest > 0:
            self._timer = loop.call_later(rest, self._look)
        else:
            self._timer = None
            self._then()
