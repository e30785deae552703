"""What the HTTP API says of read models, as clients see it: times are in ISO 8601, lengths in UTF-16 units.

Each answer says at which ``position`` of the log it was right, and by how many events that ``lag``s behind the newest.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Modelled(msgspec.Struct, frozen=True, kw_only=True):
    """All events up to ``position`` are in it, and ``lag`` more are not yet."""

    position: int
    lag: int


class CataloguedDocument(msgspec.Struct, frozen=True):
    """A document. ``versions`` is the number of the newest, ``edits`` how many of them have changed the text; of its
    ``authors`` there are the first ten."""

    id: str
    kind: str
    title: str
    versions: int
    length: int
    edits: int
    created_at: str
    updated_at: str
    last_author: str
    author_count: int
    authors: list[str]


class CataloguePage(Modelled, frozen=True):
    """``next`` is the cursor of the next page, if there is one."""

    documents: list[CataloguedDocument]
    next: str | None


class TextPiece(msgspec.Struct, frozen=True):
    """A part of a text; a ``match`` is what was looked for."""

    text: str
    match: bool


class FoundDocument(msgspec.Struct, frozen=True):
    """A document in which all of it was found, at ``version``, which ``author`` made; ``snippet`` is the best part."""

    document: str
    kind: str
    version: int
    author: str
    updated_at: str
    title: list[TextPiece]
    snippet: list[TextPiece]


class FoundPage(Modelled, frozen=True):
    """Documents, the best first. ``next`` is the cursor of the next page, if there is one."""

    found: list[FoundDocument]
    next: int | None


class ActivitySession(msgspec.Struct, frozen=True):
    """What ``author`` did in ``document`` without a pause of two minutes, among its events from ``first`` to ``last``;
    that is at ``position`` in the whole log. The session may go on: then it comes again with another position."""

    document: str
    title: str
    author: str
    first: int
    last: int
    began: str
    ended: str
    edits: int
    inserted: int
    deleted: int
    position: int


class ActivityPage(Modelled, frozen=True):
    """Sessions, that in which something happened last first. ``next`` is the ``before`` of the next page."""

    sessions: list[ActivitySession]
    next: int | None


class ContributorRow(msgspec.Struct, frozen=True):
    """What ``author`` did, in so many ``documents``."""

    author: str
    documents: int
    edits: int
    inserted: int
    deleted: int
    first_at: str
    last_at: str


class ContributorsPage(Modelled, frozen=True):
    """Who has most edits first. ``next`` is the cursor of the next page, if there is one."""

    contributors: list[ContributorRow]
    next: int | None


class ParkedEvent(msgspec.Struct, frozen=True):
    """Event ``seq`` of ``document``, which a projection couldn't take in, for that ``reason``."""

    position: int
    document: str
    seq: int
    type: str
    reason: str
    at: str
    attempts: int


class ProjectionRow(msgspec.Struct, frozen=True):
    """A projection. Its model is ``live``, or it is ``building`` for the first time, or ``parked`` before an event, or
    ``missing``, as for an empty log.

    All events up to ``position`` are in it but ``skipped`` ones, and ``lag`` more are not yet. ``shadow`` is how far a
    model is that is being built beside it. A ``stale`` one was made by other code. ``trouble`` is what is wrong with
    the disk.
    """

    name: str
    version: int
    state: Literal["live", "building", "parked", "missing"]
    position: int
    lag: int
    skipped: int
    stale: bool
    parked: ParkedEvent | None
    shadow: int | None
    trouble: str | None


class ProjectionsPage(msgspec.Struct, frozen=True):
    """All projections of this server. ``newest`` is the last position in the log."""

    projections: list[ProjectionRow]
    newest: int


class RowsPage(Modelled, frozen=True):
    """What a projection answers; its own documentation tells."""

    projection: str
    rows: Any
