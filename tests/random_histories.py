"""Random histories of whole documents, as a store is given them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from collab.events import (
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
from collab.operation import Operation, Text, apply, normalize
from collab.store import Append, ClientRecord
from tests.random_operations import boundaries, random_operation, random_text

T0 = 1_700_000_000_000_000
"""The time of every first event, in microseconds since 1970."""

PEOPLE = [("c1", "ann"), ("c2", "bob"), ("c2", "bob too"), ("ünï 😀", "eve")]
"""Clients and authors: one client acts for two."""

SERVER = "server"
"""The client of what people ask the server to do."""


class RandomHistory:
    """One document's events, in appends of one to a dozen, and the text they lead to.

    With ``asking`` it begins with content, as a fork, and people also restore, undo, and name versions.
    """

    def __init__(self, rng: Random, document: str, *, rich: bool = True, asking: bool = False) -> None:
        self.text: Text = ""
        self.version = 0
        self._rng = rng
        self._document = document
        self._rich = rich
        self._asking = asking
        self._tags: list[int] = []
        self._at = T0
        self._counts: dict[str, int] = {}

    def appends(self, events: int) -> Iterator[Append]:
        """Appends that together hold at least ``events`` events more."""
        until = self.version + events
        if not self.version:
            yield self._append([self._creation()], PEOPLE[0])
        while self.version < until:
            if self._asking and self._rng.random() < 0.2:
                author = self._rng.choice(PEOPLE)[1]
                yield self._append([self._asked(author)], (SERVER, author))
                continue
            kind = self._rng.random()
            if kind < 0.04:
                yield self._append([Renamed(random_text(self._rng, 9))], self._rng.choice(PEOPLE))
            elif kind < 0.3:
                yield self._append([self._edit(self._anything())], self._rng.choice(PEOPLE))
            else:
                yield self._append(list(self._run()), self._rng.choice(PEOPLE))

    def _creation(self) -> Created:
        title, epoch = "Grüße 😀", f"epoch of {self._document}"
        if not self._asking:
            return Created(epoch, title=title)
        op: Operation = ["Es war 😀 einmal"]
        if self._rich:
            op.append({"insert": {"image": "x"}, "attributes": {"alt": "ß"}})
        self.text = apply("", op)
        return Created(epoch, title=title, op=op, origin=Origin("another", "its epoch", 17))

    def _asked(self, author: str) -> Payload:
        """What the server is asked for. It believes whoever says what an older version was."""
        rng = self._rng
        kind = rng.choice(["restore", "undo", "tag", "tag", "rename", "untag"])
        version = rng.randint(1, self.version)
        if kind in ("restore", "undo"):
            op = self._anything()
            self.text = apply(self.text, op)
            if kind == "restore":
                return Restored(version, op)
            return Undone(author, rng.randrange(version), version, op)
        if kind == "tag" or not self._tags:
            self._tags.append(self.version + 1)
            return Tagged(version, f"n° {self.version} 😀")
        if kind == "rename":
            return TagRenamed(rng.choice(self._tags), f"other {self.version}")
        return Untagged(self._tags.pop(rng.randrange(len(self._tags))))

    def _edit(self, op: Operation, leans: tuple[str, ...] = ()) -> Edited:
        self.text = apply(self.text, op)
        return Edited(op, leans)

    def _anything(self) -> Operation:
        return random_operation(self._rng, self.text, rich=self._rich)

    def _run(self) -> Iterator[Payload]:
        """What one caret does for a while: typing, taking back, deleting forwards, often a character at a time."""
        rng = self._rng
        offsets = boundaries(self.text)
        caret = rng.randrange(len(offsets))
        for _ in range(rng.randint(1, 12)):
            kind = rng.random()
            leans = ("c2", "c1") if rng.random() < 0.1 else ()
            if kind < 0.5 or len(offsets) == 1:
                inserted = rng.choice(["x", "y", "é", "😀", "word "])
                op: Operation = [offsets[caret], inserted]
                caret += len(inserted)
            elif kind < 0.8 and caret > 0:
                op = [offsets[caret - 1], offsets[caret - 1] - offsets[caret]]
                caret -= 1
            elif caret < len(offsets) - 1:
                op = [offsets[caret], offsets[caret] - offsets[caret + 1]]
            else:
                op = []
            yield self._edit(normalize(op), leans)
            offsets = boundaries(self.text)

    def _append(self, payloads: list[Payload], person: tuple[str, str]) -> Append:
        client, author = person
        events = []
        for payload in payloads:
            self.version += 1
            self._at += self._rng.choice([0, 1, self._rng.randrange(300_000), self._rng.randrange(10**11)])
            count = 0
            if isinstance(payload, Edited):
                count = self._counts[client] = self._counts.get(client, 0) + self._rng.choice([1, 1, 1, 7])
            events.append(Event(self._document, self.version, payload, author, client, count, self._at))
        accepted = self._counts.get(client, 0)
        return Append(
            self._document,
            self.version - len(events),
            events,
            [ClientRecord(client, author, f"key of {client}".encode(), accepted)],
        )
