"""What tests of stores need: events by the handful, and a look into SQLite's files from outside."""

from __future__ import annotations

import asyncio
import sqlite3
import struct
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from collab import chain
from collab.events import Created, Edited, Event, Payload, Renamed
from collab.store import Append, ClientRecord, EventStore
from collab.store.rows import checksum, seed
from collab.store.sqlite import SQLiteStore
from collab.store.transaction import Ledger

T0 = 1_700_000_000_000_000
"""The time of every first event, in microseconds since 1970; each later one is a second later."""

SECOND = 1_000_000


def append_of(
    document: str,
    expected: int,
    payloads: Sequence[Payload],
    *,
    client: str = "c1",
    author: str = "ann",
    client_seq: int | None = None,
    at: int | None = None,
) -> Append:
    """An append of ``payloads`` by one client, whose edits are numbered like the events by default."""
    first = expected if client_seq is None else client_seq
    events = [
        Event(
            document=document,
            seq=expected + 1 + i,
            payload=payload,
            author=author,
            client=client,
            client_seq=first + i,
            at=T0 + (expected + i) * SECOND if at is None else at,
        )
        for i, payload in enumerate(payloads)
    ]
    record = ClientRecord(client, author, f"key of {client}".encode(), events[-1].client_seq if events else 0)
    return Append(document, expected, events, [record])


def creation(document: str, *, title: str = "", at: int | None = None) -> Append:
    return append_of(document, 0, [Created(epoch=f"epoch of {document}", title=title)], at=at)


def typing(
    document: str, expected: int, count: int = 1, *, client: str = "c1", author: str = "ann"
) -> Append:
    """``count`` edits that type one character each at the end of the text, after ``expected`` events."""
    payloads = [Edited([seq - 1, "x"] if seq > 1 else ["x"]) for seq in range(expected, expected + count)]
    return append_of(document, expected, payloads, client=client, author=author)


def renaming(document: str, expected: int, title: str) -> Append:
    return append_of(document, expected, [Renamed(title)])


async def created(store: EventStore, document: str, edits: int = 0) -> None:
    """``document`` with version ``edits`` + 1."""
    await store.append(creation(document))
    if edits:
        await store.append(typing(document, 1, edits))


class Blocked:
    """The writer's thread at a halt while the block runs, so that appends pile up before it."""

    def __init__(self, store: SQLiteStore) -> None:
        self._store = store
        self._go = threading.Event()

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        halted = asyncio.Event()

        def halt(_: Ledger) -> None:
            loop.call_soon_threadsafe(halted.set)
            assert self._go.wait(30)

        self._job = asyncio.create_task(self._store._writer.run(halt))
        await halted.wait()

    async def __aexit__(self, *_: object) -> None:
        self._go.set()
        await self._job


async def on_writer(store: SQLiteStore, sql: str) -> Any:
    """Run ``sql`` on the connection that writes, and return its first row."""
    return await store._writer.run(lambda ledger: ledger.connection.execute(sql).fetchone())


def rewrite(path: Path, *statements: str) -> None:
    """Change the file behind the store's back, as bad disks and bad programs do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("events_are_never_changed", "events_are_never_dropped"):
            connection.execute(f"DROP TRIGGER IF EXISTS {statement}")
        for statement in statements:
            connection.execute(statement)


def newer_program(path: Path, document: str, type_: str, version: int, payload: bytes) -> int:
    """Append an event of c1 and ann to ``document`` as a program of tomorrow would, and return its seq.

    Whoever has the file open sees it, and its chain and its checksum are right.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        number, newest, at, digest = connection.execute(
            "SELECT number, version, updated_at, digest FROM documents WHERE id = ?", (document,)
        ).fetchone()
        (client,) = connection.execute(
            "SELECT number FROM clients WHERE document = ? AND client = 'c1' AND author = 'ann'", (number,)
        ).fetchone()
        (position,) = connection.execute(
            "UPDATE log SET position = position + 1 RETURNING position"
        ).fetchone()
        seq: int = newest + 1
        head = chain.head(type_, version, "c1", "ann")
        digest = chain.link(digest, chain.line(head, seq, seq - 1, at, payload))
        connection.execute(
            "INSERT INTO events"
            " (document, seq, position, type, version, client, client_seq, at, payload, checksum, mark)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, seq, position, type_, version, client, seq - 1, at, payload)
            + (checksum(seed(document, type_, version, "c1", "ann"), seq, seq - 1, at, payload),)
            + (digest[: chain.MARK_BYTES],),
        )
        connection.execute(
            "UPDATE documents SET version = ?, position = ?, digest = ?, level = 3 WHERE number = ?",
            (seq, position, digest, number),
        )
        connection.execute("COMMIT")
    return seq


def commits(path: Path) -> int:
    """How many transactions are in the write-ahead log: https://www.sqlite.org/fileformat2.html#walformat."""
    log = path.with_name(path.name + "-wal").read_bytes()
    if len(log) < 32:
        return 0
    page_size, _, salts = struct.unpack(">8xII8s8x", log[:32])
    count = 0
    for offset in range(32, len(log) - page_size - 23, 24 + page_size):
        pages_after_commit, frame_salts = struct.unpack(">4xI8s", log[offset : offset + 16])
        if frame_salts != salts:
            break  # left over from before the log was last started again
        count += pages_after_commit > 0
    return count


async def type_for_ever(path: Path, documents: int) -> None:
    """What a child process does until it is killed: it types, and prints "document seq position" of
    every event that the store said is saved."""
    store = await SQLiteStore.open(path)
    # Many checkpoints, so that some of the kills fall into one.
    await on_writer(store, "PRAGMA wal_autocheckpoint = 20")

    async def write(document: str) -> None:
        record = await store.document(document)
        if record is None:
            position = await store.append(creation(document))
            print(document, 1, position, flush=True)
        version = record.version if record else 1
        while True:
            position = await store.append(typing(document, version, 2))
            print(document, version + 1, position, flush=True)
            print(document, version + 2, position + 1, flush=True)
            version += 2

    await asyncio.gather(*(write(f"doc{i}") for i in range(documents)))


async def versions(store: SQLiteStore) -> dict[str, int]:
    """How many events of each document can be read, which is what the catalogue says too."""
    found = {}
    for record in await store.documents():
        found[record.id] = len(await store.events(record.id, limit=1_000_000))
        assert found[record.id] == record.version
    return found


async def rows_of(store: SQLiteStore) -> int:
    found: int = (await store._read("SELECT count(*) FROM events", ()))[0][0]
    return found
