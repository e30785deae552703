"""Documents as files, in and out."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response

from collab.errors import InvalidName
from collab.hub import Hub
from collab.moving import adopt, exported
from collab.reading import document_at, record_of
from collab.shapes import DocumentRow, State
from collab.store.base import DocumentRecord
from collab.web import queries
from collab.web.api import created
from collab.web.endpoints import Endpoint
from collab.web.history import read_document
from collab.web.streams import Stream

HISTORY = "application/x-ndjson"

_KINDS = {"text": ("txt", "text/plain; charset=utf-8"), "markdown": ("md", "text/markdown; charset=utf-8")}


async def export_document(request: Request) -> Response:
    """The document as a file: its text or content, at the newest version or at ``?seq=`` or ``?at=``, or all of its
    history, which `POST /api/import` and ``collab import`` read back."""
    hub: Hub = request.app.state.hub
    record = await record_of(hub.store, request.path_params["document"])
    wanted = request.query_params.get("format", "text")
    if wanted == "history":
        if request.query_params.keys() & {"seq", "at"}:
            raise InvalidName("format", "a history is always whole, without seq and at")
        return await _history(request, record)
    if wanted == "json":
        response = await read_document(request)
        response.headers["Content-Disposition"] = _attachment(record, "json")
        return response
    if wanted not in _KINDS:
        raise InvalidName("format", "text, markdown, json or history")
    suffix, media_type = _KINDS[wanted]
    version = await queries.moment(request, hub.store, record)
    text = (await document_at(hub.store, record.id, version)).content.plain_text()
    headers = {"Content-Disposition": _attachment(record, suffix)}
    return Response(text, headers=headers, media_type=media_type)


async def _history(request: Request, record: DocumentRecord) -> Response:
    hub: Hub = request.app.state.hub
    pages = exported(hub.store, record.id)
    first = await anext(pages)  # what can't be exported at all gets its error as everything else

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"".join(line + b"\n" for line in first)
        async for page in pages:
            yield b"".join(line + b"\n" for line in page)

    response = Stream(
        pieces(),
        media_type=HISTORY,
        streams=request.app.state.streams,
        stall_seconds=hub.limits.stall_seconds,
    )
    response.headers["Content-Disposition"] = _attachment(record, "ndjson")
    return response


def _attachment(record: DocumentRecord, suffix: str) -> str:
    return f'attachment; filename="{record.id}.{suffix}"'


async def import_document(request: Request) -> Response:
    """A document with all of its history, as it was exported here or elsewhere, to the byte."""
    hub: Hub = request.app.state.hub
    new = request.query_params.get("id")
    record = await adopt(hub.store, request.stream(), document=new, most=hub.limits.document)
    hub.watching.grew(record.id)
    return created(request, record)


_EXPORTED = {
    200: {"text/plain": str, "text/markdown": str, "application/json": State, HISTORY: str},
    304: None,
}

ENDPOINTS = [
    Endpoint(
        *("GET", "/api/documents/{document}/export", export_document, _EXPORTED),
        parameters=[queries.DOCUMENT, queries.FORMAT, queries.SEQ, queries.AT],
        failures=[400, 404],
    ),
    Endpoint(
        *("POST", "/api/import", import_document, {201: DocumentRow}),
        parameters=[queries.NEW_ID],
        body={HISTORY: str},
        failures=[400, 409, 413],
    ),
]
