"""The readers: a few threads, each question on a connection that can't write.

In WAL mode readers see the last commit, and neither wait for the writer nor hold it up.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from collab.errors import StoreError
from collab.store import catalogue, schema
from collab.store.faults import translate

CACHE_KIB = 2_048
"""Pages that a reader's connection keeps: the upper levels of a large file and some of its leaves."""

T = TypeVar("T")


class Readers:
    """Made by `Readers.open`. All methods belong to the event loop they are first called in."""

    def __init__(self, connections: list[sqlite3.Connection]) -> None:
        self.connections = connections
        self._free = asyncio.Semaphore(len(connections))
        self._closed = False
        self._idle = list(connections)
        self._threads = ThreadPoolExecutor(len(connections), "collab-reader")

    @classmethod
    async def open(cls, path: Path, count: int, *, busy_seconds: float) -> Readers:
        """``count`` connections to the existing store at ``path``.

        Raises:
            StoreError: it can't be read.
        """
        connections: list[sqlite3.Connection] = []
        try:
            for _ in range(count):
                connections.append(_connect(path, busy_seconds))
        except sqlite3.Error as error:
            for connection in connections:
                connection.close()
            raise translate(error) from error
        return cls(connections)

    async def run(self, question: Callable[[sqlite3.Connection], T], *, at_once: bool = True) -> T:
        """Call ``question`` in a thread, and return what it returns.

        All that it sees is of one moment, unless ``at_once`` is false: that is for questions that take their time.
        The write-ahead log can't start again while somebody still looks at an older moment, and grows.

        Raises:
            StoreError: instead of what SQLite raises, and when the readers are closed.
        """
        async with self._free:
            if self._closed:
                raise StoreError("the store is closed")
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._ask, question, at_once)

    def _ask(self, question: Callable[[sqlite3.Connection], T], at_once: bool) -> T:
        # There are as many connections as threads; one whose caller was cancelled is back when its thread is.
        connection = self._idle.pop()
        try:
            if at_once:
                connection.execute("BEGIN")
            return question(connection)
        except sqlite3.Error as error:
            raise translate(error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.append(connection)

    async def close(self) -> None:
        """Let those who read finish, and close all connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self.connections:
            connection.close()


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        schema.uri(path, "mode=ro"),
        uri=True,
        isolation_level=None,
        timeout=busy_seconds,
        check_same_thread=False,  # one at a time, but not always the same
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        catalogue.prepare(connection)
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
