"""Carrying the write-ahead log over into the database, beside the writer and not in its way.

SQLite does it in the commit that finds the log long enough, which then takes many times as long as others. A second
connection can do it while the first goes on writing; what is left for the commit, when the log begins anew, is
what came in the last moments.
"""

from __future__ import annotations

import logging
import sqlite3
import threading

from collab.store import schema
from collab.store.file import StoreFile

logger = logging.getLogger("collab.store")


class Checkpoints:
    """A thread that carries the log over whenever it is `due`."""

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self._due = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="collab-checkpoints", daemon=True)
        self._thread.start()

    def due(self) -> None:
        """There is something to carry over. Returns at once."""
        self._due.set()

    def close(self) -> None:
        """Finish, and let go of the file."""
        self._closed = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while self._due.wait() and not self._closed:
            self._due.clear()
            try:
                if connection is None:
                    connection = sqlite3.connect(schema.uri(self._file.path, "mode=rw"), uri=True)
                    connection.execute("PRAGMA wal_autocheckpoint = 0")
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error as error:
                # Harmless: the log goes on growing until a commit carries it over, or fails to and says so.
                logger.warning("the write-ahead log stays for now: %s", error)
        if connection is not None:
            connection.close()
