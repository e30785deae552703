"""Is everything in the store as it should be? Looked at from outside, with nothing taken on trust."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from collab.document import Document
from collab.errors import CorruptLog, InvalidOperation
from collab.events import Created, Event
from collab.reading import events
from collab.snapshots import BadSnapshot, unpack
from collab.store.base import DocumentRecord, EventStore


class Finding(msgspec.Struct, frozen=True):
    """Something that is not as it should be. ``harmless`` if it is only a cache, which will be remade."""

    document: str
    seq: int
    what: str
    harmless: bool = False


async def all_documents(store: EventStore) -> AsyncIterator[DocumentRecord]:
    """Every document in the store, the last edited first."""
    before: tuple[int, str] | None = None
    while page := await store.documents(before=before, limit=200):
        for record in page:
            yield record
        before = page[-1].updated_at, page[-1].id


async def verify(store: EventStore, record: DocumentRecord) -> list[Finding]:
    """Replay one document's whole log and compare all that is derived from it.

    Found are: gaps, events that are damaged or can't be decoded (both seen by the store as it reads),
    operations that don't fit their text, edits that are there twice, snapshots that differ from the replay,
    and a catalogue or clients' counters that differ from the log.
    """
    auditor = _Auditor(record, await _snapshots(store, record))
    try:
        async for page in events(store, record.id):
            for event in page:
                auditor.take(event)
    except CorruptLog as error:
        return [*auditor.findings, Finding(record.id, error.seq, error.what)]
    auditor.finish()
    for client in await store.clients(record.id):
        newest = auditor.accepted.get(client.client, 0)
        if client.accepted != newest:
            auditor.find(
                record.version,
                f"client {client.client} has accepted {client.accepted}, its newest edit is {newest}",
            )
    return auditor.findings


async def _snapshots(store: EventStore, record: DocumentRecord) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at_most: int | None = None
    while snapshot := await store.snapshot(record.id, at_most=at_most):
        found[snapshot[0]] = snapshot[1]
        at_most = snapshot[0] - 1
    return found


class _Auditor:
    """Goes through one document's events in order, and notes what is wrong."""

    def __init__(self, record: DocumentRecord, snapshots: dict[int, bytes]) -> None:
        self.findings: list[Finding] = []
        self.accepted: dict[str, int] = {}
        self._record = record
        self._snapshots = snapshots
        self._document = Document(record.id)

    def find(self, seq: int, what: str, *, harmless: bool = False) -> None:
        self.findings.append(Finding(self._record.id, seq, what, harmless))

    def take(self, event: Event) -> None:
        if event.seq != self._document.version + 1:
            raise CorruptLog(event.document, self._document.version + 1, "missing")
        if (event.seq == 1) != isinstance(event.payload, Created):
            self.find(event.seq, "the log must begin with the document's creation, once")
        if event.client_seq and event.client_seq <= self.accepted.get(event.client, 0):
            self.find(event.seq, f"edit {event.client_seq} of client {event.client} is there twice")
        if event.at < self._document.at:
            self.find(event.seq, "earlier than the event before it")
        self.accepted[event.client] = max(event.client_seq, self.accepted.get(event.client, 0))
        try:
            if event.op is not None:
                self._document.content.check(event.op)
            self._document.evolve(event)
        except InvalidOperation as error:
            raise CorruptLog(event.document, event.seq, f"doesn't fit its text: {error}") from error
        if event.seq in self._snapshots:
            self._compare(event.seq, self._snapshots.pop(event.seq))

    def _compare(self, version: int, packed: bytes) -> None:
        try:
            if unpack(packed) != self._document.content.value():
                self.find(version, "the snapshot differs from the replay")
        except BadSnapshot as bad:
            self.find(version, f"the snapshot can't be read: {bad}", harmless=True)

    def finish(self) -> None:
        for version in self._snapshots:
            self.find(version, "a snapshot of a version that doesn't exist")
        document, record = self._document, self._record
        for name, found, expected in (
            ("version", record.version, document.version),
            ("epoch", record.epoch, document.epoch),
            ("title", record.title, document.title),
            ("time of the last edit", record.updated_at, document.at),
        ):
            if found != expected:
                self.find(document.version, f"the catalogue has {name} {found!r}, the log {expected!r}")
