"""The HTTP API's reading side: any version of a document, who wrote what in it, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast, get_args

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import InvalidName
from collab.explaining import Axis, Explainer
from collab.hub import Hub
from collab.messages import event_row
from collab.operation import plain_text
from collab.reading import document_at, record_of
from collab.shapes import (
    BlamedRun,
    BlamePage,
    DiffPage,
    EditingSession,
    EventsPage,
    SearchPage,
    SessionsPage,
    State,
    TimelineBucket,
    TimelinePage,
    contribution,
    found_row,
    part_row,
    timed,
)
from collab.store.base import DocumentRecord
from collab.times import timestamp
from collab.units import collapse, expand
from collab.web import feed, queries
from collab.web.caching import tag_of, tagged, unchanged
from collab.web.endpoints import Endpoint, Handler, Parameter

Row = TypeVar("Row")

PAGE = 1_000
MAX_PAGE = 10_000

BY = Parameter(
    "by",
    "Of what the buckets have equally much: `time`, if it isn't given, or events, by `version`.",
    {"type": "string", "enum": ["time", "version"]},
)

MOST_WANTED = 200
"""Characters of a text that is searched for: around each edit twice as much is looked through."""

Q = Parameter(
    "q",
    f"The text, to the letter: 1 to {MOST_WANTED} characters.",
    {"type": "string", "minLength": 1, "maxLength": MOST_WANTED},
    required=True,
)

BUCKETS = 100
MAX_BUCKETS = 1_000


async def read_document(request: Request) -> Response:
    """A document's content: the newest, or at ``?seq=`` or ``?at=``."""
    hub, record = await _asked(request)
    version = await queries.moment(request, hub.store, record)
    tag = tag_of(record, version, request=request, named_by="seq")
    if known := unchanged(request, tag):
        return known
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
    return tagged(state, tag)


async def read_events(request: Request) -> Response:
    """What was done: the events after version ``?after=``, up to ``?until=`` if that is given."""
    response = await _read_events(request)
    response.headers["Vary"] = "Accept"
    return response


async def _read_events(request: Request) -> Response:
    hub, record = await _asked(request)
    after = queries.number(request, "after", 0)
    until = queries.version(request, "until", record.version, newest=record.version)
    if kind := queries.media(request, *feed.FORMATS):
        return await feed.stream_document(request, record, kind, until=until)
    tag = tag_of(record, after, until, request=request, named_by="until")
    if known := unchanged(request, tag):
        return known
    limit = queries.limit(request, default=PAGE, most=PAGE)
    found = await hub.store.events(record.id, after=after, until=until, limit=limit)
    following = found[-1].seq if found and found[-1].seq < until else None
    page = EventsPage(record.id, record.epoch, [event_row(event) for event in found], following)
    return tagged(page, tag)


async def read_blame(request: Request) -> Response:
    """Who wrote each part of the text, at the newest version or at ``?seq=`` or ``?at=``."""
    hub, record = await _asked(request)
    version = await queries.moment(request, hub.store, record)
    tag = tag_of(record, version, request=request, named_by="seq")
    if known := unchanged(request, tag):
        return known
    explained = await _explainer(request).blame(record.id, version)
    runs, following = _page(request, explained.credits)
    place = sum(credit.length for credit in explained.credits[: _cursor(request)])
    text = expand(plain_text(explained.text))
    shown = []
    for credit in runs:
        shown.append(
            BlamedRun(credit.length, collapse(text[place : place + credit.length]), contribution(credit))
        )
        place += credit.length
    return tagged(BlamePage(record.id, record.epoch, version, shown, following), tag)


async def read_diff(request: Request) -> Response:
    """What happened between the versions ``?from=`` and ``?to=``, the newest if that isn't given."""
    hub, record = await _asked(request)
    if "from" not in request.query_params:
        raise InvalidName("from", "the number of a version")
    older, newer = (
        queries.version(request, name, record.version, newest=record.version) for name in ("from", "to")
    )
    tag = tag_of(record, older, newer, request=request, named_by="to")
    if known := unchanged(request, tag):
        return known
    compared = await _explainer(request).compare(record.id, older, newer)
    parts, following = _page(request, compared.parts)
    operation = None if _cursor(request) else compared.operation
    shown = [part_row(part) for part in parts]
    page = DiffPage(record.id, record.epoch, older, newer, operation, shown, following)
    return tagged(page, tag)


async def read_timeline(request: Request) -> Response:
    """How much was done when, and by whom, in at most ``?buckets=`` parts of the time, or of the versions."""
    _, record = await _asked(request)
    by = request.query_params.get("by", "time")
    if by not in get_args(Axis):
        raise InvalidName("by", "`time` or `version`")
    tag = tag_of(record, record.version)
    if known := unchanged(request, tag):
        return known
    wanted = max(1, min(queries.number(request, "buckets", BUCKETS), MAX_BUCKETS))
    found = await _explainer(request).timeline(record, by=cast(Axis, by), buckets=wanted)
    buckets = [timed(bucket, TimelineBucket) for bucket in found]
    return tagged(TimelinePage(record.id, record.epoch, record.version, buckets), tag)


async def read_sessions(request: Request) -> Response:
    """Who worked on it when: stretches of one author's edits, as people read a history.

    With ``?after=`` only what was done after that version: of a session that was going on then, the rest.
    """
    _, record = await _asked(request)
    after = queries.version(request, "after", 0, newest=record.version)
    tag = tag_of(record, record.version)
    if known := unchanged(request, tag):
        return known
    sessions, following = _page(request, await _explainer(request).sessions(record, after=after))
    shown = [timed(session, EditingSession) for session in sessions]
    page = SessionsPage(record.id, record.epoch, record.version, shown, following)
    return tagged(page, tag)


async def read_search(request: Request) -> Response:
    """When the text ``?q=`` appeared in the document, and when it was gone. The case counts."""
    _, record = await _asked(request)
    wanted = request.query_params.get("q", "")
    if not 0 < len(wanted) <= MOST_WANTED:
        raise InvalidName("q", f"1 to {MOST_WANTED} characters")
    tag = tag_of(record, record.version)
    if known := unchanged(request, tag):
        return known
    sightings, following = _page(request, await _explainer(request).search(record, wanted))
    found = [found_row(sighting) for sighting in sightings]
    return tagged(SearchPage(record.id, record.epoch, record.version, found, following), tag)


async def _asked(request: Request) -> tuple[Hub, DocumentRecord]:
    hub: Hub = request.app.state.hub
    return hub, await record_of(hub.store, request.path_params["document"])


def _explainer(request: Request) -> Explainer:
    explainer: Explainer = request.app.state.explainer
    return explainer


def _cursor(request: Request) -> int:
    return queries.number(request, "cursor", 0)


def _page(request: Request, rows: Sequence[Row]) -> tuple[Sequence[Row], int | None]:
    """The rows of the page that is asked for, which never change for one version, and the cursor of the next."""
    return queries.page(request, rows, default=PAGE, most=MAX_PAGE)


def _endpoint(path: str, handler: Handler, shape: type, *parameters: Parameter) -> Endpoint:
    answers = {200: shape, 304: None}
    return Endpoint(
        *("GET", f"/api/documents/{{document}}{path}", handler, answers),
        parameters=[queries.DOCUMENT, *parameters],
        failures=[400, 404],
    )


ENDPOINTS = [
    _endpoint("", read_document, State, queries.SEQ, queries.AT, queries.EPOCH),
    Endpoint(
        *("GET", "/api/documents/{document}/events", read_events),
        {200: {"application/json": EventsPage, **feed.FORMATS}, 204: None, 304: None},
        parameters=[
            *(
                queries.DOCUMENT,
                queries.AFTER,
                queries.UNTIL,
                queries.LIMIT,
                queries.EPOCH,
                feed.LAST_EVENT_ID,
            ),
        ],
        failures=[400, 404],
    ),
    _endpoint(
        "/blame", read_blame, BlamePage, queries.SEQ, queries.AT, queries.EPOCH, queries.LIMIT, queries.ROW
    ),
    _endpoint(
        "/diff", read_diff, DiffPage, queries.FROM, queries.TO, queries.EPOCH, queries.LIMIT, queries.ROW
    ),
    _endpoint("/timeline", read_timeline, TimelinePage, BY, queries.BUCKETS),
    _endpoint("/search", read_search, SearchPage, Q, queries.LIMIT, queries.ROW),
    _endpoint("/sessions", read_sessions, SessionsPage, queries.AFTER, queries.LIMIT, queries.ROW),
]
