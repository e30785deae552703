"""Word that the log grew, for whoever follows one document or the whole log.

A watch says only that there is more, and what there is stands in the store: so nothing piles up for one who is slow,
and however much happened while it was busy, it reads on from where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Watch:
    """One follower's ear. Before reading it says `looking`, so that what comes while it reads is heard.

    When the log will not grow any more it is ``closed``: what is in the store by then is all.
    """

    def __init__(self, *, closed: bool) -> None:
        self.closed = closed
        self._stirred = asyncio.Event()
        if closed:
            self._stirred.set()

    def looking(self) -> None:
        """All that was told so far is about to be read."""
        self._stirred.clear()

    async def stirred(self, *, seconds: float) -> bool:
        """Wait until there is more than when it was last `looking`, or the end; false if ``seconds`` passed first."""
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            return False
        return True

    def stir(self) -> None:
        self._stirred.set()

    def close(self) -> None:
        self.closed = True
        self._stirred.set()


class Watching:
    """All who follow the log of one server."""

    def __init__(self) -> None:
        # By document; those who follow the whole log under None.
        self._watches: dict[str | None, set[Watch]] = {}
        self._closed = False

    def __len__(self) -> int:
        return sum(map(len, self._watches.values()))

    @contextmanager
    def watch(self, document: str | None) -> Iterator[Watch]:
        """Follow ``document``, or the whole log with None, while the block runs."""
        watch = Watch(closed=self._closed)
        self._watches.setdefault(document, set()).add(watch)
        try:
            yield watch
        finally:
            others = self._watches[document]
            others.remove(watch)
            if not others:
                del self._watches[document]

    def grew(self, document: str) -> None:
        """Events were committed to ``document``. Costs next to nothing where nobody follows."""
        if self._watches:
            for followed in (document, None):
                for watch in self._watches.get(followed, ()):
                    watch.stir()

    def close(self) -> None:
        """The log is at its end: whoever follows it reads what is left, and goes."""
        self._closed = True
        for watches in self._watches.values():
            for watch in watches:
                watch.close()
