"""A document's whole history as a file that people can read and keep, and that gives it back to the byte.

Lines of JSON: the first says what it is, then comes the line of each event exactly as the hash chain (`collab.chain`)
covers it, and the last has the digest of all of them:

    {"collab":"history","format":1,"document":"notes","version":2}
    ["created",2,"server","ana",1,0,1795430000000000,{"epoch":"5e9c…","kind":"text","title":"","op":[],"origin":null}]
    ["edited",1,"mW3kT9xQ2b","ana",2,1,1795430001000000,[["hi"]]]
    {"digest":"f00d…","clients":[["mW3kT9xQ2b","ana","9b74…"]]}

So it is a proof as well: whoever has noted the digest once can tell whether a line was changed since. ``clients`` are
those whose edits are here, each with its author and the SHA-256 of its private key, so that they can go on elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from collab.audit import Audit
from collab.chain import Chain, beginning, head, line
from collab.errors import BadArchive, CorruptLog, DocumentTooLarge, InvalidOperation
from collab.events import KINDS, Created, Event, Restored, Tagged, Undone, UnreadableEvent, decode, level_of
from collab.messages import MAX_ID
from collab.operation.validate import MAX_LENGTH, validate
from collab.segments import Row
from collab.store.base import Adoption, ClientRecord, DocumentRecord

FORMAT = 1

MOST_LINE = 256 * 1024 * 1024
"""Bytes of a line: more than the largest document."""


LAST_TIME = 253_402_300_799_999_999
"""The end of the year 9999, in microseconds since 1970: the last that has a name in ISO 8601."""

EPOCH = re.compile(r"[ !#-~]{1,128}")
"""Printable ASCII without quotes."""


class _First(msgspec.Struct, frozen=True):
    collab: str
    format: int
    document: str
    version: int


class _Last(msgspec.Struct, frozen=True):
    digest: str
    clients: list[tuple[str, str, str]]


_encode = msgspec.json.Encoder().encode
_decode_first = msgspec.json.Decoder(_First).decode
_decode_last = msgspec.json.Decoder(_Last).decode
_decode_event = msgspec.json.Decoder(tuple[str, int, str, str, int, int, int, msgspec.Raw]).decode


def first_line(record: DocumentRecord) -> bytes:
    return _encode(_First("history", FORMAT, record.id, record.version))


def event_line(seq: int, row: Row) -> bytes:
    start = head(row.type, row.version, row.client, row.author)
    return line(start, seq, row.client_seq, row.at, row.payload)


def last_line(digest: bytes, clients: Sequence[ClientRecord]) -> bytes:
    return _encode(_Last(digest.hex(), [(c.client, c.author, c.key_hash.hex()) for c in clients]))


class ArchiveReader:
    """Takes the lines of such a file one by one, and makes sure that they are a history which nobody has changed.

    ``document`` is the id that it gets here, if not the one it had.
    """

    def __init__(self, document: str | None = None, *, most: int = MAX_LENGTH) -> None:
        self.version = 0
        """How many events there are to be, known after the first line."""
        self.rows: list[Row] = []
        self._name = document
        self._most = most
        self._lines = 0
        self._last: _Last | None = None

    def take(self, line: bytes) -> None:
        """Take in the next line.

        Raises:
            BadArchive: it isn't what should be there.
        """
        self._lines += 1
        if self._last is not None and not line:
            return
        try:
            if self._lines == 1:
                self._begin(_decode_first(line))
            elif self._last is not None:
                raise BadArchive(self._lines, "there is more after the end")
            elif len(self.rows) < self.version:
                self._event(line)
            else:
                self._last = _decode_last(line)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadArchive(self._lines, str(error)) from error
        except (UnreadableEvent, InvalidOperation, CorruptLog) as error:
            raise BadArchive(self._lines, str(error)) from error

    def _begin(self, first: _First) -> None:
        if first.collab != "history" or first.format != FORMAT:
            raise BadArchive(1, f"not a history of format {FORMAT}")
        if first.version < 1:
            raise BadArchive(1, "a history has at least one event")
        self.version = first.version
        self._chain = Chain(beginning(first.document))
        self._document = self._name or first.document
        self._audit = Audit(self._document)
        self._level = 1

    def _event(self, line: bytes) -> None:
        type_, version, client, author, seq, client_seq, at, payload = _decode_event(line)
        row = Row(type_, version, client, author, client_seq, at, 0, bytes(payload))
        event = Event(
            self._document, seq, decode(type_, version, row.payload), author, client, client_seq, at
        )
        self._look_at(event)
        if event.op is not None:
            validate(event.op, max_components=MAX_LENGTH)
        self._level = max(self._level, level_of(event.payload))
        for complaint in self._audit.take(event):
            raise BadArchive(self._lines, complaint)
        self._chain.take(row)
        self.rows.append(row)

    def _look_at(self, event: Event) -> None:
        """What our own events never say, and what others would stumble over: headers are made of an epoch."""
        payload = event.payload
        if not 0 <= event.at <= LAST_TIME:
            raise BadArchive(self._lines, "a time before 1970 or after the year 9999")
        if not 0 <= event.client_seq <= MAX_ID:
            raise BadArchive(self._lines, f"the number of an edit is not between 0 and {MAX_ID}")
        if isinstance(payload, Created):
            if payload.kind not in KINDS:
                raise BadArchive(self._lines, f"a document of kind {payload.kind!r} is not known here")
            if not EPOCH.fullmatch(payload.epoch):
                raise BadArchive(self._lines, f"{payload.epoch!r} is no epoch")
            if payload.origin is not None and not 0 <= payload.origin.version <= MAX_ID:
                raise BadArchive(self._lines, f"there is no version {payload.origin.version}")
        if isinstance(payload, (Restored, Tagged)) and not 0 < payload.version < event.seq:
            raise BadArchive(self._lines, f"there was no version {payload.version}")
        if isinstance(payload, Undone) and not 0 <= payload.after < payload.until < event.seq:
            raise BadArchive(self._lines, f"there were no versions {payload.after} to {payload.until}")

    def finish(self) -> Adoption:
        """The history, after the last line.

        Raises:
            BadArchive: it isn't whole, or a line was changed.
            DocumentTooLarge: its text has more than ``most`` units.
        """
        if self._last is None:
            raise BadArchive(self._lines + 1, "the file ends too early")
        if self._last.digest != self._chain.digest.hex():
            raise BadArchive(self._lines, f"a line was changed: the digest is {self._chain.digest.hex()}")
        state = self._audit.state
        created = decode(self.rows[0].type, self.rows[0].version, self.rows[0].payload)
        assert isinstance(created, Created)
        if state.content.length > self._most:
            raise DocumentTooLarge(state.content.length, self._most)
        record = DocumentRecord(
            *(state.id, state.epoch, created.kind, state.title, state.version),
            *(self.rows[0].at, state.at, self._level),
        )
        return Adoption(record, self.rows, self._clients(self._last), state.tags.all())

    def _clients(self, last: _Last) -> list[ClientRecord]:
        found = {}
        for client, author, key_hash in last.clients:
            try:
                found[client] = ClientRecord(
                    client, author, bytes.fromhex(key_hash), self._audit.accepted.get(client, 0)
                )
            except ValueError as error:
                raise BadArchive(self._lines, f"client {client}: {error}") from error
        if found.keys() != self._audit.accepted.keys() or len(found) != len(last.clients):
            raise BadArchive(self._lines, "the clients aren't those of the events")
        return list(found.values())
