"""Following the log: the events of one document or of all, in pages, as lines, or live.

Which of these, the Accept header says; docs/following.md tells how to use them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import InvalidName, StoreError, UnknownPosition, UnknownVersion
from collab.hub import Hub
from collab.messages import event_row
from collab.shapes import LogPage
from collab.store.base import DocumentRecord
from collab.store.logged import log_row
from collab.web import queries
from collab.web.api import answer
from collab.web.endpoints import Endpoint, Parameter
from collab.web.following import LINES, LIVE, Numbered, Pages, Read, lines, live
from collab.web.streams import OpenStreams, Stream

PAGE = 1_000

LAST_EVENT_ID = Parameter(
    "Last-Event-ID",
    "Where a live stream goes on: the last id that came. Browsers send it by themselves. It goes before `after`.",
    {"type": "string"},
    place="header",
)

_LINES = "The same events to the last that is wanted, each a line of JSON."

_LIVE = (
    "Each event as it happens: its type, its number as the id, and the same JSON as its data. It begins with the"
    " newest if neither `Last-Event-ID` nor `after` says otherwise, and goes on until somebody hangs up."
)

FORMATS: Mapping[str, Any] = {
    LINES: Annotated[str, msgspec.Meta(description=_LINES)],
    LIVE: Annotated[str, msgspec.Meta(description=_LIVE)],
}
"""What there is beside the pages in JSON."""


async def stream_document(request: Request, record: DocumentRecord, kind: str, *, until: int) -> Response:
    """The events of a document as ``kind`` wants them: LINES or LIVE."""
    hub: Hub = request.app.state.hub

    async def read(after: int, limit: int) -> list[Numbered]:
        return [
            (event.seq, event_row(event))
            for event in await hub.store.events(record.id, after=after, limit=limit)
        ]

    if kind == LINES:
        return await _stream(request, Pages(read, queries.number(request, "after", 0), until), kind)
    after = start_of(request, record.version)
    if after > record.version:
        raise UnknownVersion(after, record.version)
    last = until if "until" in request.query_params else None
    return await _stream(request, Pages(read, after, last), kind, document=record.id)


async def read_log(request: Request) -> Response:
    """What was done to all documents: the events after position ``?after=`` in the whole log."""
    hub: Hub = request.app.state.hub
    kind = queries.media(request, *FORMATS)
    newest = await hub.store.position()
    after = start_of(request, newest) if kind == LIVE else queries.number(request, "after", 0)
    if after > newest:
        raise UnknownPosition(after, newest)
    if kind is not None:
        response = await _stream(request, Pages(_log(hub), after, None if kind == LIVE else newest), kind)
    else:
        limit = queries.limit(request, default=PAGE, most=PAGE)
        events = [log_row(logged) for logged in await hub.store.log(after=after, limit=limit)]
        reached = events[-1].position if events else after
        page = LogPage(events, reached if reached < newest else None, max(reached, newest))
        response = answer(page, headers={"Cache-Control": "no-cache"})
    response.headers["Vary"] = "Accept"
    return response


def _log(hub: Hub) -> Read:
    async def read(after: int, limit: int) -> list[Numbered]:
        rows = [log_row(logged) for logged in await hub.store.log(after=after, limit=limit)]
        return [(row.position, row) for row in rows]

    return read


def start_of(request: Request, newest: int) -> int:
    """After which number a live stream begins.

    Raises:
        InvalidName: the client names none.
    """
    last = request.headers.get("last-event-id")
    if last is None:
        return queries.number(request, "after", newest)
    if not re.fullmatch(r"[0-9]{1,15}", last):
        raise InvalidName("Last-Event-ID", "the id of an event")
    return int(last)


async def _stream(request: Request, pages: Pages, kind: str, document: str | None = None) -> Response:
    hub: Hub = request.app.state.hub
    streams: OpenStreams = request.app.state.streams
    if hub.closing:
        raise StoreError("the server is shutting down")
    if kind == LIVE and pages.over:
        return Response(status_code=204)  # nothing will ever come of it: a browser stops asking
    await pages.prepare()
    parts = lines(pages) if kind == LINES else live(pages, hub.watching, document)
    return Stream(parts, media_type=kind, streams=streams, stall_seconds=hub.limits.stall_seconds)


ENDPOINTS = [
    Endpoint(
        *("GET", "/api/log", read_log, {200: {"application/json": LogPage, **FORMATS}}),
        parameters=[queries.POSITION, queries.LIMIT, LAST_EVENT_ID],
        failures=[400, 404],
    )
]
