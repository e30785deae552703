"""What a store keeps of webhooks: whom to tell of which events, and up to where they have been told.

A webhook's ``position`` is where in the whole log everything before it was delivered, save for the documents that
have a `Line`: those wait, each at an event of its own, while all others go on.

Whoever delivers notes it without waiting for the disk: what a crash takes back is delivered once more. Of two notes
about one line that which is further on stays, since somebody may let an event be skipped meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

MOST_WEBHOOKS = 100
"""Webhooks of one store. Each follows the log by itself, so that one which is slow holds up no other."""

MOST_LINES = 10_000
"""Documents of one webhook that may wait by themselves, some 300 bytes of memory each. Then it goes no further."""

MOST_LISTED = 100
"""Lines that are told at once."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to tell of what. ``number`` is 0 until the store has given one.

    ``documents`` and ``types`` are the ones that are wanted, all where there are none. An event that was refused
    ``refusals`` times in a row is parked. ``attempts`` counts the calls in a row that nobody answered, and ``error``
    says what was wrong last, at the time ``error_at`` (µs since 1970). ``revision`` goes up when somebody changes it.
    """

    url: str
    secret: str
    position: int
    created_at: int
    documents: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    refusals: int = 16
    number: int = 0
    paused: bool = False
    revision: int = 0
    attempts: int = 0
    error: str = ""
    error_at: int = 0

    def __repr__(self) -> str:
        """Without the secret, which has no place in a log."""
        return f"Webhook({self.number}, {self.url!r})"


class Line(msgspec.Struct, frozen=True):
    """A document that waits: its events from ``seq`` on weren't delivered.

    ``attempts`` is how often in a row the first of them was refused by itself, at last with ``error`` at the time
    ``at``. One that is ``parked`` isn't tried any more.
    """

    document: str
    seq: int
    attempts: int
    parked: bool
    error: str
    at: int


class Progress(msgspec.Struct, frozen=True):
    """How far a webhook has come, as one thing: ``lines`` are those that are new or have changed, and ``caught_up``
    the documents that wait no more, each with the seq of its last event that was delivered."""

    position: int
    attempts: int
    error: str
    error_at: int
    lines: Sequence[Line] = ()
    caught_up: Sequence[tuple[str, int]] = ()


class Waiting(msgspec.Struct, frozen=True):
    """The lines of a webhook: how many ``wait`` for another try and how many are ``parked``, and the first of those."""

    wait: int = 0
    parked: int = 0
    first_parked: tuple[Line, ...] = ()


class Claim(Protocol):
    """The right to do something alone, until it is given back or the process ends."""

    async def release(self) -> None: ...


class Webhooks(Protocol):
    """The part of an `EventStore` that is about webhooks. Every method may raise `StoreError`."""

    async def claim(self, what: str) -> Claim | None:
        """Be the only one, in any process, who does ``what`` with this store; None while somebody else is.

        ``what`` is a short word of letters a to z.
        """
        ...

    async def webhooks(self) -> list[Webhook]:
        """All webhooks, the first added first."""
        ...

    async def add_webhook(self, webhook: Webhook) -> Webhook:
        """Keep ``webhook``, which comes back with its number.

        Raises:
            TooManyWebhooks: there are `MOST_WEBHOOKS`.
        """
        ...

    async def remove_webhook(self, number: int) -> None:
        """Forget it.

        Raises:
            UnknownWebhook: there is none of that number. So do all others here that change one.
        """
        ...

    async def pause_webhook(self, number: int, *, paused: bool) -> None:
        """Stop delivering to it, or go on where it was."""
        ...

    async def retry_webhook(self, number: int, document: str | None = None) -> int:
        """Try again now what waits or is parked, of ``document`` or of all; how many documents that are.

        Without a document, a webhook that waits because nobody answers is tried at once, too.
        """
        ...

    async def skip_event(self, number: int, document: str) -> int:
        """Go on behind the event at which ``document`` is parked; the seq of that event.

        Raises:
            NothingParked: the document isn't.
        """
        ...

    async def lines(self, number: int, *, after: str = "", limit: int = MOST_LISTED) -> list[Line]:
        """Lines of a webhook by document, those after the document ``after``; [] if there is no such webhook."""
        ...

    async def waiting(self, number: int) -> Waiting:
        """What waits, in short, with at most `MOST_LISTED` that are parked."""
        ...

    async def note_progress(self, number: int, progress: Progress) -> None:
        """Note how far a webhook has come. One that was removed meanwhile is left so."""
        ...
