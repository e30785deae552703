"""The HTTP API: documents listed, created and read."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from collab.auth import Identity
from collab.errors import (
    CollabError,
    DocumentExists,
    DocumentNotFound,
    InvalidName,
    RequestError,
    StoreError,
    UnknownVersion,
)
from collab.hub import Hub
from collab.reading import document_at
from collab.store.base import DocumentRecord

PAGE = 50
MAX_PAGE = 200
MAX_BODY = 64 * 1024

_STATUS: list[tuple[type[CollabError], int]] = [
    (DocumentNotFound, 404),
    (UnknownVersion, 404),
    (DocumentExists, 409),
    (RequestError, 400),
    (StoreError, 503),
]


class NewDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str = ""
    id: str | None = None


def timestamp(microseconds: int) -> str:
    """A time in ISO 8601, UTC.

    >>> timestamp(1_795_430_000_123_456)
    '2026-11-23T10:33:20.123456Z'
    """
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


def document_row(record: DocumentRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "kind": record.kind,
        "title": record.title,
        "version": record.version,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
    }


def error_response(_: Request, error: Exception) -> Response:
    """A failure as JSON with its code."""
    assert isinstance(error, CollabError)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return JSONResponse({"error": {"code": error.code, "reason": str(error)}}, status)


async def list_documents(request: Request) -> Response:
    """The documents, the last edited first, a page at a time."""
    hub: Hub = request.app.state.hub
    limit = _number(request, "limit", PAGE, most=MAX_PAGE)
    cursor = request.query_params.get("cursor")
    before = _parse_cursor(cursor) if cursor else None
    records = await hub.store.documents(before=before, limit=limit + 1)
    following = _make_cursor(records[limit - 1]) if len(records) > limit else None
    return JSONResponse({"documents": [document_row(r) for r in records[:limit]], "next": following})


async def create_document(request: Request) -> Response:
    """Create a document, under a random id if none is given."""
    hub: Hub = request.app.state.hub
    body = await _body(request)
    try:
        wish = msgspec.json.decode(body or b"{}", type=NewDocument)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidName("body", str(error)) from error
    document = wish.id or secrets.token_urlsafe(9).replace("_", "a").replace("-", "b")
    record = await hub.create(document, Identity("guest"), title=wish.title)
    return JSONResponse(document_row(record), 201, {"Location": f"/api/documents/{document}"})


async def read_document(request: Request) -> Response:
    """A document's content at its newest version, or at ``?seq=``."""
    hub: Hub = request.app.state.hub
    document = request.path_params["document"]
    record = await hub.store.document(document)
    if record is None:
        raise DocumentNotFound(document)
    version = _number(request, "seq", record.version, most=record.version)
    state = await document_at(hub.store, document, version)
    row = document_row(record)
    return JSONResponse(
        {**row, "version": version, "newest": record.version, "content": state.content.value()}
    )


async def health(request: Request) -> Response:
    """Whether the server is up and can read its store."""
    hub: Hub = request.app.state.hub
    await hub.store.documents(limit=1)
    return JSONResponse({"status": "closing" if hub.closing else "ok"})


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise InvalidName("body", f"at most {MAX_BODY} bytes")
    return body


def _number(request: Request, name: str, default: int, *, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,15}", text):
        raise InvalidName(name, "a number")
    number = int(text)
    if name == "seq" and number > most:
        raise UnknownVersion(number, most)
    return max(1, min(number, most)) if name == "limit" else number


def _make_cursor(record: DocumentRecord) -> str:
    return base64.urlsafe_b64encode(f"{record.updated_at} {record.id}".encode()).decode()


def _parse_cursor(cursor: str) -> tuple[int, str]:
    try:
        updated_at, _, document = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return int(updated_at), document
    except (binascii.Error, ValueError) as error:
        raise InvalidName("cursor", "one that this server gave") from error
