"""The document as an aggregate: commands come in, events come out.

`Document.decide` says which facts a wish leads to, or why it doesn't; `Document.evolve` makes a fact part of
the state. A document is the unit of ordering and of one log. Its state is a fold of its events, and `evolve` is
the only thing that ever changes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from collab.content import Content
from collab.errors import (
    DocumentExists,
    DocumentNotFound,
    DocumentTooLarge,
    InvalidName,
    UnknownKind,
    UnknownVersion,
)
from collab.events import (
    KINDS,
    Created,
    Edited,
    Event,
    Origin,
    Payload,
    Renamed,
    Restored,
    Tagged,
    TagRenamed,
    Undone,
    Untagged,
)
from collab.fold import fold_into
from collab.operation import Operation, Text
from collab.tags import Tags

MAX_TITLE = 200
"""Characters; what is longer is no title but a text."""


class CreateDocument(msgspec.Struct, frozen=True):
    """``epoch`` is a fresh random word, ``kind`` one of `KINDS`. ``op`` inserts what the document begins with, a fork
    having an ``origin``."""

    epoch: str
    title: str = ""
    op: Operation = []
    origin: Origin | None = None
    kind: str = "text"


class EditText(msgspec.Struct, frozen=True):
    """``op`` is validated, in normal form, and applies to the newest version; ``leans`` as in `Edited`."""

    op: Operation
    leans: tuple[str, ...] = ()


class RenameDocument(msgspec.Struct, frozen=True):
    title: str


class RestoreVersion(msgspec.Struct, frozen=True):
    """``op`` leads from the newest version to the content of ``version``, or as near as what others typed allows."""

    version: int
    op: Operation


class UndoEdits(msgspec.Struct, frozen=True):
    """``op`` takes back what ``author`` did after version ``after`` up to ``until``."""

    author: str
    after: int
    until: int
    op: Operation


class TagVersion(msgspec.Struct, frozen=True):
    version: int
    name: str


class RenameTag(msgspec.Struct, frozen=True):
    tag: int
    name: str


class DeleteTag(msgspec.Struct, frozen=True):
    tag: int


Command = (
    CreateDocument
    | EditText
    | RenameDocument
    | RestoreVersion
    | UndoEdits
    | TagVersion
    | RenameTag
    | DeleteTag
)


class Document:
    """One document at its newest version; at first at version 0, not created yet.

    ``at`` is the time of the last event, in microseconds since 1970.
    """

    def __init__(self, id_: str, *, max_length: int = 2**31) -> None:
        self.id = id_
        self.max_length = max_length
        self.version = 0
        self.epoch = ""
        self.kind = "text"
        self.title = ""
        self.at = 0
        self.content = Content()
        self.tags = Tags()

    def take_over(self, *, epoch: str, kind: str, title: str, version: int, at: int, content: Text) -> None:
        """Take over the state that folding events 1 to ``version`` gave, from a snapshot and the catalogue."""
        self.epoch, self.kind, self.title, self.version, self.at = epoch, kind, title, version, at
        self.content = Content(content)

    def decide(self, command: Command) -> Payload:
        """What ``command`` leads to. Nothing is changed.

        Raises:
            DocumentExists, DocumentNotFound: the document was created already, or wasn't yet.
            PastEnd, SplitsPair: an operation that doesn't fit the text.
            DocumentTooLarge: the text would outgrow ``max_length``.
            InvalidName, UnknownKind: a title, name or kind that isn't allowed.
            UnknownVersion, UnknownTag, TagExists, TooManyTags: see `collab.tags`.
        """
        if isinstance(command, CreateDocument):
            if self.version:
                raise DocumentExists(self.id)
            self._check(command.op)
            if command.kind not in KINDS:
                raise UnknownKind(command.kind, KINDS)
            return Created(
                command.epoch, command.kind, _title(command.title), op=command.op, origin=command.origin
            )
        if not self.version:
            raise DocumentNotFound(self.id)
        if isinstance(command, EditText):
            self._check(command.op)
            return Edited(command.op, command.leans)
        if isinstance(command, RestoreVersion):
            self._check_version(command.version)
            self._check(command.op)
            return Restored(command.version, command.op)
        if isinstance(command, UndoEdits):
            self._check_version(command.until)
            self._check(command.op)
            return Undone(command.author, command.after, command.until, command.op)
        return self._decide_name(command)

    def _decide_name(self, command: RenameDocument | TagVersion | RenameTag | DeleteTag) -> Payload:
        if isinstance(command, RenameDocument):
            return Renamed(_title(command.title))
        if isinstance(command, TagVersion):
            self._check_version(command.version)
            return Tagged(command.version, self.tags.check_name(command.name))
        self.tags.check_number(command.tag)
        if isinstance(command, RenameTag):
            return TagRenamed(command.tag, self.tags.check_name(command.name, of=command.tag))
        return Untagged(command.tag)

    def _check_version(self, version: int) -> None:
        if not 0 < version <= self.version:
            raise UnknownVersion(version, self.version)

    def _check(self, op: Operation) -> None:
        growth = self.content.check(op)
        if growth > 0 and self.content.length + growth > self.max_length:
            raise DocumentTooLarge(self.content.length + growth, self.max_length)

    def evolve(self, event: Event) -> None:
        """Make ``event``, the next in this document's log, part of the state."""
        assert event.seq == self.version + 1, f"event {event.seq} after version {self.version}"
        payload = event.payload
        if type(payload) is Edited:
            self.content.apply(payload.op)
        else:
            self._evolve_rest(event)
        self.version = event.seq
        self.at = event.at

    def _evolve_rest(self, event: Event) -> None:
        payload = event.payload
        if isinstance(payload, Created):
            self.epoch, self.kind, self.title = payload.epoch, payload.kind, payload.title
        elif isinstance(payload, Renamed):
            self.title = payload.title
        else:
            self.tags.evolve(event)
        if event.op is not None:
            self.content.apply(event.op)

    def replay(self, operations: Sequence[Operation], *, version: int) -> None:
        """Take the text on to ``version`` by all that was done to it until then, in few ``operations`` or many."""
        fold_into(self.content, operations)
        self.version = version


def _title(title: str) -> str:
    cleaned = " ".join(title.split())
    if len(cleaned) > MAX_TITLE or not cleaned.isprintable():
        raise InvalidName("title", f"at most {MAX_TITLE} printable characters")
    return cleaned
