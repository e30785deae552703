"""Is everything in the store as it should be? Looked at from outside, with nothing taken on trust."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from collab.audit import Audit
from collab.chain import UNFITTING, Chain, beginning
from collab.errors import CorruptLog, UnknownEvent
from collab.events import Event
from collab.reading import PAGE, events
from collab.snapshots import BadSnapshot, unpack
from collab.store.base import ClientRecord, DocumentRecord, EventStore
from collab.tags import Tag


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

    Found are: gaps, events that are damaged or can't be decoded (both seen by the store as it reads), the first event
    that doesn't fit the hash chain, operations that don't fit their text, edits that are there twice, snapshots that
    differ from the replay, and a catalogue, tags or clients' counters that differ from the log.
    """
    auditor = _Auditor(record, await _snapshots(store, record))
    try:
        async for page in events(store, record.id):
            for event in page:
                auditor.take(event)
    except (CorruptLog, UnknownEvent) as error:
        auditor.find(error.seq, error.what)
    else:
        auditor.finish(await store.clients(record.id), await store.tags(record.id))
    return sorted([*auditor.findings, *await _misfit(store, record)], key=lambda finding: finding.seq)


async def _misfit(store: EventStore, record: DocumentRecord) -> list[Finding]:
    """The first event that doesn't fit the hash chain, if there is one.

    What is packed has a mark for one event in some: then it is one of those since the last that fits.
    """
    chain = Chain(beginning(record.id))
    after = fitting = 0
    while after < record.version:
        try:
            page = await store.rows(record.id, after=after, limit=PAGE)
            digests = dict(await store.digests(record.id, after=after, until=after + len(page)))
        except CorruptLog:
            return []  # the replay has come upon it too
        if not page:
            break
        for seq, row in enumerate(page, after + 1):
            digest = chain.take(row)
            kept = digests.get(seq)
            if kept is not None and not digest.startswith(kept):
                among = "" if seq == fitting + 1 else f", or one of those after it up to {seq}"
                return [Finding(record.id, fitting + 1, UNFITTING + among)]
            if kept is not None:
                fitting = seq
        after += len(page)
    if not fitting:
        return [Finding(record.id, 1, "there is no hash chain")]
    return []


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
        self._record = record
        self._snapshots = snapshots
        self._audit = Audit(record.id)

    def find(self, seq: int, what: str, *, harmless: bool = False) -> None:
        self.findings.append(Finding(self._record.id, seq, what, harmless))

    def take(self, event: Event) -> None:
        for wrong in self._audit.take(event):
            self.find(event.seq, wrong)
        if event.seq in self._snapshots:
            self._compare(event.seq, self._snapshots.pop(event.seq))

    def _compare(self, version: int, packed: bytes) -> None:
        try:
            if unpack(packed) != self._audit.state.content.value():
                self.find(version, "the snapshot differs from the replay")
        except BadSnapshot as bad:
            self.find(version, f"the snapshot can't be read: {bad}", harmless=True)

    def finish(self, clients: Sequence[ClientRecord], tags: Sequence[Tag]) -> None:
        for version in self._snapshots:
            self.find(version, "a snapshot of a version that doesn't exist")
        state, record = self._audit.state, self._record
        for name, found, expected in (
            ("version", record.version, state.version),
            ("epoch", record.epoch, state.epoch),
            ("title", record.title, state.title),
            ("time of the last edit", record.updated_at, state.at),
        ):
            if found != expected:
                self.find(state.version, f"the catalogue has {name} {found!r}, the log {expected!r}")
        if list(tags) != state.tags.all():
            self.find(state.version, "the named versions differ from those in the log")
        for client in clients:
            newest = self._audit.accepted.get(client.client, 0)
            if client.accepted != newest:
                self.find(
                    record.version,
                    f"client {client.client} has accepted {client.accepted}, its newest edit is {newest}",
                )
