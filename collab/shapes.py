"""The answers of the HTTP API, as clients see them: times are in ISO 8601, lengths in UTF-16 units."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from collab.authorship import Credit
from collab.comparison import Part
from collab.messages import EventRow
from collab.operation import Operation, Text
from collab.sightings import Sighting
from collab.times import timestamp
from collab.undoing import Obstacle

Shown = TypeVar("Shown", bound=msgspec.Struct)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong: a ``code`` that stays, and a ``reason`` for people. What is ``already_done`` is event ``seq``."""

    code: str
    reason: str
    seq: int | UnsetType = UNSET


class Failure(msgspec.Struct, frozen=True):
    """Every answer that isn't what was asked for."""

    error: Problem


class DocumentRow(msgspec.Struct, frozen=True):
    """A line of the catalogue. ``kind`` is what the document is meant for: "text", or "rich" for an editor that can
    show formatting."""

    id: str
    kind: str
    title: str
    version: int
    created_at: str
    updated_at: str


class ListedDocument(DocumentRow, frozen=True):
    """A document in a list, with the first ten of its ``authors`` and how many there are."""

    authors: list[str]
    author_count: int


class DocumentsPage(msgspec.Struct, frozen=True):
    """Documents, the last edited first. ``next`` is the cursor of the next page, if there is one."""

    documents: list[ListedDocument]
    next: str | None


class Contribution(msgspec.Struct, frozen=True):
    """A credit as clients see it: the events from ``first`` to ``last``, and their times."""

    author: str
    first: int
    last: int
    began: str
    ended: str


class BlamedRun(msgspec.Struct, frozen=True):
    """``length`` units of text, and whose they are."""

    length: int
    text: str
    credit: Contribution


class BlamePage(msgspec.Struct, frozen=True):
    """The text at ``version`` in ``runs``. ``next`` is the cursor of the next page, if there is one."""

    document: str
    epoch: str
    version: int
    runs: list[BlamedRun]
    next: int | None


class DiffPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units that were ``kept``, ``inserted`` or ``deleted``; what was kept has neither text nor credit."""

    kind: str
    length: int
    text: str = ""
    credit: Contribution | None = None


class DiffPage(msgspec.Struct, frozen=True):
    """What happened from version ``older`` to ``newer``. The operation comes with the first page of ``parts``."""

    document: str
    epoch: str
    older: int
    newer: int
    operation: Operation | None
    parts: list[DiffPart]
    next: int | None


class State(msgspec.Struct, frozen=True):
    """A document's content at ``version``, which it came to at the time ``at``.

    Title, times and the ``newest`` version may change, and come with the newest version only.
    """

    id: str
    kind: str
    epoch: str
    version: int
    at: str | None
    content: Text
    newest: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET


class EventsPage(msgspec.Struct, frozen=True):
    """Events as they are on the wire, their times in microseconds since 1970.

    ``next`` is the ``after`` with which to go on; None says that there is nothing more for now.
    """

    document: str
    epoch: str
    events: list[EventRow]
    next: int | None


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """So many events in a row are by this author."""

    author: str
    events: int


class ReplayPage(msgspec.Struct, frozen=True):
    """What happened after version ``after`` up to version ``until``: that which was asked for, or an earlier one.

    ``content`` is that of version ``after``, None if it wasn't wanted. A step is ``[operation]`` of one event, empty if
    the content stayed as it was; ``[operation, count]`` of so many events, of which each inserted the next so many
    characters (code points), or deleted the next so many units, going forwards; or ``[operation, count, true]`` of
    deletions going backwards. ``turns`` are authors, each with how many events in a row are theirs, and ``times``
    milliseconds: of the first event since 1970, then how much later each other one is than the one before it.
    """

    document: str
    kind: str
    epoch: str
    after: int
    until: int
    content: Text | None
    steps: list[list[Any]]
    turns: list[Turn]
    times: list[int]


class LogRow(EventRow, frozen=True, omit_defaults=True, kw_only=True):
    """An event in the whole log, at its ``position``. One that is ``unknown`` was written by a newer program, and comes
    without what it says."""

    document: str
    position: int
    unknown: bool = False


class LogPage(msgspec.Struct, frozen=True):
    """Events of all documents, in the order in which they were committed. ``newest`` is the last position in the log.

    ``next`` is the ``after`` with which to go on; None says that there is nothing more for now.
    """

    events: list[LogRow]
    next: int | None
    newest: int


class TimelineBucket(msgspec.Struct, frozen=True):
    """Events ``first`` to ``last``. ``inserted`` and ``deleted`` are units; ``authors`` counts the edits of the most
    active, ``others`` those of everybody else."""

    began: str
    ended: str
    first: int
    last: int
    edits: int
    inserted: int
    deleted: int
    authors: dict[str, int]
    others: int


class TimelinePage(msgspec.Struct, frozen=True):
    """The life of a document up to ``version``. Times in which nothing happened are left out."""

    document: str
    epoch: str
    version: int
    buckets: list[TimelineBucket]


class EditingSession(msgspec.Struct, frozen=True):
    """What ``author`` did without a pause of two minutes, among the events from ``first`` to ``last``."""

    author: str
    first: int
    last: int
    began: str
    ended: str
    edits: int
    inserted: int
    deleted: int


class SessionsPage(msgspec.Struct, frozen=True):
    """Sessions in the order in which they began. The last ones may go on."""

    document: str
    epoch: str
    version: int
    sessions: list[EditingSession]
    next: int | None


class Seen(msgspec.Struct, frozen=True):
    """``author``, who asks, has the ``role`` "editor", or another one and may look.

    They have ``seen`` the document up to that version; null if that was never noted. ``version`` is its newest.
    """

    document: str
    epoch: str
    version: int
    author: str
    role: str
    seen: int | None
    seen_at: str | None


class Found(msgspec.Struct, frozen=True):
    """With ``version`` a text ``appeared`` that hadn't been anywhere in the document, or the last one ``disappeared``.

    ``offset`` is the place of one, in units: in that version, or, if it disappeared, in the version before.
    """

    kind: Literal["appeared", "disappeared"]
    version: int
    author: str
    at: str
    offset: int


class SearchPage(msgspec.Struct, frozen=True):
    """When a text was in the document, up to ``version``. ``next`` is the cursor of the next page, if there is one."""

    document: str
    epoch: str
    version: int
    found: list[Found]
    next: int | None


class NamedVersion(msgspec.Struct, frozen=True):
    """``version`` has a ``name``, given by ``author``. The ``number`` stays when it is renamed."""

    number: int
    version: int
    name: str
    author: str
    at: str


class VersionsPage(msgspec.Struct, frozen=True):
    """Named versions. ``next`` is the cursor of the next page, if there is one."""

    document: str
    epoch: str
    versions: list[NamedVersion]
    next: int | None


class UndoPreview(msgspec.Struct, frozen=True):
    """What it would do to undo the ``edits`` of ``author`` after version ``after`` up to ``until``.

    The operation applies to ``version``, the newest, and ``parts`` show what it does. ``obstacles`` are the first
    thousand of what can't be undone: text that was deleted since, or formatted otherwise. ``next`` is the cursor of the
    next page of parts.
    """

    document: str
    epoch: str
    version: int
    author: str
    after: int
    until: int
    edits: int
    operation: Operation
    parts: list[DiffPart]
    obstacles: list[Obstacle]
    next: int | None


def timed(value: Any, kind: type[Shown]) -> Shown:
    """``value`` as a ``kind`` with fields of the same names, its times in words."""
    fields = {name: getattr(value, name) for name in kind.__struct_fields__}
    return kind(**fields | {"began": timestamp(value.began), "ended": timestamp(value.ended)})


def contribution(credit: Credit) -> Contribution:
    return timed(credit, Contribution)


def found_row(sighting: Sighting) -> Found:
    kind, seq, author, offset = sighting.kind, sighting.seq, sighting.author, sighting.offset
    return Found(kind, seq, author, timestamp(sighting.at), offset)


def part_row(part: Part) -> DiffPart:
    credit = None if part.credit is None else contribution(part.credit)
    return DiffPart(part.kind, part.length, part.text, credit)
