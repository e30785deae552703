"""A store that forgets everything when it is let go of: for tests and experiments."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from types import TracebackType
from typing import Self, TypeVar

from msgspec.structs import replace

from collab.chain import Chain, beginning
from collab.chapters import Chapter, chapter_of
from collab.errors import StoreError, VersionConflict
from collab.events import Event, Payload, decode, encode, name_of
from collab.operation import Operation
from collab.segments import Row
from collab.store.base import (
    MOST_AUTHORS,
    MOST_VISITORS,
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
from collab.store.memory_webhooks import MemoryWebhooks
from collab.store.rows import prepare
from collab.tags import Tag, Tags

T = TypeVar("T")


class _Log:
    """What is kept of one document."""

    def __init__(self) -> None:
        self.record: DocumentRecord
        self.events: list[Event] = []
        self.rows: list[Row] = []
        self.digests: list[bytes] = []
        self.tags = Tags()
        self.clients: dict[str, ClientRecord] = {}
        self.authors: dict[str, None] = {}  # in the order in which they came
        self.snapshots: dict[int, bytes] = {}
        self.visits: dict[str, Visit] = {}


class MemoryStore(MemoryWebhooks):
    """An `EventStore` that lives as long as the object."""

    def __init__(self) -> None:
        super().__init__()
        self._logs: dict[str, _Log] = {}
        self._order: list[tuple[str, int]] = []
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def append(self, append: Append) -> int:
        self._check_open()
        prepared = prepare(append)
        await asyncio.sleep(0)  # as a disk would: others run meanwhile
        log = self._logs.get(append.document) or _Log()
        if len(log.events) != append.expected:
            raise VersionConflict(append.document, append.expected, len(log.events))
        first, last = append.events[0], append.events[-1]
        if prepared.created is not None:
            created = prepared.created
            log.record = DocumentRecord(
                append.document, created.epoch, created.kind, created.title, 0, first.at, first.at
            )
            self._logs[append.document] = log
        elif first.at < log.record.updated_at:
            raise StoreError(f"document {append.document!r}: time went back to {first.at}")
        position = len(self._order) + 1
        for event in append.events:
            row = Row(
                *name_of(event.payload), event.client, event.author, event.client_seq, event.at,
                *(len(self._order) + 1, encode(event.payload)),
            )  # fmt: skip
            self._add(append.document, log, row, event.payload)
        for record in prepared.clients:
            known = log.clients.get(record.client, record)
            log.clients[record.client] = replace(known, accepted=record.accepted)
        title = log.record.title if prepared.title is None else prepared.title
        level = max(log.record.level, prepared.level)
        log.record = replace(log.record, title=title, version=last.seq, updated_at=last.at, level=level)
        return position

    async def document(self, document: str) -> DocumentRecord | None:
        log = self._log(document)
        return log.record if log else None

    async def documents(
        self, *, before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[DocumentRecord]:
        self._check_open()
        records = sorted(
            (log.record for log in self._logs.values()), key=lambda r: (r.updated_at, r.id), reverse=True
        )
        return [r for r in records if before is None or (r.updated_at, r.id) < before][: max(0, limit)]

    async def listed(
        self, *, title: str = "", before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[Listed]:
        found = [
            Listed(record, list(authors)[:MOST_AUTHORS], len(authors))
            for record in await self.documents(before=before, limit=len(self._logs))
            for authors in [self._logs[record.id].authors]
            if title.casefold() in (record.title or record.id).casefold()
        ]
        return found[: max(0, limit)]

    async def events(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Event]:
        log = self._log(document)
        return _page(log.events, after, until, limit) if log else []

    def _add(self, document: str, log: _Log, row: Row, payload: Payload) -> None:
        seq = len(log.events) + 1
        event = Event(
            document, seq, payload, row.author, row.client, row.client_seq, row.at, position=row.position
        )
        chain = Chain(log.digests[-1] if log.digests else beginning(document), seq - 1)
        log.digests.append(chain.take(row))
        log.events.append(event)
        log.rows.append(row)
        log.tags.evolve(event)
        log.authors[event.author] = None
        self._order.append((document, seq))

    async def adopt(self, adoption: Adoption) -> int:
        record = adoption.record
        known = self._log(record.id)
        if known is not None:
            raise VersionConflict(record.id, 0, len(known.events))
        log = self._logs[record.id] = _Log()
        log.record = record
        log.clients = {client.client: client for client in adoption.clients}
        position = len(self._order) + 1
        for row in adoption.rows:
            placed = row._replace(position=len(self._order) + 1)
            self._add(record.id, log, placed, decode(row.type, row.version, row.payload))
        return position

    async def rows(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Row]:
        log = self._log(document)
        return _page(log.rows, after, until, limit) if log else []

    async def digests(self, document: str, *, after: int, until: int) -> list[tuple[int, bytes]]:
        log = self._log(document)
        return list(enumerate(log.digests, 1))[max(0, after) : max(0, until)] if log else []

    async def tags(self, document: str) -> list[Tag]:
        log = self._log(document)
        return log.tags.all() if log else []

    async def position(self) -> int:
        self._check_open()
        return len(self._order)

    async def log(self, *, after: int, limit: int = PAGE) -> list[Logged]:
        self._check_open()
        after = max(0, after)
        return [
            Logged(document, seq, self._logs[document].rows[seq - 1])
            for document, seq in self._order[after : after + max(0, limit)]
        ]

    async def operations(self, document: str, *, after: int, until: int) -> tuple[list[Operation], int]:
        page = await self.events(document, after=after, until=until)
        return [event.op for event in page if event.op is not None], page[-1].seq if page else max(0, after)

    async def chapter(self, document: str, *, after: int, until: int) -> Chapter:
        return chapter_of(await self.events(document, after=after, until=until), first=max(0, after) + 1)

    async def version_at(self, document: str, at: int) -> int:
        log = self._log(document)
        return bisect_right(log.events, at, key=lambda event: event.at) if log else 0

    async def client(self, document: str, client: str) -> ClientRecord | None:
        log = self._log(document)
        return log.clients.get(client) if log else None

    async def clients(self, document: str) -> list[ClientRecord]:
        log = self._log(document)
        return list(log.clients.values()) if log else []

    async def snapshot(self, document: str, *, at_most: int | None = None) -> tuple[int, bytes] | None:
        log = self._log(document)
        versions = [v for v in log.snapshots if at_most is None or v <= at_most] if log else []
        return (max(versions), log.snapshots[max(versions)]) if log and versions else None

    async def save_snapshot(self, document: str, version: int, content: bytes) -> None:
        log = self._log(document)
        if log is None:
            raise StoreError(f"there is no document {document!r} to keep a snapshot of")
        log.snapshots[version] = content

    async def delete_snapshot(self, document: str, version: int) -> None:
        log = self._log(document)
        if log is not None:
            log.snapshots.pop(version, None)

    async def visit(self, document: str, author: str) -> Visit | None:
        log = self._log(document)
        return log.visits.get(author) if log else None

    async def note_visit(self, document: str, author: str, visit: Visit) -> None:
        log = self._log(document)
        if log is None:
            raise StoreError(f"there is no document {document!r} that could be visited")
        log.visits[author] = max(visit, log.visits.get(author, visit))
        if len(log.visits) > MOST_VISITORS:
            del log.visits[min(log.visits, key=lambda visitor: log.visits[visitor].at)]

    def idle(self, document: str) -> None:
        pass  # memory is small enough as it is

    async def pack(self, document: str) -> None:
        self._check_open()

    async def stored(self, document: str) -> Stored:
        log = self._log(document)
        return Stored(events=len(log.events)) if log else Stored()

    async def close(self) -> None:
        self._closed = True

    def _log(self, document: str) -> _Log | None:
        self._check_open()
        return self._logs.get(document)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")


def _page(items: list[T], after: int, until: int | None, limit: int) -> list[T]:
    """Those with ``after`` < number ≤ ``until``, counted from 1, at most ``limit``."""
    start = max(0, after)
    end = start + max(0, limit)
    return items[start : end if until is None else max(0, min(until, end))]
