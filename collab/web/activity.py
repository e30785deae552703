"""The activity feed by HTTP: pages of sessions, or live as Server-Sent Events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import StoreError, UnknownPosition
from collab.hub import Hub
from collab.model_shapes import ActivityPage, ActivitySession
from collab.projections.builtin.activity import Session, sessions
from collab.projections.models import Models
from collab.times import timestamp
from collab.web import queries
from collab.web.caching import uncached
from collab.web.endpoints import Endpoint, Parameter
from collab.web.feed import LAST_EVENT_ID, start_of
from collab.web.following import LIVE, RETRY_MILLISECONDS
from collab.web.models import AFTER, FAILURES, OF_DOCUMENT, ask, behind, models_of
from collab.web.streams import Stream

PAGE = 50
MAX_PAGE = 200

BEAT_SECONDS = 5.0
"""How often a live feed on which nothing happens is told so, and whether the model still follows the log."""

MOST_TOLD = 200
"""Sessions that are told of at once: of more, somebody who was away for long asks for pages."""

BEFORE = Parameter("before", "Where to go on: `next` of the page before.", {"type": "integer", "minimum": 0})
BY = Parameter("author", "Only what this author did.", {"type": "string"})

_LIVE = (
    "Each session as it changes, some tenths of a second later: type `session`, its position as the id, and the same"
    " JSON as its data. It begins with what changes from now on, or behind `Last-Event-ID` or `after`, and of more than"
    f" {MOST_TOLD} sessions only the newest are told. While the model doesn't come forward though the log has more, as"
    " when it is parked: type `behind`, with the `lag` in events as its data, every"
    f" {BEAT_SECONDS:g} seconds, and once with 0 when it goes on."
)


async def read_activity(request: Request) -> Response:
    """Who worked on what lately, in sessions: over all documents, in one of them, or by one author."""
    document, author = request.query_params.get("document"), request.query_params.get("author")
    if queries.media(request, LIVE) == LIVE:
        response = await _live(request, document, author)
    else:
        before = queries.number(request, "before", 0) or None
        limit = queries.limit(request, default=PAGE, most=MAX_PAGE)
        found = await ask(
            *(request, "activity"),
            lambda model: sessions(model, document=document, author=author, before=before, limit=limit + 1),
        )
        following = found.value[limit - 1].position if len(found.value) > limit else None
        rows = [_row(session) for session in found.value[:limit]]
        page = ActivityPage(sessions=rows, next=following, **behind(found))
        response = uncached(page)
    response.headers["Vary"] = "Accept"
    return response


async def _live(request: Request, document: str | None, author: str | None) -> Response:
    hub: Hub = request.app.state.hub
    if hub.closing:
        raise StoreError("the server is shutting down")
    newest = await hub.store.position()
    after = start_of(request, newest)
    if after > newest:
        raise UnknownPosition(after, newest)
    return Stream(
        _told(models_of(request), document, author, after),
        media_type=LIVE,
        streams=request.app.state.streams,
        stall_seconds=hub.limits.stall_seconds,
    )


async def _told(
    models: Models, document: str | None, author: str | None, reached: int
) -> AsyncGenerator[bytes]:
    yield b"retry: %d\nid: %d\n\n" % (RETRY_MILLISECONDS, reached)

    was_stuck = False
    while await models.grown("activity", reached, seconds=BEAT_SECONDS):
        found = await models.ask(
            "activity", partial(sessions, document=document, author=author, since=reached, limit=MOST_TOLD)
        )
        grew = found.position > reached
        if is_stuck := not grew and found.lag > 0:
            yield b'event: behind\ndata: {"lag":%d}\n\n' % found.lag
        elif was_stuck:
            yield b'event: behind\ndata: {"lag":0}\n\n'
        elif not grew:
            yield b":\n\n"
        if found.value:
            yield b"".join(map(_event, reversed(found.value)))
        was_stuck = is_stuck
        reached = max(reached, found.position)


def _event(session: Session) -> bytes:
    return b"event: session\nid: %d\ndata: %b\n\n" % (session.position, msgspec.json.encode(_row(session)))


def _row(session: Session) -> ActivitySession:
    return ActivitySession(
        *(session.document, session.title, session.author, session.first, session.last),
        *(timestamp(session.began), timestamp(session.ended)),
        *(session.edits, session.inserted, session.deleted, session.position),
    )


ENDPOINTS = [
    Endpoint(
        "GET",
        "/api/activity",
        read_activity,
        {200: {"application/json": ActivityPage, LIVE: Annotated[str, msgspec.Meta(description=_LIVE)]}},
        parameters=[OF_DOCUMENT, BY, BEFORE, queries.LIMIT, AFTER, LAST_EVENT_ID],
        failures=FAILURES,
    ),
]
