"""The HTTP API's reading side: any version of a document, who wrote what in it, and what became of it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from collab.authorship import Credit
from collab.comparison import Part
from collab.errors import InvalidName
from collab.explaining import Explainer
from collab.hub import Hub
from collab.operation import Operation, Text, plain_text
from collab.reading import document_at, record_of
from collab.store.base import DocumentRecord
from collab.times import timestamp
from collab.units import collapse, expand
from collab.web import queries
from collab.web.api import answer
from collab.web.endpoints import Endpoint, Handler, Parameter

PAGE = 1_000
MAX_PAGE = 10_000

BUCKETS = 100
MAX_BUCKETS = 1_000

FOR_EVER = "private, max-age=31536000, immutable"
"""Of answers about versions by their number, which can never change."""

ASK_AGAIN = "no-cache"


Shown = TypeVar("Shown", bound=msgspec.Struct)


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


async def read_document(request: Request) -> Response:
    """A document's content: the newest, or at ``?seq=`` or ``?at=``."""
    hub, record = await _asked(request)
    version = await queries.moment(request, hub.store, record)
    tag = _tag(record, version)
    if _has(request, tag):
        return _unchanged(request, tag)
    content = (await document_at(hub.store, record.id, version)).content.value()
    # Of each event only the time is wanted, and of version 0 there is none.
    times = (await hub.store.chapter(record.id, after=version - 1, until=version)).times if version else []
    at = timestamp(times[0]) if times else None
    state = State(record.id, record.kind, record.epoch, version, at, content)
    if not request.query_params.keys() & {"seq", "at"}:
        created, updated = timestamp(record.created_at), timestamp(record.updated_at)
        state = replace(
            state, newest=record.version, title=record.title, created_at=created, updated_at=updated
        )
    return _answer(request, state, tag)


async def read_blame(request: Request) -> Response:
    """Who wrote each part of the text, at the newest version or at ``?seq=`` or ``?at=``."""
    hub, record = await _asked(request)
    version = await queries.moment(request, hub.store, record)
    tag = _tag(record, version)
    if _has(request, tag):
        return _unchanged(request, tag)
    explained = await _explainer(request).blame(record.id, version)
    runs, following = _page(request, explained.credits)
    place = sum(credit.length for credit in explained.credits[: _cursor(request)])
    text = expand(plain_text(explained.text))
    shown = []
    for credit in runs:
        shown.append(
            BlamedRun(credit.length, collapse(text[place : place + credit.length]), _contribution(credit))
        )
        place += credit.length
    return _answer(request, BlamePage(record.id, record.epoch, version, shown, following), tag)


async def read_diff(request: Request) -> Response:
    """What happened between the versions ``?from=`` and ``?to=``, the newest if that isn't given."""
    hub, record = await _asked(request)
    if "from" not in request.query_params:
        raise InvalidName("from", "the number of a version")
    older, newer = (
        queries.version(request, name, record.version, newest=record.version) for name in ("from", "to")
    )
    tag = _tag(record, older, newer)
    if _has(request, tag):
        return _unchanged(request, tag)
    compared = await _explainer(request).compare(record.id, older, newer)
    parts, following = _page(request, compared.parts)
    operation = None if _cursor(request) else compared.operation
    shown = [_part(part) for part in parts]
    page = DiffPage(record.id, record.epoch, older, newer, operation, shown, following)
    return _answer(request, page, tag)


async def read_timeline(request: Request) -> Response:
    """How much was done when, and by whom, in at most ``?buckets=`` parts of the time."""
    _, record = await _asked(request)
    tag = _tag(record, record.version)
    if _has(request, tag):
        return _unchanged(request, tag)
    wanted = max(1, min(queries.number(request, "buckets", BUCKETS), MAX_BUCKETS))
    buckets = [
        _timed(bucket, TimelineBucket)
        for bucket in await _explainer(request).timeline(record, buckets=wanted)
    ]
    return _answer(request, TimelinePage(record.id, record.epoch, record.version, buckets), tag)


async def read_sessions(request: Request) -> Response:
    """Who worked on it when: stretches of one author's edits, as people read a history."""
    _, record = await _asked(request)
    tag = _tag(record, record.version)
    if _has(request, tag):
        return _unchanged(request, tag)
    sessions, following = _page(request, await _explainer(request).sessions(record))
    shown = [_timed(session, EditingSession) for session in sessions]
    page = SessionsPage(record.id, record.epoch, record.version, shown, following)
    return _answer(request, page, tag)


async def _asked(request: Request) -> tuple[Hub, DocumentRecord]:
    hub: Hub = request.app.state.hub
    return hub, await record_of(hub.store, request.path_params["document"])


def _explainer(request: Request) -> Explainer:
    explainer: Explainer = request.app.state.explainer
    return explainer


def _timed(value: Any, kind: type[Shown]) -> Shown:
    """``value`` as a ``kind`` with fields of the same names, its times in words."""
    fields = {name: getattr(value, name) for name in kind.__struct_fields__}
    return kind(**fields | {"began": timestamp(value.began), "ended": timestamp(value.ended)})


def _contribution(credit: Credit) -> Contribution:
    return _timed(credit, Contribution)


def _part(part: Part) -> DiffPart:
    credit = None if part.credit is None else _contribution(part.credit)
    return DiffPart(part.kind, part.length, part.text, credit)


def _cursor(request: Request) -> int:
    return queries.number(request, "cursor", 0)


def _page(request: Request, rows: list[Any]) -> tuple[list[Any], int | None]:
    """The rows of the page that is asked for, and the cursor of the one after it. A cursor counts rows: those of one
    version never change."""
    start = _cursor(request)
    end = start + queries.limit(request, default=PAGE, most=MAX_PAGE)
    return rows[start:end], end if end < len(rows) else None


# What is said of a version stays true, and may be kept by whoever asked.


def _tag(record: DocumentRecord, *versions: int) -> str:
    return f'"{record.epoch}-{"-".join(map(str, versions))}"'


def _has(request: Request, tag: str) -> bool:
    """Whether the client says that it has the answer already (RFC 9110, section 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in known.split(","))


def _headers(request: Request, tag: str) -> dict[str, str]:
    by_number = request.query_params.keys() & {"seq", "to"}
    return {"ETag": tag, "Cache-Control": FOR_EVER if by_number else ASK_AGAIN}


def _unchanged(request: Request, tag: str) -> Response:
    return Response(status_code=304, headers=_headers(request, tag))


def _answer(request: Request, value: object, tag: str) -> Response:
    return answer(value, headers=_headers(request, tag))


def _endpoint(path: str, handler: Handler, shape: type, *parameters: Parameter) -> Endpoint:
    answers = {200: shape, 304: None}
    return Endpoint(
        *("GET", f"/api/documents/{{document}}{path}", handler, answers),
        parameters=[queries.DOCUMENT, *parameters],
        failures=[400, 404],
    )


ENDPOINTS = [
    _endpoint("", read_document, State, queries.SEQ, queries.AT),
    _endpoint("/blame", read_blame, BlamePage, queries.SEQ, queries.AT, queries.LIMIT, queries.ROW),
    _endpoint("/diff", read_diff, DiffPage, queries.FROM, queries.TO, queries.LIMIT, queries.ROW),
    _endpoint("/timeline", read_timeline, TimelinePage, queries.BUCKETS),
    _endpoint("/sessions", read_sessions, SessionsPage, queries.LIMIT, queries.ROW),
]
