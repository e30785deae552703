"""The store in one SQLite file, its reading side; `collab.store.writer` is the writing one.

One thread writes, two others read, and neither waits for the other.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from collab.chapters import Chapter
from collab.errors import CorruptLog, StoreDamaged, StoreError
from collab.events import Event
from collab.operation import Operation
from collab.segments import Row
from collab.store import adopting, catalogue, chaining, feed, history, hooks, rows, transaction
from collab.store.base import (
    PAGE,
    Adoption,
    Append,
    ClientRecord,
    DocumentRecord,
    Listed,
    Logged,
    Stored,
    Visit,
)
from collab.store.catalogue import RECORD
from collab.store.file import StoreFile
from collab.store.lock import FileLock
from collab.store.packer import Packer
from collab.store.readers import Readers
from collab.store.webhooks import MOST_LISTED, Claim, Line, Progress, Waiting, Webhook
from collab.store.writer import Writer
from collab.tags import Tag

READERS = 2
"""Connections that read, so that a short question needn't wait behind a long page. Each costs a thread."""

BUSY_SECONDS = 5.0
"""How long another process may keep the file locked before an append fails with StoreBusy."""

PIECE = 1_000
"""Events read and decoded at a stretch, some 3 ms, before other readers and the event loop have their turn."""

_TAG = "number, version, name, author, at"
_CLIENT = "client, author, key_hash, accepted"
_STORED = """
SELECT
    version - packed,
    packed,
    (SELECT count(*) FROM segments WHERE document = number),
    (SELECT coalesce(sum(length(operations) + length(envelopes)), 0) FROM segments WHERE document = number)
FROM (
    SELECT number, version,
        coalesce((SELECT max(last) FROM segments WHERE document = number), 0) AS packed
    FROM documents WHERE id = ?
)
"""
_FOREVER = 2**62
"""More than any version, time or count, and yet an integer for SQLite."""


T = TypeVar("T", covariant=True)


class _Question(Protocol[T]):
    def __call__(self, connection: sqlite3.Connection, document: str, *, after: int, until: int) -> T: ...


class SQLiteStore:
    """An `EventStore` in one file, made by `SQLiteStore.open`, for the event loop that runs then."""

    def __init__(self, path: Path, writer: Writer, readers: Readers, packer: Packer) -> None:
        self.path = path
        self._writer = writer
        self._readers = readers
        self._packer = packer
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, path: str | os.PathLike[str], *, busy_seconds: float = BUSY_SECONDS, packs: bool = True
    ) -> SQLiteStore:
        """The store at ``path``, which is created if there is no such file.

        ``packs`` says whether it packs events in the background.

        Raises:
            StoreUnusable: there is something else at ``path``, or no folder to put it in.
            StoreTooNew: a newer program changed the file's schema. It is left untouched.
            StoreReadOnly, StoreBusy: it may not be written, or another process has it locked.
        """
        file = _absolute(path)
        writer = await Writer.start(StoreFile(file, busy_seconds=busy_seconds))
        try:
            readers = await Readers.open(file, READERS, busy_seconds=busy_seconds)
        except BaseException:
            await writer.close()
            raise
        packer = Packer(file, writer, busy_seconds=busy_seconds, background=packs)
        return cls(file, writer, readers, packer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, append: Append) -> int:
        self._check_open()
        position = await self._writer.append(rows.prepare(append))
        self._packer.appended(append.document, len(append.events))
        return position

    async def document(self, document: str) -> DocumentRecord | None:
        found = await self._read(f"SELECT {RECORD} FROM documents WHERE id = ?", (document,))
        return DocumentRecord(*found[0]) if found else None

    async def documents(
        self, *, before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[DocumentRecord]:
        where, values = ("WHERE (updated_at, id) < (?, ?)", before) if before else ("", ())
        found = await self._read(
            f"SELECT {RECORD} FROM documents {where} ORDER BY updated_at DESC, id DESC LIMIT ?",
            (*values, max(0, limit)),
        )
        return [DocumentRecord(*row) for row in found]

    async def listed(
        self, *, title: str = "", before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[Listed]:
        self._check_open()
        start = before or (_FOREVER, "")
        return await self._readers.run(
            lambda connection: catalogue.listed(connection, title=title, before=start, limit=max(0, limit))
        )

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
        def read(connection: sqlite3.Connection, until: int = until) -> list[Event]:
            return history.events(connection, document, after=after, until=until, limit=limit)

        try:
            return await self._readers.run(read)
        except StoreDamaged as damage:
            # The database only says that somewhere it can't be read: look for the first event where it can't.
            good, bad = after, min(until, after + limit)
            while good + 1 < bad:
                middle = (good + bad) // 2
                try:
                    await self._readers.run(partial(read, until=middle))
                    good = middle
                except StoreDamaged:
                    bad = middle
            raise CorruptLog(document, bad, str(damage)) from damage

    async def rows(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Row]:
        after = min(max(0, after), _FOREVER)
        until = _FOREVER if until is None else min(until, _FOREVER)
        return await self._readers.run(
            lambda connection: history.stored_rows(
                connection, document, after=after, until=until, limit=limit
            )
        )

    async def digests(self, document: str, *, after: int, until: int) -> list[tuple[int, bytes]]:
        return await self._readers.run(
            lambda connection: chaining.digests(connection, document, after=after, until=until)
        )

    async def tags(self, document: str) -> list[Tag]:
        found = await self._read(
            f"SELECT {_TAG} FROM tags WHERE document = (SELECT number FROM documents WHERE id = ?)"
            " ORDER BY number",
            (document,),
        )
        return [Tag(*row) for row in found]

    async def position(self) -> int:
        return await self._readers.run(feed.position)

    async def log(self, *, after: int, limit: int = PAGE) -> list[Logged]:
        after = min(max(0, after), _FOREVER)
        return await self._readers.run(lambda connection: feed.log(connection, after=after, limit=limit))

    async def adopt(self, adoption: Adoption) -> int:
        self._check_open()
        packed = await asyncio.to_thread(adopting.segments, adoption, lambda: None)
        return await self._writer.run(lambda ledger: adopting.adopt(ledger, adoption, packed))

    async def operations(self, document: str, *, after: int, until: int) -> tuple[list[Operation], int]:
        return await self._history(history.operations, document, after, until)

    async def chapter(self, document: str, *, after: int, until: int) -> Chapter:
        return await self._history(history.chapter, document, after, until)

    async def _history(self, question: _Question[T], document: str, after: int, until: int) -> T:
        after, until = max(0, after), min(until, _FOREVER)
        try:
            return await self._readers.run(
                lambda connection: question(connection, document, after=after, until=until)
            )
        except StoreDamaged:
            await self.events(document, after=after, until=until, limit=until - after)  # says where
            raise

    async def version_at(self, document: str, at: int) -> int:
        at = min(at, _FOREVER)
        return await self._readers.run(lambda connection: history.version_at(connection, document, at))

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
        await self._writer.run(lambda ledger: transaction.save_snapshot(ledger, document, version, content))

    async def delete_snapshot(self, document: str, version: int) -> None:
        self._check_open()
        await self._writer.run(lambda ledger: transaction.delete_snapshot(ledger, document, version))

    async def visit(self, document: str, author: str) -> Visit | None:
        found = await self._read(
            "SELECT v.version, at FROM visits AS v JOIN documents AS d ON d.number = v.document"
            " WHERE d.id = ? AND author = ?",
            (document, author),
        )
        return Visit(*found[0]) if found else None

    async def note_visit(self, document: str, author: str, visit: Visit) -> None:
        self._check_open()
        await self._writer.run(lambda ledger: transaction.note_visit(ledger, document, author, visit))

    async def claim(self, what: str) -> Claim | None:
        assert re.fullmatch("[a-z]+", what)
        self._check_open()
        return await FileLock.take(self.path.with_name(f"{self.path.name}-{what}"))

    async def webhooks(self) -> list[Webhook]:
        return await self._readers.run(hooks.webhooks)

    async def add_webhook(self, webhook: Webhook) -> Webhook:
        return await self._writer.run(lambda ledger: hooks.add(ledger, webhook))

    async def remove_webhook(self, number: int) -> None:
        await self._writer.run(lambda ledger: hooks.remove(ledger, number))

    async def pause_webhook(self, number: int, *, paused: bool) -> None:
        await self._writer.run(lambda ledger: hooks.pause(ledger, number, paused=paused))

    async def retry_webhook(self, number: int, document: str | None = None) -> int:
        return await self._writer.run(lambda ledger: hooks.retry(ledger, number, document))

    async def skip_event(self, number: int, document: str) -> int:
        return await self._writer.run(lambda ledger: hooks.skip(ledger, number, document))

    async def lines(self, number: int, *, after: str = "", limit: int = MOST_LISTED) -> list[Line]:
        return await self._readers.run(
            lambda connection: hooks.lines(connection, number, after=after, limit=limit)
        )

    async def waiting(self, number: int) -> Waiting:
        return await self._readers.run(lambda connection: hooks.waiting(connection, number))

    async def note_progress(self, number: int, progress: Progress) -> None:
        await self._writer.run(lambda ledger: hooks.note(ledger, number, progress))

    def idle(self, document: str) -> None:
        self._packer.idle(document)

    async def pack(self, document: str) -> None:
        self._check_open()
        await self._packer.pack(document)

    async def stored(self, document: str) -> Stored:
        found = await self._read(_STORED, (document,))
        return Stored(*found[0]) if found else Stored()

    async def close(self) -> None:
        """Finish what was begun, and carry the write-ahead log over. Cancelling the call doesn't stop it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        await self._packer.close()
        await self._readers.close()
        # Last, since the connection that closes last removes the write-ahead log.
        await self._writer.close()

    def _check_open(self) -> None:
        if self._closing is not None:
            raise StoreError("the store is closed")

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """All rows of a query."""
        self._check_open()
        return await self._readers.run(lambda connection: connection.execute(sql, values).fetchall())


def _absolute(path: str | os.PathLike[str]) -> Path:
    """``path`` for good: the writer may have to open it again when the working directory is another."""
    return Path(path).absolute()
