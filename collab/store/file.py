"""The file that a store lives in, and that it is still the one it was when the store was opened."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from collab.errors import StoreUnusable
from collab.store import schema


class StoreFile:
    """A path, and which file it leads to. Only the writer's thread uses it.

    An open file that is moved away, deleted or replaced can be written on for ever, and nothing of it would
    be found again. So the path is looked at before every transaction, which takes a microsecond.
    """

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._identity: tuple[int, int] | None = None

    def connect(self) -> sqlite3.Connection:
        """A connection that writes. The first one makes the file if there is none.

        Raises:
            StoreError: see `schema.connect_writer`; and for a later connection see `check`.
        """
        if self._identity is not None:
            self.check()
        connection = schema.connect_writer(self.path, busy_seconds=self._busy_seconds)
        if self._identity is None:
            self._identity = self._look()
        return connection

    def check(self) -> None:
        """See that the path still leads to the file of the first connection.

        Raises:
            StoreUnusable: it doesn't.
        """
        if self._look() != self._identity:
            raise StoreUnusable(str(self.path), "was moved, deleted or replaced while it was open")

    def _look(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return status.st_dev, status.st_ino
