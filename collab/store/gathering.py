"""Letting appends of many documents share a commit.

A commit costs some 0.2 ms of processor time and a wait for the disk, however little is in it. Where hundreds of
documents are edited at once their appends come one by one, each starts a commit of its own, and most of the server's
time goes into these. So while many documents are busy, appends are held for a moment and go to the writer together.

It is the documents that count: the authors of one document answer to its commits, and to hold these would only
slow them down. PostgreSQL's `commit_delay` and `commit_siblings` are the same idea.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

HOLD_SECONDS = 0.002
"""How long an append is held at most: a tenth of what a person notices."""

WINDOW_SECONDS = 0.1

MANY_DOCUMENTS = 32
"""Documents appended to within a window, from which on it is worth holding: some 300 commits a second."""

T = TypeVar("T")


class Gathering(Generic[T]):
    """Passes on what it is given to ``pass_on``, at once or together with what comes next."""

    def __init__(self, pass_on: Callable[[list[T]], None]) -> None:
        self._pass_on = pass_on
        self._loop = asyncio.get_running_loop()
        self._held: list[T] = []
        self._busy = False
        self._documents: set[str] = set()
        self._until = 0.0

    def add(self, document: str, item: T) -> None:
        """Take ``item``, an append to ``document``."""
        self._count(document)
        if not self._busy:
            self._pass_on([*self._held, item] if self._held else [item])
            self._held = []
            return
        self._held.append(item)
        if len(self._held) == 1:
            self._loop.call_later(HOLD_SECONDS, self.flush)

    def flush(self) -> None:
        """Pass on what is held."""
        held, self._held = self._held, []
        if held:
            self._pass_on(held)

    def _count(self, document: str) -> None:
        now = self._loop.time()
        if now >= self._until:
            # A window that ended long ago says nothing of how busy it is now.
            lately = now < self._until + WINDOW_SECONDS
            self._busy = lately and len(self._documents) >= MANY_DOCUMENTS
            self._documents = set()
            self._until = now + WINDOW_SECONDS
        self._documents.add(document)
