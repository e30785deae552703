"""Whether events can be a document's history: looked at one by one, with nothing taken on trust."""

from __future__ import annotations

from collections.abc import Iterator

from collab.document import Document
from collab.errors import CorruptLog, InvalidOperation, UnknownTag
from collab.events import Created, Event, TagRenamed, Untagged


class Audit:
    """Goes through one document's events in order.

    ``state`` is what they have led to, and ``accepted`` the newest edit of each client, in the order of their first
    event.
    """

    def __init__(self, document: str) -> None:
        self.state = Document(document)
        self.accepted: dict[str, int] = {}

    def take(self, event: Event) -> list[str]:
        """Take in the next event; what is wrong with it, though one could go on.

        Raises:
            CorruptLog: nobody could go on.
        """
        if event.seq != self.state.version + 1:
            raise CorruptLog(event.document, self.state.version + 1, "missing")
        wrong = list(self._complaints(event))
        self.accepted[event.client] = max(event.client_seq, self.accepted.get(event.client, 0))
        payload = event.payload
        try:
            if event.op is not None:
                self.state.content.check(event.op)
            if isinstance(payload, (TagRenamed, Untagged)):
                self.state.tags.check_number(payload.tag)
            self.state.evolve(event)
        except (InvalidOperation, UnknownTag) as error:
            raise CorruptLog(event.document, event.seq, f"doesn't fit what came before: {error}") from error
        return wrong

    def _complaints(self, event: Event) -> Iterator[str]:
        if (event.seq == 1) != isinstance(event.payload, Created):
            yield "the log must begin with the document's creation, once"
        if event.client_seq and event.client_seq <= self.accepted.get(event.client, 0):
            yield f"edit {event.client_seq} of client {event.client} is there twice"
        if event.at < self.state.at:
            yield "earlier than the event before it"
