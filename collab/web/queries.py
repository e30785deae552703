"""What clients write behind the question mark of an address, and into a body."""

from __future__ import annotations

import re

from starlette.requests import Request

from collab import times
from collab.errors import InvalidName, UnknownVersion
from collab.reading import version_at
from collab.store.base import DocumentRecord, EventStore
from collab.web.endpoints import Parameter

MAX_BODY = 64 * 1024

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
UNTIL = Parameter("until", "The last version wanted; the newest if it isn't given.", _NUMBER)
LIMIT = Parameter("limit", "How many rows to send at most. More than the server sends are cut down.", _NUMBER)
ROW = Parameter("cursor", "Where to go on: `next` of the page before.", _NUMBER)
CURSOR = Parameter("cursor", "Where to go on: `next` of the page before.", {"type": "string"})
BUCKETS = Parameter("buckets", "In how many parts the time is cut at most.", _NUMBER)


def number(request: Request, name: str, default: int) -> int:
    """The number that the query gives as ``name``.

    Raises:
        InvalidName: it is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,15}", text):
        raise InvalidName(name, "a number")
    return int(text)


def limit(request: Request, *, default: int, most: int) -> int:
    """How many rows are wanted, between 1 and ``most``."""
    return max(1, min(number(request, "limit", default), most))


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


async def body(request: Request) -> bytes:
    """The request's body.

    Raises:
        InvalidName: it is too large.
    """
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY:
            raise InvalidName("body", f"at most {MAX_BODY} bytes")
    return found
