"""The HTTP API: documents listed and created, and how failures are told. `collab.web.history` reads them."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, structs
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import (
    AlreadyDone,
    BaseTooOld,
    BodyTooLarge,
    CollabError,
    DocumentExists,
    DocumentNotFound,
    DocumentTooLarge,
    Forbidden,
    InvalidName,
    NotCreatedYet,
    NothingToDo,
    NotPermitted,
    OperationTooLarge,
    PastEnd,
    RequestError,
    StoreError,
    TagExists,
    TooFast,
    TooManyStreams,
    TooManyTags,
    Unauthorised,
    UnknownPosition,
    UnknownTag,
    UnknownVersion,
)
from collab.events import KINDS
from collab.hub import Hub
from collab.operation import Operation, span, validate
from collab.projections.faults import UnknownProjection
from collab.shapes import DocumentRow, DocumentsPage, Failure, ListedDocument, Problem
from collab.store.base import DocumentRecord, Listed
from collab.times import timestamp
from collab.web import queries
from collab.web.endpoints import Endpoint
from collab.web.identifying import who

PAGE = 50
MAX_PAGE = 200

_STATUS: list[tuple[type[CollabError], int]] = [
    (Unauthorised, 401),
    (Forbidden, 403),
    (NotPermitted, 403),
    (DocumentNotFound, 404),
    (UnknownVersion, 404),
    (UnknownPosition, 404),
    (NotCreatedYet, 404),
    (UnknownTag, 404),
    (UnknownProjection, 404),
    (DocumentExists, 409),
    (TagExists, 409),
    (TooManyTags, 409),
    (BaseTooOld, 409),
    (NothingToDo, 409),
    (AlreadyDone, 409),
    (BodyTooLarge, 413),
    (DocumentTooLarge, 413),
    (OperationTooLarge, 413),
    (TooFast, 429),
    (TooManyStreams, 503),
    (RequestError, 400),
    (StoreError, 503),
]


class NewDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish for a document, under a random ``id`` if none is given. It begins with ``content``, a string or insert
    components. Its ``kind`` is "rich" if it is meant for an editor that can show formatting."""

    title: str = ""
    id: str | None = None
    content: str | list[Any] = ""
    kind: Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(KINDS)})] = "text"


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
    seq = error.seq if isinstance(error, AlreadyDone) else UNSET
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return answer(Failure(Problem(error.code, str(error), seq)), status, headers)


async def list_documents(request: Request) -> Response:
    """The documents, the last edited first, a page at a time; all of them, or those with some words in their title."""
    hub: Hub = request.app.state.hub
    limit = queries.limit(request, default=PAGE, most=MAX_PAGE)
    cursor = request.query_params.get("cursor")
    before = _parse_cursor(cursor) if cursor else None
    title = " ".join(request.query_params.get("title", "").split())  # as titles are kept
    found = await hub.store.listed(title=title, before=before, limit=limit + 1)
    following = _make_cursor(found[limit - 1].record) if len(found) > limit else None
    return answer(DocumentsPage([_listed(each) for each in found[:limit]], following))


def _listed(found: Listed) -> ListedDocument:
    row = document_row(found.record)
    return ListedDocument(**structs.asdict(row), authors=found.authors, author_count=found.author_count)


async def create_document(request: Request) -> Response:
    """Create a document, under a random id if none is given."""
    hub: Hub = request.app.state.hub
    wish = await queries.wish(request, NewDocument, most=queries.MAX_CONTENT)
    content = content_of(wish.content)
    key = queries.key(request)
    record = await hub.create(
        wish.id or random_id(), who(request), title=wish.title, kind=wish.kind, content=content, key=key
    )
    return created(request, record)


def content_of(wanted: str | list[Any]) -> Operation:
    """What a document is to begin with, as insert components.

    Raises:
        InvalidOperation: it is something else.
    """
    content = validate([wanted] if isinstance(wanted, str) and wanted else wanted or [])
    if span(content)[0]:
        raise PastEnd(span(content)[0], 0)
    return content


def random_id() -> str:
    """An id for a new document, which begins with a letter or digit as all do."""
    return secrets.token_urlsafe(9).replace("_", "a").replace("-", "b")


def created(request: Request, record: DocumentRecord) -> Response:
    """The answer for who has made a new document."""
    root = request.scope.get("root_path", "")
    return answer(document_row(record), 201, {"Location": f"{root}/api/documents/{record.id}"})


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
        parameters=[queries.TITLE, queries.LIMIT, queries.CURSOR],
        failures=[400],
    ),
    Endpoint(
        *("POST", "/api/documents", create_document, {201: DocumentRow}),
        parameters=[queries.KEY],
        body=NewDocument,
        failures=[400, 409, 413],
    ),
    Endpoint("GET", "/healthz", health, {200: Health}, open=True),
]
