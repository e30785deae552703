"""What an author has seen of a document, so that they can be told what is new when they come back.

That is about a reader and not about the document: it is not in the log, and isn't exported with it.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.auth import Identity
from collab.errors import UnknownVersion
from collab.hub import Hub
from collab.reading import record_of
from collab.shapes import Seen
from collab.store.base import DocumentRecord, Visit
from collab.times import timestamp
from collab.web import queries
from collab.web.caching import uncached
from collab.web.endpoints import Endpoint
from collab.web.identifying import who


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All up to ``version`` has been seen."""

    version: int


async def read_visit(request: Request) -> Response:
    """Who asks, what they may do here, and up to which version they have seen the document."""
    hub, record = await _asked(request)
    return await _answer(hub, record, who(request))


async def note_visit(request: Request) -> Response:
    """Note that whoever asks has seen the document up to a version. What was noted of a later version stays.

    Of a guest without a token nothing is noted, since nobody could say when they come back.
    """
    hub, record = await _asked(request)
    wish = await queries.wish(request, Progress)
    if not 0 <= wish.version <= record.version:
        raise UnknownVersion(wish.version, record.version)
    identity = who(request)
    if identity.lasting:
        await hub.store.note_visit(record.id, identity.author, Visit(wish.version, hub.clock.now()))
    return await _answer(hub, record, identity)


async def _asked(request: Request) -> tuple[Hub, DocumentRecord]:
    hub: Hub = request.app.state.hub
    return hub, await record_of(hub.store, request.path_params["document"])


async def _answer(hub: Hub, record: DocumentRecord, identity: Identity) -> Response:
    visit = await hub.store.visit(record.id, identity.author) if identity.lasting else None
    seen, seen_at = (visit.version, timestamp(visit.at)) if visit else (None, None)
    shown = Seen(
        *(record.id, record.epoch, record.version, identity.author, identity.role), seen=seen, seen_at=seen_at
    )
    return uncached(shown)


ENDPOINTS = [
    Endpoint(
        *("GET", "/api/documents/{document}/visit", read_visit, {200: Seen}),
        parameters=[queries.DOCUMENT],
        failures=[404],
    ),
    Endpoint(
        *("PUT", "/api/documents/{document}/visit", note_visit, {200: Seen}),
        parameters=[queries.DOCUMENT],
        body=Progress,
        failures=[400, 404, 413],
        for_readers=True,
    ),
]
