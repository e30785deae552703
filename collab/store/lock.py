"""Being the only one, among all processes on one file, who does a certain job.

The lock is SQLite's own, on an empty file beside the database: it works wherever the database does, also between two
stores in one process, and ends with the process however that ends. The file stays, since taking it away would race
with who is about to lock it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from collab.errors import StoreUnusable
from collab.store.faults import primary_code, translate


class FileLock:
    """A lock that is held, made by `FileLock.take`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    async def take(cls, path: Path) -> FileLock | None:
        """The lock on ``path``, or None while somebody else has it.

        Raises:
            StoreError: no lock can be kept there.
        """
        return await asyncio.to_thread(cls._take, path)

    @classmethod
    def _take(cls, path: Path) -> FileLock | None:
        try:
            connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreUnusable(str(path), str(error)) from error
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if primary_code(error) == sqlite3.SQLITE_BUSY:
                return None
            raise translate(error) from error
        return cls(connection)

    async def release(self) -> None:
        """Give it back. A second time does nothing."""
        await asyncio.to_thread(self._connection.close)
