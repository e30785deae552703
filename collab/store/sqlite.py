"""The store in one SQLite file, its reading side; `collab.store.writer` is the writing one.

The file is in WAL mode: readers see the last commit, and neither wait for the writer nor hold it up. They
have a few connections of their own that can't write.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiosqlite

from collab.errors import CorruptLog, StoreDamaged, StoreError
from collab.events import Event
from collab.store import rows, schema, transaction
from collab.store.base import PAGE, Append, ClientRecord, DocumentRecord
from collab.store.faults import translate
from collab.store.file import StoreFile
from collab.store.writer import Writer

READERS = 2
"""Connections that read, so that a short question needn't wait behind a long page. Each costs a thread."""

BUSY_SECONDS = 5.0
"""How long another process may keep the file locked before an append fails with StoreBusy."""

PIECE = 1_000
"""Events read and decoded at a stretch, some 3 ms, before other readers and the event loop have their turn."""

_DOCUMENT = "id, epoch, kind, title, version, created_at, updated_at"
_CLIENT = "client, author, key_hash, accepted"
_FOREVER = 2**62
"""More than any version, time or count, and yet an integer for SQLite."""


class SQLiteStore:
    """An `EventStore` in one file, made by `SQLiteStore.open`, for the event loop that runs then."""

    def __init__(self, path: Path, writer: Writer, readers: Sequence[aiosqlite.Connection]) -> None:
        self.path = path
        self._writer = writer
        self._readers = list(readers)
        self._free = asyncio.Semaphore(len(readers))
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: str | os.PathLike[str], *, busy_seconds: float = BUSY_SECONDS) -> SQLiteStore:
        """The store at ``path``, which is created if there is no such file.

        Raises:
            StoreUnusable: there is something else at ``path``, or no folder to put it in.
            StoreTooNew: a newer program changed the file's schema. It is left untouched.
            StoreReadOnly, StoreBusy: it may not be written, or another process has it locked.
        """
        file = _absolute(path)
        writer = await Writer.start(StoreFile(file, busy_seconds=busy_seconds))
        readers: list[aiosqlite.Connection] = []
        try:
            for _ in range(READERS):
                readers.append(await _connect_reader(file, busy_seconds))
        except BaseException as error:
            for reader in readers:
                await reader.close()
            await writer.close()
            if isinstance(error, sqlite3.Error):
                raise translate(error) from error
            raise
        return cls(file, writer, readers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, append: Append) -> int:
        self._check_open()
        return await self._writer.append(rows.prepare(append))

    async def document(self, document: str) -> DocumentRecord | None:
        found = await self._read(f"SELECT {_DOCUMENT} FROM documents WHERE id = ?", (document,))
        return DocumentRecord(*found[0]) if found else None

    async def documents(
        self, *, before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[DocumentRecord]:
        where, values = ("WHERE (updated_at, id) < (?, ?)", before) if before else ("", ())
        found = await self._read(
            f"SELECT {_DOCUMENT} FROM documents {where} ORDER BY updated_at DESC, id DESC LIMIT ?",
            (*values, max(0, limit)),
        )
        return [DocumentRecord(*row) for row in found]

    async def events(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Event]:
        after = min(max(0, after), _FOREVER)
        until = _FOREVER if until is None else min(until, _FOREVER)
        events: list[Event] = []
        while len(events) < limit:
            piece = min(PIECE, limit - len(events))
            found = await self._piece(document, after + len(events), until, piece)
            events += found
            if len(found) < piece:
                break
        return events

    async def _piece(self, document: str, after: int, until: int, limit: int) -> list[Event]:
        try:
            found = await self._read_events(document, after, until, limit)
        except StoreDamaged as damage:
            seq = await self._first_unreadable(document, after, min(until, after + limit))
            raise CorruptLog(document, seq, str(damage)) from damage
        if not found:
            return []
        head: int = found[0][-1]
        stored = found if found[0][0] is not None else []
        events = rows.read(document, stored, after=after)
        last = after + len(events)
        if events and last > head:
            raise CorruptLog(document, head + 1, f"the catalogue says that version {head} is the newest")
        if len(events) < limit and last < min(head, until):
            raise CorruptLog(document, last + 1, f"missing, the newest version is {head}")
        return events

    async def _read_events(self, document: str, after: int, until: int, limit: int) -> Sequence[Any]:
        """Events as `rows.read` wants them, each with the document's version behind it.

        Where there are no events there is one row with None in their place, and no row where there
        is no document. It takes one statement, so that all is of one moment.
        """
        return await self._read(
            f"SELECT {rows.COLUMNS}, d.version FROM documents AS d"
            " LEFT JOIN events AS e ON e.document = d.number AND e.seq > ? AND e.seq <= ?"
            " LEFT JOIN clients AS c ON c.number = e.client"
            " WHERE d.id = ? ORDER BY e.seq LIMIT ?",
            (after, until, document, limit),
        )

    async def _first_unreadable(self, document: str, after: int, until: int) -> int:
        """Where in this range the database can't be read: it would only say that somewhere it can't."""
        for seq in range(after + 1, until):
            try:
                await self._read_events(document, seq - 1, seq, 1)
            except StoreDamaged:
                return seq
        return until

    async def version_at(self, document: str, at: int) -> int:
        found = await self._read(_VERSION_AT, {"document": document, "at": min(at, _FOREVER)})
        if not found:
            return 0
        low, high = found[0]
        if low != high:
            raise CorruptLog(document, (low + high + 1) // 2, "missing")
        version: int = low
        return version

    async def client(self, document: str, client: str) -> ClientRecord | None:
        found = await self._read(
            f"SELECT {_CLIENT} FROM clients JOIN documents AS d ON d.number = document"
            " WHERE d.id = ? AND client = ? AND key_hash IS NOT NULL",
            (document, client),
        )
        return ClientRecord(*found[0]) if found else None

    async def clients(self, document: str) -> list[ClientRecord]:
        found = await self._read(
            f"SELECT {_CLIENT} FROM clients AS c JOIN documents AS d ON d.number = c.document"
            " WHERE d.id = ? AND key_hash IS NOT NULL ORDER BY c.number",
            (document,),
        )
        return [ClientRecord(*row) for row in found]

    async def snapshot(self, document: str, *, at_most: int | None = None) -> tuple[int, bytes] | None:
        found = await self._read(
            "SELECT s.version, content FROM snapshots AS s JOIN documents AS d ON d.number = s.document"
            " WHERE d.id = ? AND s.version <= ? ORDER BY s.version DESC LIMIT 1",
            (document, _FOREVER if at_most is None else at_most),
        )
        return (found[0][0], found[0][1]) if found else None

    async def save_snapshot(self, document: str, version: int, content: bytes) -> None:
        self._check_open()
        await self._writer.run(
            lambda connection: transaction.save_snapshot(connection, document, version, content)
        )

    async def delete_snapshot(self, document: str, version: int) -> None:
        self._check_open()
        await self._writer.run(lambda connection: transaction.delete_snapshot(connection, document, version))

    async def close(self) -> None:
        """Finish what was begun, and carry the write-ahead log over. Cancelling the call doesn't stop it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for _ in range(READERS):
            await self._free.acquire()  # those who read have one
        for reader in self._readers:
            await reader.close()
        for _ in range(READERS):
            self._free.release()  # those who came too late find the store closed
        # Last, since the connection that closes last removes the write-ahead log.
        await self._writer.close()

    def _check_open(self) -> None:
        if self._closing is not None:
            raise StoreError("the store is closed")

    async def _read(self, sql: str, values: Sequence[Any] | dict[str, Any]) -> Sequence[Any]:
        """All rows of a query, in one trip to a reader's thread."""
        async with self._free:
            self._check_open()
            reader = self._readers.pop()
            try:
                return list(await reader.execute_fetchall(sql, values))
            except sqlite3.Error as error:
                raise translate(error) from error
            finally:
                self._readers.append(reader)


_VERSION_AT = """
WITH RECURSIVE search (number, low, high) AS (
    SELECT number, 0, version FROM documents WHERE id = :document
    UNION ALL
    SELECT
        number,
        CASE WHEN e.at <= :at THEN e.seq ELSE low END,
        CASE WHEN e.at <= :at THEN high ELSE e.seq - 1 END
    FROM search JOIN events AS e ON e.document = number AND e.seq = (low + high + 1) / 2
    WHERE low < high
)
SELECT low, high FROM search ORDER BY high - low LIMIT 1
"""
"""Binary search, possible because times never go back within a document: it ends with ``low = high``, unless
an event is missing where it looks."""


def _absolute(path: str | os.PathLike[str]) -> Path:
    """``path`` for good: the writer may have to open it again when the working directory is another."""
    return Path(path).absolute()


async def _connect_reader(path: Path, busy_seconds: float) -> aiosqlite.Connection:
    reader = await aiosqlite.connect(
        schema.uri(path, "mode=ro"), uri=True, isolation_level=None, timeout=busy_seconds
    )
    await reader.execute_fetchall("PRAGMA query_only = ON")
    return reader
