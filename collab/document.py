"""The document as an aggregate: commands come in, events come out.

`Document.decide` says which facts a wish leads to, or why it doesn't; `Document.evolve` makes a fact part of
the state. A document is the unit of ordering and of one log. Its state is a fold of its events, and `evolve` is
the only thing that ever changes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from collab.content import Content
from collab.errors import DocumentExists, DocumentNotFound, DocumentTooLarge, InvalidName
from collab.events import Created, Edited, Event, Payload, Renamed
from collab.fold import fold_into
from collab.operation import Operation, Text

MAX_TITLE = 200
"""Characters; what is longer is no title but a text."""


class CreateDocument(msgspec.Struct, frozen=True):
    """``epoch`` is a fresh random word."""

    epoch: str
    title: str = ""


class EditText(msgspec.Struct, frozen=True):
    """``op`` is validated, in normal form, and applies to the newest version; ``leans`` as in `Edited`."""

    op: Operation
    leans: tuple[str, ...] = ()


class RenameDocument(msgspec.Struct, frozen=True):
    title: str


Command = CreateDocument | EditText | RenameDocument


class Document:
    """One document at its newest version; at first at version 0, not created yet.

    ``at`` is the time of the last event, in microseconds since 1970.
    """

    def __init__(self, id_: str, *, max_length: int = 2**31) -> None:
        self.id = id_
        self.max_length = max_length
        self.version = 0
        self.epoch = ""
        self.title = ""
        self.at = 0
        self.content = Content()

    def restore(self, *, epoch: str, title: str, version: int, at: int, content: Text) -> None:
        """Take over the state that folding events 1 to ``version`` gave, from a snapshot."""
        self.epoch, self.title, self.version, self.at = epoch, title, version, at
        self.content = Content(content)

    def decide(self, command: Command) -> Payload:
        """What ``command`` leads to. Nothing is changed.

        Raises:
            DocumentExists, DocumentNotFound: the document was created already, or wasn't yet.
            PastEnd, SplitsPair: an operation that doesn't fit the text.
            DocumentTooLarge: the text would outgrow ``max_length``.
            InvalidName: a title that is too long.
        """
        if isinstance(command, CreateDocument):
            if self.version:
                raise DocumentExists(self.id)
            return Created(epoch=command.epoch, title=_title(command.title))
        if not self.version:
            raise DocumentNotFound(self.id)
        if isinstance(command, RenameDocument):
            return Renamed(_title(command.title))
        growth = self.content.check(command.op)
        if growth > 0 and self.content.length + growth > self.max_length:
            raise DocumentTooLarge(self.content.length + growth, self.max_length)
        return Edited(command.op, command.leans)

    def evolve(self, event: Event) -> None:
        """Make ``event``, the next in this document's log, part of the state."""
        assert event.seq == self.version + 1, f"event {event.seq} after version {self.version}"
        payload = event.payload
        if type(payload) is Edited:
            self.content.apply(payload.op)
        elif type(payload) is Created:
            self.epoch, self.title = payload.epoch, payload.title
        elif type(payload) is Renamed:
            self.title = payload.title
        self.version = event.seq
        self.at = event.at

    def replay(self, operations: Sequence[Operation], *, version: int) -> None:
        """Take the text on to ``version`` by all that was done to it until then, in few ``operations`` or many."""
        fold_into(self.content, operations)
        self.version = version


def _title(title: str) -> str:
    cleaned = " ".join(title.split())
    if len(cleaned) > MAX_TITLE or not cleaned.isprintable():
        raise InvalidName("title", f"at most {MAX_TITLE} printable characters")
    return cleaned
