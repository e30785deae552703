"""The HTTP API's writing side: edits, names for versions, and older versions brought back."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.document import DeleteTag, RenameDocument, RenameTag, TagVersion
from collab.errors import InvalidName
from collab.events import Event
from collab.hub import Hub
from collab.messages import EventRow, event_row
from collab.reading import record_of
from collab.revising import Reviser
from collab.shapes import DocumentRow, NamedVersion, UndoPreview, VersionsPage, part_row
from collab.times import timestamp
from collab.web import queries
from collab.web.api import answer, created, random_id
from collab.web.endpoints import Endpoint, Handler, Parameter
from collab.web.identifying import who


class NewTitle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str


class NewEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either an operation on version ``base``, or the whole ``text`` that it is to become; else of the newest."""

    op: list[Any] | None = None
    text: str | None = None
    base: int | None = None


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class NewVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for ``version``, the newest if none is given."""

    name: str
    version: int | None = None


class Restoration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose edits are to be undone: those after version ``after``, up to ``until``, the newest if that isn't given."""

    author: str
    after: int = 0
    until: int | None = None


class Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which ``version``, the newest if none is given; under a random ``id`` and the same title if none is given."""

    version: int | None = None
    id: str | None = None
    title: str | None = None


async def rename_document(request: Request) -> Response:
    """Give the document another title."""
    wish = await queries.wish(request, NewTitle)
    command = RenameDocument(wish.title)
    return _done(
        await _reviser(request).carry_out(_document(request), who(request), command, key=queries.key(request))
    )


async def edit_document(request: Request) -> Response:
    """Edit the text, as a client would: what others did since version ``base`` stays."""
    wish = await queries.wish(request, NewEdit, most=queries.MAX_CONTENT)
    if (wish.op is None) is (wish.text is None):
        raise InvalidName("body", "either op or text")
    reviser, document, key = _reviser(request), _document(request), queries.key(request)
    if wish.text is None:
        return _done(await reviser.edit(document, who(request), wish.op, base=wish.base, key=key))
    return _done(await reviser.rewrite(document, who(request), wish.text, base=wish.base, key=key))


async def list_versions(request: Request) -> Response:
    """The named versions, the first named first."""
    hub: Hub = request.app.state.hub
    record = await record_of(hub.store, _document(request))
    tags = await hub.store.tags(record.id)
    rows, following = queries.page(request, tags, default=PAGE, most=PAGE)
    shown = [NamedVersion(tag.number, tag.version, tag.name, tag.author, timestamp(tag.at)) for tag in rows]
    return answer(VersionsPage(record.id, record.epoch, shown, following))


async def name_version(request: Request) -> Response:
    """Give a version a name."""
    wish = await queries.wish(request, NewVersion)
    hub: Hub = request.app.state.hub
    newest = (await record_of(hub.store, _document(request))).version
    command = TagVersion(newest if wish.version is None else wish.version, wish.name)
    return _done(
        await _reviser(request).carry_out(_document(request), who(request), command, key=queries.key(request))
    )


async def rename_version(request: Request) -> Response:
    """Give a named version another name."""
    wish = await queries.wish(request, NewName)
    command = RenameTag(_number(request), wish.name)
    return _done(
        await _reviser(request).carry_out(_document(request), who(request), command, key=queries.key(request))
    )


async def delete_version(request: Request) -> Response:
    """Take the name from a version. The version itself stays, as all do."""
    command = DeleteTag(_number(request))
    return _done(
        await _reviser(request).carry_out(_document(request), who(request), command, key=queries.key(request))
    )


async def restore_version(request: Request) -> Response:
    """Bring an older version back. Nothing is lost: what is there now is a version too."""
    wish = await queries.wish(request, Restoration)
    key = queries.key(request)
    return _done(await _reviser(request).restore(_document(request), who(request), wish.version, key=key))


async def preview_undo(request: Request) -> Response:
    """What it would do to undo one author's edits between two versions, and what of them can't be undone any more."""
    author = request.query_params.get("author")
    if author is None:
        raise InvalidName("author", "whose edits")
    hub: Hub = request.app.state.hub
    record = await record_of(hub.store, _document(request))
    plan = await _reviser(request).plan_undo(
        record.id,
        author,
        after=queries.number(request, "after", 0),
        until=queries.number(request, "until", record.version),
    )
    parts, following = queries.page(request, plan.parts, default=PAGE, most=PAGE)
    shown = [part_row(part) for part in parts]
    return answer(
        UndoPreview(
            *(record.id, record.epoch, plan.version, plan.author, plan.after, plan.until, plan.edits),
            *(plan.op, shown, plan.obstacles[:PAGE], following),
        )
    )


async def undo_edits(request: Request) -> Response:
    """Undo one author's edits between two versions, by one event; what others did stays."""
    wish = await queries.wish(request, Undo)
    reviser, document, key = _reviser(request), _document(request), queries.key(request)
    await reviser.check_new(document, who(request), key)  # once it is done, there may be nothing left to plan
    plan = await reviser.plan_undo(document, wish.author, after=wish.after, until=wish.until)
    return _done(await reviser.undo(document, who(request), plan, key=key))


async def fork_document(request: Request) -> Response:
    """Make a new document of a version, which remembers where it is from."""
    wish = await queries.wish(request, Fork)
    hub: Hub = request.app.state.hub
    record = await record_of(hub.store, _document(request))
    version = record.version if wish.version is None else wish.version
    new, key = wish.id or random_id(), queries.key(request)
    return created(
        request,
        await _reviser(request).fork(record.id, who(request), version, new=new, title=wish.title, key=key),
    )


PAGE = 1_000


def _reviser(request: Request) -> Reviser:
    reviser: Reviser = request.app.state.reviser
    return reviser


def _document(request: Request) -> str:
    document: str = request.path_params["document"]
    return document


def _number(request: Request) -> int:
    return queries.whole(request.path_params["number"], "number")


def _done(event: Event) -> Response:
    return answer(event_row(event), 201)


def _endpoint(
    method: str,
    path: str,
    handler: Handler,
    shape: type,
    *parameters: Parameter,
    body: type | None = None,
) -> Endpoint:
    writes = method != "GET"
    return Endpoint(
        *(method, f"/api/documents/{{document}}{path}", handler, {201 if writes else 200: shape}),
        parameters=[queries.DOCUMENT, *parameters, *([queries.KEY] if writes else [])],
        body=body,
        failures=[400, 404, 409, 413, 429] if writes else [400, 404],
    )


_UNDO = [queries.AUTHOR, queries.AFTER, queries.UNTIL, queries.LIMIT, queries.ROW]

ENDPOINTS = [
    _endpoint("PATCH", "", rename_document, EventRow, body=NewTitle),
    _endpoint("POST", "/edits", edit_document, EventRow, body=NewEdit),
    _endpoint("GET", "/versions", list_versions, VersionsPage, queries.LIMIT, queries.ROW),
    _endpoint("POST", "/versions", name_version, EventRow, body=NewVersion),
    _endpoint("PATCH", "/versions/{number}", rename_version, EventRow, queries.NUMBER, body=NewName),
    _endpoint("DELETE", "/versions/{number}", delete_version, EventRow, queries.NUMBER),
    _endpoint("POST", "/restore", restore_version, EventRow, body=Restoration),
    Endpoint(
        *("GET", "/api/documents/{document}/undo", preview_undo, {200: UndoPreview}),
        parameters=[queries.DOCUMENT, *_UNDO],
        failures=[400, 404, 409],
    ),
    _endpoint("POST", "/undo", undo_edits, EventRow, body=Undo),
    _endpoint("POST", "/fork", fork_document, DocumentRow, body=Fork),
]
