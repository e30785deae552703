"""What clients write behind the question mark of an address, into a body, and of what they want."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.requests import Request

from collab import times
from collab.errors import BodyTooLarge, InvalidName, UnknownVersion
from collab.reading import version_at
from collab.store.base import DocumentRecord, EventStore
from collab.web.endpoints import Parameter

Wish = TypeVar("Wish")
Row = TypeVar("Row")

MAX_BODY = 64 * 1024

MAX_CONTENT = 64 * 1024 * 1024
"""Bytes of a body that holds a text: the longest document, in the script that takes most bytes."""

MAX_KEY = 256

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}

DOCUMENT = Parameter("document", "The document's id.", {"type": "string"}, required=True, place="path")
SEQ = Parameter("seq", "A version, by its number.", _NUMBER)
AT = Parameter(
    "at",
    "A version, by a time in ISO 8601 with its zone: the one that the document had then.",
    {"type": "string", "format": "date-time"},
)
FROM = Parameter("from", "The older version.", _NUMBER, required=True)
TO = Parameter("to", "The newer version; the newest if it isn't given.", _NUMBER)
AFTER = Parameter("after", "The version that is known already; 0 if it isn't given.", _NUMBER)
POSITION = Parameter("after", "The position that is known already; 0 if it isn't given.", _NUMBER)
UNTIL = Parameter("until", "The last version wanted; the newest if it isn't given.", _NUMBER)
EPOCH = Parameter(
    "epoch",
    "The document's, from an earlier answer. An address with it and with a version has one answer only, so that this"
    " may be kept for ever.",
    {"type": "string"},
)
LIMIT = Parameter("limit", "How many rows to send at most. More than the server sends are cut down.", _NUMBER)
ROW = Parameter("cursor", "Where to go on: `next` of the page before.", _NUMBER)
CURSOR = Parameter("cursor", "Where to go on: `next` of the page before.", {"type": "string"})
TITLE = Parameter(
    "title",
    "Only documents whose title has this in it, whatever the case; of those without a title, the id.",
    {"type": "string"},
)
AUTHOR = Parameter("author", "Whose edits.", {"type": "string"}, required=True)
NUMBER = Parameter("number", "The number of the named version.", _NUMBER, required=True, place="path")
FORMAT = Parameter(
    "format",
    "`text`, `markdown` (the text as it is), `json` (the content with its formatting), or `history`.",
    {"type": "string", "enum": ["text", "markdown", "json", "history"]},
)
NEW_ID = Parameter("id", "The id that the document gets, if not the one that it had.", {"type": "string"})
KEY = Parameter(
    "Idempotency-Key",
    "A word of the client's own: what is asked for with it is done once, however often it is sent. Later it is"
    " `already_done`, and the failure has the `seq` of the event that it became.",
    {"type": "string", "minLength": 1, "maxLength": 256},
    place="header",
)
BUCKETS = Parameter("buckets", "In how many parts the time is cut at most.", _NUMBER)


def number(request: Request, name: str, default: int) -> int:
    """The number that the query gives as ``name``.

    Raises:
        InvalidName: it is none.
    """
    text = request.query_params.get(name)
    return default if text is None else whole(text, name)


def whole(text: str, name: str) -> int:
    """The number in ``text``, which the client gave as ``name``.

    Raises:
        InvalidName: it is none.
    """
    if not re.fullmatch(r"\d{1,15}", text):
        raise InvalidName(name, "a number")
    return int(text)


def limit(request: Request, *, default: int, most: int) -> int:
    """How many rows are wanted, between 1 and ``most``."""
    return max(1, min(number(request, "limit", default), most))


def page(
    request: Request, rows: Sequence[Row], *, default: int, most: int
) -> tuple[Sequence[Row], int | None]:
    """The rows of the page that is asked for, and the cursor of the one after it. A cursor counts rows."""
    start = number(request, "cursor", 0)
    end = start + limit(request, default=default, most=most)
    return rows[start:end], end if end < len(rows) else None


def version(request: Request, name: str, default: int, *, newest: int) -> int:
    """The version that the query gives as ``name``.

    Raises:
        InvalidName: it is no number.
        UnknownVersion: the document hasn't come to it.
    """
    wanted = number(request, name, default)
    if wanted > newest:
        raise UnknownVersion(wanted, newest)
    return wanted


async def moment(request: Request, store: EventStore, record: DocumentRecord) -> int:
    """The version that is asked for as ``?seq=`` or, by time, as ``?at=``; the newest if neither is given.

    Raises:
        InvalidName: it is no number, or no time in ISO 8601 with its zone; or both are given.
        UnknownVersion, NotCreatedYet: the document hasn't come to it, or didn't exist then.
    """
    at = request.query_params.get("at")
    if at is None:
        return version(request, "seq", record.version, newest=record.version)
    if "seq" in request.query_params:
        raise InvalidName("at", "not together with seq")
    return await version_at(store, record.id, times.microseconds(at, name="at", zone_wanted=True))


def media(request: Request, *offered: str) -> str | None:
    """The one of ``offered`` media types that the Accept header asks for; None if JSON does as well, or anything."""
    asked = {}
    for part in ",".join(request.headers.getlist("accept")).lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        asked[name] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    best = max(offered, key=lambda each: asked.get(each, 0.0))
    return best if asked.get(best, 0.0) > asked.get("application/json", 0.0) else None


async def body(request: Request, *, most: int = MAX_BODY) -> bytes:
    """The request's body.

    Raises:
        BodyTooLarge: it has more than ``most`` bytes.
    """
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise BodyTooLarge(most)
    return bytes(found)


async def wish(request: Request, kind: type[Wish], *, most: int = MAX_BODY) -> Wish:
    """The request's body, JSON of that kind; an empty one is an empty object.

    Raises:
        InvalidName: it is something else.
        BodyTooLarge: it has more than ``most`` bytes.
    """
    try:
        return msgspec.json.decode(await body(request, most=most) or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidName("body", str(error)) from error


def key(request: Request) -> str | None:
    """The request's idempotency key, if it has one.

    Raises:
        InvalidName: it is too long.
    """
    found = request.headers.get("idempotency-key")
    if found is not None and not 0 < len(found) <= MAX_KEY:
        raise InvalidName("Idempotency-Key", f"1 to {MAX_KEY} characters")
    return found
