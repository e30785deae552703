"""The part of a store in memory that is about webhooks (`collab.store.webhooks`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from msgspec.structs import replace

from collab.errors import NothingParked, TooManyWebhooks, UnknownWebhook
from collab.store.webhooks import MOST_LISTED, MOST_WEBHOOKS, Claim, Line, Progress, Waiting, Webhook


class _Claim:
    def __init__(self, claims: set[str], what: str) -> None:
        self._claims = claims
        self._what = what
        claims.add(what)

    async def release(self) -> None:
        self._claims.discard(self._what)


class MemoryWebhooks(ABC):
    """What `MemoryStore` keeps of them."""

    def __init__(self) -> None:
        self._claims: set[str] = set()
        self._webhooks: dict[int, Webhook] = {}
        self._lines: dict[int, dict[str, Line]] = {}
        self._last_webhook = 0

    async def claim(self, what: str) -> Claim | None:
        self._check_open()
        return None if what in self._claims else _Claim(self._claims, what)

    async def webhooks(self) -> list[Webhook]:
        self._check_open()
        return list(self._webhooks.values())

    async def add_webhook(self, webhook: Webhook) -> Webhook:
        self._check_open()
        if len(self._webhooks) >= MOST_WEBHOOKS:
            raise TooManyWebhooks(MOST_WEBHOOKS)
        self._last_webhook += 1
        added = self._webhooks[self._last_webhook] = replace(webhook, number=self._last_webhook)
        self._lines[added.number] = {}
        return added

    async def remove_webhook(self, number: int) -> None:
        self._webhook(number)
        del self._webhooks[number], self._lines[number]

    async def pause_webhook(self, number: int, *, paused: bool) -> None:
        self._change(number, paused=paused)

    async def retry_webhook(self, number: int, document: str | None = None) -> int:
        self._change(number, attempts=0)
        lines = self._lines[number]
        found = [name for name in lines if document in (None, name)]
        for name in found:
            lines[name] = replace(lines[name], attempts=0, parked=False)
        return len(found)

    async def skip_event(self, number: int, document: str) -> int:
        self._webhook(number)
        line = self._lines[number].get(document)
        if line is None or not line.parked:
            raise NothingParked(number, document)
        self._change(number)
        self._lines[number][document] = replace(line, seq=line.seq + 1, attempts=0, parked=False, error="")
        return line.seq

    async def lines(self, number: int, *, after: str = "", limit: int = MOST_LISTED) -> list[Line]:
        self._check_open()
        found = sorted(self._lines.get(number, {}).items())
        return [line for document, line in found if document > after][: max(0, limit)]

    async def waiting(self, number: int) -> Waiting:
        lines = await self.lines(number, limit=len(self._lines.get(number, {})))
        parked = [line for line in lines if line.parked]
        return Waiting(len(lines) - len(parked), len(parked), tuple(parked[:MOST_LISTED]))

    async def note_progress(self, number: int, progress: Progress) -> None:
        self._check_open()
        known = self._webhooks.get(number)
        if known is None:
            return
        self._webhooks[number] = replace(
            known,
            position=max(known.position, progress.position),
            attempts=progress.attempts,
            error=progress.error,
            error_at=progress.error_at,
        )
        lines = self._lines[number]
        for line in progress.lines:
            before = lines.get(line.document, line)
            lines[line.document] = line if line.seq >= before.seq else before
        for document, seq in progress.caught_up:
            if document in lines and lines[document].seq <= seq + 1:
                del lines[document]

    def _webhook(self, number: int) -> Webhook:
        self._check_open()
        if number not in self._webhooks:
            raise UnknownWebhook(number)
        return self._webhooks[number]

    def _change(self, number: int, **changes: Any) -> None:
        known = self._webhook(number)
        self._webhooks[number] = replace(known, revision=known.revision + 1, **changes)

    @abstractmethod
    def _check_open(self) -> None:
        """Raise `StoreError` if the store is closed."""
