"""What a store of events is.

A store keeps, per document, events numbered 1, 2, 3 … and never changes or drops one. All else that it
keeps is derived: the catalogue of documents and the clients' last accepted edits change in the very
transaction that appends the events, and snapshots may vanish at any time. `tests/store_acceptance.py` states
the contract as tests, which every store passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from collab.chapters import Chapter
from collab.events import Event
from collab.operation import Operation
from collab.segments import Row
from collab.store.webhooks import Webhooks
from collab.tags import Tag

PAGE = 1_000
"""Events read at once where the caller doesn't say: some 100 kB in memory."""


class DocumentRecord(msgspec.Struct, frozen=True):
    """A line of the catalogue. Times are microseconds since 1970, UTC.

    ``level`` is the highest of its events' (see `collab.events`).
    """

    id: str
    epoch: str
    kind: str
    title: str
    version: int
    created_at: int
    updated_at: int
    level: int = 1


MOST_AUTHORS = 10
"""Authors that are named in a line of the list; a page has room for no more."""


class Listed(msgspec.Struct, frozen=True):
    """A document in a list of them, with the first `MOST_AUTHORS` of those who ever did something in it, in the order
    in which they came, and how many they are in all."""

    record: DocumentRecord
    authors: list[str]
    author_count: int


class ClientRecord(msgspec.Struct, frozen=True):
    """A client of one document, known from its first accepted edit on.

    ``key_hash`` is the SHA-256 of its private key, and ``accepted`` the id of its last edit in the log.
    Key and author are those of its first edit and stay; each event has the author it was made by.
    """

    client: str
    author: str
    key_hash: bytes
    accepted: int = 0


class Visit(NamedTuple):
    """Somebody has seen a document up to ``version``, as was noted at the time ``at`` (µs since 1970)."""

    version: int
    at: int


MOST_VISITORS = 10_000
"""Authors whose visits are kept of one document, some 50 bytes each: guests can call themselves anything."""


class Append(msgspec.Struct, frozen=True):
    """Events to be added to one document, all or none.

    ``expected`` is the document's version before them, and the first event's ``seq`` is the next one. A
    document comes into being by an append with ``expected`` 0 whose first event is `Created`. ``clients``
    are the clients these events come from, with ``accepted`` as it is after them.
    """

    document: str
    expected: int
    events: Sequence[Event]
    clients: Sequence[ClientRecord]


class Adoption(msgspec.Struct, frozen=True):
    """A whole history that was made elsewhere, checked by the caller: ``rows`` are its events from the first to the
    last, of which the rest follows. Their positions don't count."""

    record: DocumentRecord
    rows: Sequence[Row]
    clients: Sequence[ClientRecord]
    tags: Sequence[Tag]


class Logged(NamedTuple):
    """An event in the whole log, as it is stored."""

    document: str
    seq: int
    row: Row


class Stored(msgspec.Struct, frozen=True):
    """How a history lies in the store: how many ``events`` are by themselves and how many ``packed``, and in how
    many ``segments`` and ``bytes``."""

    events: int = 0
    packed: int = 0
    segments: int = 0
    bytes: int = 0


class EventStore(Webhooks, Protocol):
    """Keeps events. Every method may raise `StoreError`; what was appended before is then unharmed."""

    async def append(self, append: Append) -> int:
        """Commit ``append`` to disk and return the position of its first event.

        Positions number the whole log in commit order: consecutive within one append, and a reader
        who has seen position *p* will never see a smaller one turn up later. Appends that come
        while another is being committed share the next transaction, each standing for itself: one
        that fails doesn't hurt the others. Cancelling the call leaves it open whether the events
        were appended.

        Raises:
            VersionConflict: the document's version isn't ``expected``; nothing was appended.
            StoreFull, StoreBusy, StoreReadOnly: the events could not be written.
            ValueError: the append contradicts itself, and would harm the log.
        """
        ...

    async def document(self, document: str) -> DocumentRecord | None:
        """The catalogue's line for ``document``, or None if there is no such document."""
        ...

    async def documents(
        self, *, before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[DocumentRecord]:
        """Documents, the last edited first: those after the (updated_at, id) given by ``before``."""
        ...

    async def listed(
        self, *, title: str = "", before: tuple[int, str] | None = None, limit: int = 100
    ) -> list[Listed]:
        """The same with their authors; only those whose title has ``title`` in it, whatever the case, or whose id if
        they have no title."""
        ...

    async def events(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Event]:
        """Events with ``after`` < seq ≤ ``until`` in order, at most ``limit``; [] where there are none.

        Raises:
            CorruptLog: one is missing or damaged.
            UnknownEvent: one is of a kind not known here.
        """
        ...

    async def rows(
        self, document: str, *, after: int = 0, until: int | None = None, limit: int = PAGE
    ) -> list[Row]:
        """The same events to the byte as they are stored, whether their kind is known here or not.

        Raises:
            CorruptLog: one is missing or damaged.
        """
        ...

    async def digests(self, document: str, *, after: int, until: int) -> list[tuple[int, bytes]]:
        """What is kept of the hash chain (`collab.chain`) for events with ``after`` < seq ≤ ``until``, in order: the
        beginnings of some of their digests, each with its seq. That of the newest event is whole.

        Empty if the document has no chain, because its history couldn't be read when it was to get one.
        """
        ...

    async def tags(self, document: str) -> list[Tag]:
        """The named versions of ``document``, the first named first."""
        ...

    async def position(self) -> int:
        """The position of the newest event in the whole log, 0 if there is none."""
        ...

    async def log(self, *, after: int, limit: int = PAGE) -> list[Logged]:
        """The events of all documents that follow position ``after``, at most ``limit``.

        Raises:
            CorruptLog, StoreDamaged: one is missing or damaged.
        """
        ...

    async def adopt(self, adoption: Adoption) -> int:
        """Take over a document with its whole history, in one transaction; the position of its first event.

        Raises:
            VersionConflict: there is a document of that id.
        """
        ...

    async def operations(self, document: str, *, after: int, until: int) -> tuple[list[Operation], int]:
        """Operations that lead from version ``after`` towards ``until``, and the version that they lead to.

        For whoever wants the text alone: one operation may do what many events did, and what doesn't
        change the text is left out. Where there are events, the version is a later one than ``after``.

        Raises:
            CorruptLog, UnknownEvent: as for `events`.
        """
        ...

    async def chapter(self, document: str, *, after: int, until: int) -> Chapter:
        """What was done from version ``after`` towards ``until``, by whom and when: some thousand events of it.

        Where there are events there is at least one.

        Raises:
            CorruptLog, UnknownEvent: as for `events`.
        """
        ...

    async def version_at(self, document: str, at: int) -> int:
        """The version that ``document`` had at the time ``at`` (µs since 1970): 0 before it was created."""
        ...

    async def client(self, document: str, client: str) -> ClientRecord | None:
        """The client of that name, or None if none of its edits was ever accepted."""
        ...

    async def clients(self, document: str) -> list[ClientRecord]:
        """All clients of ``document`` in the order of their first accepted edit."""
        ...

    async def snapshot(self, document: str, *, at_most: int | None = None) -> tuple[int, bytes] | None:
        """The newest snapshot of a version ≤ ``at_most``, as (version, packed content)."""
        ...

    async def save_snapshot(self, document: str, version: int, content: bytes) -> None:
        """Keep a packed snapshot of a document that exists. One of the same version is replaced."""
        ...

    async def delete_snapshot(self, document: str, version: int) -> None:
        """Forget a snapshot, if it is there."""
        ...

    async def visit(self, document: str, author: str) -> Visit | None:
        """Up to where ``author`` has seen ``document``, or None if that was never noted."""
        ...

    async def note_visit(self, document: str, author: str, visit: Visit) -> None:
        """Note what ``author`` has seen of a document that exists.

        Of two visits that of the later version stays, and of two of one version the later. Of more than `MOST_VISITORS`
        authors those are remembered who were here last. A crash may lose the last visits noted.
        """
        ...

    def idle(self, document: str) -> None:
        """Nobody edits ``document`` for the time being: a good moment to pack its history, in the background."""
        ...

    async def pack(self, document: str) -> None:
        """Pack all of the document's history now. Nothing that can be read of it changes.

        Raises:
            CorruptLog: an event is missing or damaged.
        """
        ...

    async def stored(self, document: str) -> Stored:
        """How the document's history lies in the store; zeros if there is no such document."""
        ...

    async def close(self) -> None:
        """Finish what is being appended and let go of all resources. Later calls fail with StoreError."""
        ...
