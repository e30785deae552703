"""The HTTP API: documents listed and created, and how failures are told. `collab.web.history` reads them."""

from __future__ import annotations

import base64
import binascii
import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.auth import Identity
from collab.errors import (
    CollabError,
    DocumentExists,
    DocumentNotFound,
    InvalidName,
    NotCreatedYet,
    RequestError,
    StoreError,
    UnknownVersion,
)
from collab.hub import Hub
from collab.store.base import DocumentRecord
from collab.times import timestamp
from collab.web import queries
from collab.web.endpoints import Endpoint, Failure, Problem

PAGE = 50
MAX_PAGE = 200

_STATUS: list[tuple[type[CollabError], int]] = [
    (DocumentNotFound, 404),
    (UnknownVersion, 404),
    (NotCreatedYet, 404),
    (DocumentExists, 409),
    (RequestError, 400),
    (StoreError, 503),
]


class NewDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish for a document, under a random ``id`` if none is given."""

    title: str = ""
    id: str | None = None


class DocumentRow(msgspec.Struct, frozen=True):
    """A line of the catalogue."""

    id: str
    kind: str
    title: str
    version: int
    created_at: str
    updated_at: str


class DocumentsPage(msgspec.Struct, frozen=True):
    """Documents, the last edited first. ``next`` is the cursor of the next page, if there is one."""

    documents: list[DocumentRow]
    next: str | None


class Health(msgspec.Struct, frozen=True):
    """``ok``, or ``closing`` on the way down."""

    status: str


def document_row(record: DocumentRecord) -> DocumentRow:
    return DocumentRow(
        record.id,
        record.kind,
        record.title,
        record.version,
        timestamp(record.created_at),
        timestamp(record.updated_at),
    )


def answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """``value`` as JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def error_response(_: Request, error: Exception) -> Response:
    """A failure as JSON with its code."""
    assert isinstance(error, CollabError)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return answer(Failure(Problem(error.code, str(error))), status)


async def list_documents(request: Request) -> Response:
    """The documents, the last edited first, a page at a time."""
    hub: Hub = request.app.state.hub
    limit = queries.limit(request, default=PAGE, most=MAX_PAGE)
    cursor = request.query_params.get("cursor")
    before = _parse_cursor(cursor) if cursor else None
    records = await hub.store.documents(before=before, limit=limit + 1)
    following = _make_cursor(records[limit - 1]) if len(records) > limit else None
    return answer(DocumentsPage([document_row(record) for record in records[:limit]], following))


async def create_document(request: Request) -> Response:
    """Create a document, under a random id if none is given."""
    hub: Hub = request.app.state.hub
    try:
        wish = msgspec.json.decode(await queries.body(request) or b"{}", type=NewDocument)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidName("body", str(error)) from error
    document = wish.id or secrets.token_urlsafe(9).replace("_", "a").replace("-", "b")
    record = await hub.create(document, Identity("guest"), title=wish.title)
    return answer(document_row(record), 201, {"Location": f"/api/documents/{document}"})


async def health(request: Request) -> Response:
    """Whether the server is up and can read its store."""
    hub: Hub = request.app.state.hub
    await hub.store.documents(limit=1)
    return answer(Health("closing" if hub.closing else "ok"))


def _make_cursor(record: DocumentRecord) -> str:
    return base64.urlsafe_b64encode(f"{record.updated_at} {record.id}".encode()).decode()


def _parse_cursor(cursor: str) -> tuple[int, str]:
    try:
        updated_at, _, document = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return int(updated_at), document
    except (binascii.Error, ValueError) as error:
        raise InvalidName("cursor", "one that this server gave") from error


ENDPOINTS = [
    Endpoint(
        *("GET", "/api/documents", list_documents, {200: DocumentsPage}),
        parameters=[queries.LIMIT, queries.CURSOR],
        failures=[400],
    ),
    Endpoint(
        *("POST", "/api/documents", create_document, {201: DocumentRow}),
        body=NewDocument,
        failures=[400, 409],
    ),
    Endpoint("GET", "/healthz", health, {200: Health}),
]
