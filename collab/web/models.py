"""Read models by HTTP: what they say, and how far they are. docs/projections.md tells what is promised."""

from __future__ import annotations

import base64
import binascii
import re
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import InvalidName, UnknownPosition, UnknownVersion
from collab.hub import Hub
from collab.model_shapes import (
    CataloguedDocument,
    CataloguePage,
    ContributorRow,
    ContributorsPage,
    FoundDocument,
    FoundPage,
    ParkedEvent,
    ProjectionRow,
    ProjectionsPage,
    RowsPage,
    TextPiece,
)
from collab.projections.builtin.catalogue import ORDERS, Catalogued, catalogued
from collab.projections.builtin.contributors import contributors
from collab.projections.builtin.search import Hit, search
from collab.projections.model import Parked
from collab.projections.models import Models
from collab.projections.reader import Answer
from collab.projections.status import Status
from collab.reading import record_of
from collab.times import timestamp
from collab.web import queries
from collab.web.caching import uncached
from collab.web.endpoints import Endpoint, Parameter

PAGE = 50
MAX_PAGE = 200

MAX_QUERY = 500
"""Characters that can be looked for."""

MOST_SKIPPED = 10_000
"""Rows that a cursor may leave out: nobody reads on for so long, and each page has to count them again."""

AFTER = Parameter(
    "after",
    "Read your writes: a position in the log, or `document:version`. The answer waits for it, up to 5 s.",
    {"type": "string"},
)
ORDER = Parameter(
    "order",
    "`updated`, `created` or `length`: the newest or longest first; `title`: by the alphabet.",
    {"type": "string", "enum": list(ORDERS)},
)
Q = Parameter(
    "q",
    'Words, all of which are to be there, and anything that begins with the last; `"in quotes"` they follow each'
    " other, and with a minus before it a word is not to be there.",
    {"type": "string", "maxLength": MAX_QUERY},
    required=True,
)
OF_DOCUMENT = Parameter("document", "Only what was done in this document.", {"type": "string"})
PROJECTION = Parameter(
    "projection", "The projection's name.", {"type": "string"}, required=True, place="path"
)

FAILURES = [400, 404]

T = TypeVar("T")


async def list_catalogue(request: Request) -> Response:
    """The documents with their lengths and authors; all of them, or those with some words in their title."""
    limit = queries.limit(request, default=PAGE, most=MAX_PAGE)
    title = " ".join(request.query_params.get("title", "").split())
    order = request.query_params.get("order", "updated")
    if order not in ORDERS:
        raise InvalidName("order", " or ".join(ORDERS))
    cursor = _parsed(request.query_params.get("cursor"), textual=order == "title")
    found = await ask(
        *(request, "catalogue"),
        lambda model: catalogued(model, title=title, order=order, cursor=cursor, limit=limit + 1),
    )
    documents = [_catalogued(line) for line, _ in found.value[:limit]]
    following = _written(found.value[limit - 1][1]) if len(found.value) > limit else None
    return uncached(CataloguePage(documents=documents, next=following, **behind(found)))


async def search_documents(request: Request) -> Response:
    """The documents whose title or text has all of it, the best first: what they say now."""
    query = request.query_params.get("q", "")
    if len(query) > MAX_QUERY:
        raise InvalidName("q", f"at most {MAX_QUERY} characters")
    start, limit = _start(request)
    found = await ask(request, "search", lambda model: search(model, query, start=start, limit=limit + 1))
    hits = [_found(hit) for hit in found.value[:limit]]
    return uncached(FoundPage(found=hits, next=_following(start, limit, len(found.value)), **behind(found)))


async def list_contributors(request: Request) -> Response:
    """Who did how much, in one document or in all of them."""
    start, limit = _start(request)
    document = request.query_params.get("document")
    found = await ask(
        *(request, "contributors"),
        lambda model: contributors(model, document=document, start=start, limit=limit + 1),
    )
    rows = [
        ContributorRow(
            *(each.author, each.documents, each.edits, each.inserted, each.deleted),
            *(timestamp(each.first_at), timestamp(each.last_at)),
        )
        for each in found.value[:limit]
    ]
    following = _following(start, limit, len(found.value))
    return uncached(ContributorsPage(contributors=rows, next=following, **behind(found)))


async def list_projections(request: Request) -> Response:
    """All read models, and how far they are."""
    hub: Hub = request.app.state.hub
    statuses = await models_of(request).statuses()
    return uncached(ProjectionsPage([_row(each) for each in statuses], await hub.store.position()))


async def read_rows(request: Request) -> Response:
    """What a projection of your own answers to the parameters of the query, all but `after`."""
    name = request.path_params["projection"]
    parameters = {key: value for key, value in request.query_params.items() if key != "after"}
    models = models_of(request)
    projection = models.projection(name)
    found = await ask(request, name, lambda model: projection.rows(model, parameters))
    return uncached(RowsPage(projection=name, rows=found.value, **behind(found)))


def models_of(request: Request) -> Models:
    models: Models = request.app.state.models
    return models


async def ask(request: Request, name: str, question: Callable[[sqlite3.Connection], T]) -> Answer[T]:
    """What the model says when everything that the query names as ``after`` is in it.

    Raises:
        InvalidName, UnknownPosition, UnknownVersion, DocumentNotFound: it names nothing that there is.
        ModelBuilding, ModelBehind, ModelParked: it can't be answered in time.
    """
    return await models_of(request).ask(name, question, after=await _after(request))


async def _after(request: Request) -> int:
    hub: Hub = request.app.state.hub
    written = request.query_params.get("after")
    if written is None:
        return 0
    document, colon, number = written.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,15}", number):
        raise InvalidName("after", "a position, or document:version")
    if not colon:
        newest = await hub.store.position()
        if int(number) > newest:
            raise UnknownPosition(int(number), newest)
        return int(number)
    record, version = await record_of(hub.store, document), int(number)
    if version > record.version:
        raise UnknownVersion(version, record.version)
    events = await hub.store.events(record.id, after=version - 1, until=version)
    return events[0].position if events else 0


def behind(found: Answer[Any]) -> dict[str, int]:
    return {"position": found.position, "lag": found.lag}


def _start(request: Request) -> tuple[int, int]:
    """How many rows to leave out, and how many to send."""
    start = queries.number(request, "cursor", 0)
    if start > MOST_SKIPPED:
        raise InvalidName("cursor", f"at most {MOST_SKIPPED}")
    return start, queries.limit(request, default=PAGE, most=MAX_PAGE)


def _following(start: int, limit: int, found: int) -> int | None:
    return start + limit if found > limit and start + limit <= MOST_SKIPPED else None


def _written(cursor: tuple[str | int, str]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def _parsed(cursor: str | None, *, textual: bool) -> tuple[str | int, str] | None:
    if not cursor:
        return None
    kind: Any = tuple[str, str] if textual else tuple[int, str]
    try:
        found: tuple[str | int, str] = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=kind)
    except (binascii.Error, ValueError) as error:
        raise InvalidName("cursor", "one that this server gave, for the same order") from error
    return found


def _catalogued(line: Catalogued) -> CataloguedDocument:
    times = {"created_at": timestamp(line.created_at), "updated_at": timestamp(line.updated_at)}
    return CataloguedDocument(**structs.asdict(line) | times)


def _found(hit: Hit) -> FoundDocument:
    title, snippet = (
        [TextPiece(part.text, part.match) for part in each] for each in (hit.title, hit.snippet)
    )
    return FoundDocument(
        hit.document, hit.kind, hit.version, hit.author, timestamp(hit.updated_at), title, snippet
    )


def _row(status: Status) -> ProjectionRow:
    parked = status.parked or status.shadow_parked
    return ProjectionRow(
        *(
            status.name,
            status.version,
            status.state,
            status.position,
            status.lag,
            status.skipped,
            status.stale,
        ),
        parked=_parked(parked) if parked else None,
        shadow=status.shadow,
        trouble=status.trouble,
    )


def _parked(parked: Parked) -> ParkedEvent:
    position, document, seq, type_ = parked.position, parked.document, parked.seq, parked.type
    return ParkedEvent(position, document, seq, type_, parked.reason, timestamp(parked.at), parked.attempts)


ENDPOINTS = [
    Endpoint(
        *("GET", "/api/catalogue", list_catalogue, {200: CataloguePage}),
        parameters=[queries.TITLE, ORDER, queries.LIMIT, queries.CURSOR, AFTER],
        failures=FAILURES,
    ),
    Endpoint(
        *("GET", "/api/search", search_documents, {200: FoundPage}),
        parameters=[Q, queries.LIMIT, queries.ROW, AFTER],
        failures=FAILURES,
    ),
    Endpoint(
        *("GET", "/api/contributors", list_contributors, {200: ContributorsPage}),
        parameters=[OF_DOCUMENT, queries.LIMIT, queries.ROW, AFTER],
        failures=FAILURES,
    ),
    Endpoint("GET", "/api/projections", list_projections, {200: ProjectionsPage}),
    Endpoint(
        *("GET", "/api/projections/{projection}/rows", read_rows, {200: RowsPage}),
        parameters=[PROJECTION, AFTER],
        failures=FAILURES,
    ),
]
