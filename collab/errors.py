"""Every failure we can name.

A failure carries plain values and builds its sentence from them. Three families:

- `RequestError`: the client's doing. It is answered with a stable ``code`` and costs one request; the
  connection stays.
- `ConnectionFault`: this connection cannot go on. It is closed with ``close_code``.
- `StoreError`: our doing. It is logged once, and the client may try again.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class CloseCode(IntEnum):
    """WebSocket close codes of ``collab.v1``: 4400 to 4499 are final, all others mean *try again*."""

    RETRY = 1013
    EXPIRED = 4001
    BAD_MESSAGE = 4400
    UNAUTHORISED = 4401
    FORBIDDEN = 4403
    GONE = 4404
    HELLO_TIMEOUT = 4508
    CLIENT_TOO_OLD = 4409
    TOO_LARGE = 4413
    SUPERSEDED = 4490
    BEHIND = 4501
    STALLED = 4502
    TOO_MANY = 4503


MESSAGE_TOO_BIG = 1009
"""The close code that WebSocket itself has for a frame larger than the other end reads at all."""


def is_final(close_code: int) -> bool:
    """Whether a client that is closed with this code must not come back.

    >>> is_final(CloseCode.FORBIDDEN), is_final(CloseCode.RETRY), is_final(1006)
    (True, False, False)
    """
    return 4400 <= close_code < 4500 or close_code == MESSAGE_TOO_BIG


class CollabError(Exception):
    """Root of all failures that `collab` raises on purpose."""

    code = "error"


# The client's doing: one request is refused.


class RequestError(CollabError):
    code = "request"


class InvalidOperation(RequestError):
    """The operation cannot be applied to the text it was meant for."""

    code = "operation_invalid"


class WrongType(InvalidOperation):
    code = "operation_type"

    def __init__(self, found: object, where: str) -> None:
        self.found = type(found).__name__
        self.where = where
        super().__init__(f"{where}: {self.found} is not allowed here")


class BadLength(InvalidOperation):
    code = "operation_length"

    def __init__(self, length: int, limit: int) -> None:
        self.length, self.limit = length, limit
        shown = length if abs(length) < 2**53 else "beyond any number"
        super().__init__(f"length {shown} is not between 1 and {limit}")


class PastEnd(InvalidOperation):
    code = "operation_past_end"

    def __init__(self, reach: int, length: int) -> None:
        self.reach, self.length = reach, length
        super().__init__(f"operation spans {reach} units, the text has {length}")


class SplitsPair(InvalidOperation):
    code = "operation_splits_pair"

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"offset {offset} lies inside a surrogate pair")


class LoneSurrogate(InvalidOperation):
    code = "operation_lone_surrogate"

    def __init__(self) -> None:
        super().__init__("inserted text holds half of a surrogate pair")


class TooDeep(InvalidOperation):
    code = "operation_too_deep"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"attributes or embed nested deeper than {limit} levels")


class TooManyComponents(InvalidOperation):
    code = "operation_too_many_components"

    def __init__(self, count: int, limit: int) -> None:
        self.count, self.limit = count, limit
        super().__init__(f"operation has {count} components, at most {limit} are allowed")


class OperationTooLarge(RequestError):
    code = "operation_too_large"

    def __init__(self, size: int, limit: int) -> None:
        self.size, self.limit = size, limit
        super().__init__(f"operation inserts {size} units, at most {limit} are allowed")


class DocumentTooLarge(RequestError):
    code = "document_too_large"

    def __init__(self, length: int, limit: int) -> None:
        self.length, self.limit = length, limit
        super().__init__(f"the document would have {length} units, at most {limit} are allowed")


class BodyTooLarge(RequestError):
    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the body has more than {limit} bytes")


class TooFast(RequestError):
    code = "too_fast"

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        super().__init__(f"more than {per_second:g} edits per second")


class NotPermitted(RequestError):
    """Whoever asks may look, and no more."""

    code = "forbidden"

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(f"who is {role!r} here may not change anything")


class DocumentNotFound(RequestError):
    code = "document_not_found"

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(f"there is no document {document!r}")


class DocumentExists(RequestError):
    code = "document_exists"

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(f"document {document!r} exists already")


class InvalidName(RequestError):
    code = "invalid_name"

    def __init__(self, what: str, rule: str) -> None:
        self.what, self.rule = what, rule
        super().__init__(f"{what}: {rule}")


class UnknownKind(RequestError):
    code = "unknown_kind"

    def __init__(self, kind: str, known: Sequence[str]) -> None:
        self.kind, self.known = kind, tuple(known)
        super().__init__(f"there are no documents of kind {kind[:40]!r}, only {' and '.join(known)}")


class UnknownVersion(RequestError):
    code = "unknown_version"

    def __init__(self, asked: int | str, newest: int) -> None:
        self.asked, self.newest = asked, newest
        super().__init__(f"there is no version {asked}, the newest is {newest}")


class NotCreatedYet(RequestError):
    code = "not_created_yet"

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(f"there was no document {document!r} at that time")


class UnknownTag(RequestError):
    code = "unknown_tag"

    def __init__(self, tag: int | str) -> None:
        self.tag = tag
        super().__init__(f"there is no named version {tag!r}")


class TagExists(RequestError):
    code = "tag_exists"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"a version is named {name!r} already")


class TooManyTags(RequestError):
    code = "too_many_tags"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a document has at most {limit} named versions")


class BaseTooOld(RequestError):
    code = "base_too_old"

    def __init__(self, base: int, limit: int) -> None:
        self.base, self.limit = base, limit
        super().__init__(f"more than {limit} events since version {base}: read the newest and try again")


class NothingToDo(RequestError):
    """What was asked for would change nothing, and so is no event."""

    code = "nothing_to_do"


class AlreadyDone(RequestError):
    """What was asked for with this key is in the log, as event ``seq``."""

    code = "already_done"

    def __init__(self, seq: int) -> None:
        self.seq = seq
        super().__init__(f"this was asked for before, with the same key, and is event {seq}")


class UnknownPosition(RequestError):
    code = "unknown_position"

    def __init__(self, asked: int, newest: int) -> None:
        self.asked, self.newest = asked, newest
        super().__init__(f"there is no position {asked} in the log, the newest is {newest}")


class UnknownWebhook(RequestError):
    code = "unknown_webhook"

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"there is no webhook {number}")


class TooManyWebhooks(RequestError):
    code = "too_many_webhooks"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"there are {limit} webhooks, no more are allowed")


class NothingParked(RequestError):
    """Only an event that is parked can be skipped: the others are on their way."""

    code = "nothing_parked"

    def __init__(self, number: int, document: str) -> None:
        self.number, self.document = number, document
        super().__init__(f"webhook {number} has no parked event of document {document!r}")


class TooManyStreams(RequestError):
    code = "too_many_streams"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the server has {limit} open streams, no more are allowed: try again later")


class BadArchive(RequestError):
    """What was to be imported isn't a whole history, or was changed. ``line`` counts from 1."""

    code = "bad_archive"

    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what
        super().__init__(f"line {line}: {what}")


class BadReproduction(CollabError):
    """The file isn't a reproduction, or none that can be played again. ``frame`` counts from 1; 0 is the rest of it."""

    code = "bad_reproduction"

    def __init__(self, what: str, frame: int = 0) -> None:
        self.what, self.frame = what, frame
        super().__init__(f"frame {frame}: {what}" if frame else what)


class IncompleteReproduction(BadReproduction):
    code = "incomplete_reproduction"

    def __init__(self) -> None:
        super().__init__(
            "the frames don't go back to where the client began: there is nothing to play them on"
        )


# Seen from the other side.


class HistoryError(CollabError):
    """The server said no to something asked for by HTTP, or can't be reached.

    ``code`` and ``reason`` are its own, ``status`` is that of HTTP: 0 if there was no answer, the code then being
    ``unreachable``. ``seq`` says which event it is that is ``already_done``.
    """

    def __init__(self, code: str, reason: str, status: int, *, seq: int | None = None) -> None:
        self.code, self.reason, self.status, self.seq = code, reason, status, seq
        super().__init__(f"{reason} ({code})")


# This connection cannot go on.


class ConnectionFault(CollabError):
    """Ends one connection. ``close_code`` says whether the client may come back."""

    code = "connection"
    close_code = CloseCode.BAD_MESSAGE


class MalformedMessage(ConnectionFault):
    code = "malformed_message"


class MessageTooLarge(ConnectionFault):
    code = "message_too_large"
    close_code = CloseCode.TOO_LARGE

    def __init__(self, size: int, limit: int) -> None:
        self.size, self.limit = size, limit
        super().__init__(f"message of {size} bytes, at most {limit} are allowed")


class Unauthorised(ConnectionFault):
    code = "unauthorised"
    close_code = CloseCode.UNAUTHORISED


class TokenExpired(ConnectionFault):
    """The client comes back with a new token, or is told then that the one it has is none."""

    code = "token_expired"
    close_code = CloseCode.EXPIRED

    def __init__(self) -> None:
        super().__init__("the token has expired")


class Forbidden(ConnectionFault):
    code = "forbidden"
    close_code = CloseCode.FORBIDDEN


class ClientTooOld(ConnectionFault):
    code = "client_too_old"
    close_code = CloseCode.CLIENT_TOO_OLD

    def __init__(self, schema: int, oldest: int) -> None:
        self.schema, self.oldest = schema, oldest
        super().__init__(f"client speaks schema {schema}, the oldest spoken here is {oldest}")


class HelloTimeout(ConnectionFault):
    code = "hello_timeout"
    close_code = CloseCode.HELLO_TIMEOUT


class Superseded(ConnectionFault):
    code = "superseded"
    close_code = CloseCode.SUPERSEDED

    def __init__(self) -> None:
        super().__init__("a newer session of this client took over")


class FellBehind(ConnectionFault):
    """The client works on a state so old that we no longer hold what came after it: it must resume."""

    code = "behind"
    close_code = CloseCode.BEHIND


class StalledConnection(ConnectionFault):
    code = "stalled"
    close_code = CloseCode.STALLED


class TooManyConnections(ConnectionFault):
    code = "too_many_connections"
    close_code = CloseCode.TOO_MANY

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the document has {limit} connections, no more are allowed")


# Our doing.


class StoreError(CollabError):
    """The store could not do its work. What was acknowledged before is safe; try again later."""

    code = "store"


class VersionConflict(StoreError):
    code = "version_conflict"

    def __init__(self, document: str, expected: int, found: int) -> None:
        self.document, self.expected, self.found = document, expected, found
        super().__init__(f"document {document!r}: expected version {expected}, found {found}")


class StoreFull(StoreError):
    code = "store_full"


class StoreBusy(StoreError):
    code = "store_busy"


class StoreReadOnly(StoreError):
    code = "store_read_only"


class StoreTooNew(StoreError):
    code = "store_too_new"

    def __init__(self, path: str, found: int, known: int) -> None:
        self.path, self.found, self.known = path, found, known
        super().__init__(
            f"{path} has schema version {found}, this program knows up to {known}: install a newer collab"
        )


class StoreUnusable(StoreError):
    """There is no store at the path, and none can be made there."""

    code = "store_unusable"

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


class StoreDamaged(StoreError):
    """The file itself is damaged, so that the database can't find its way in it."""

    code = "store_damaged"


class UnknownEvent(StoreError):
    """The document's log holds what only a newer program understands: it stays shut, and all others are open."""

    code = "unknown_event"

    def __init__(self, document: str, seq: int, what: str) -> None:
        self.document, self.seq, self.what = document, seq, what
        super().__init__(f"document {document!r}, event {seq}: {what}: install a newer collab to open it")


class CorruptLog(StoreError):
    """A gap, a bad checksum or an undecodable event: the document stays shut rather than going on wrong."""

    code = "corrupt_log"

    def __init__(self, document: str, seq: int, what: str) -> None:
        self.document, self.seq, self.what = document, seq, what
        super().__init__(f"document {document!r}, event {seq}: {what}")
