"""What a room knows of its clients, present or gone a while ago."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable

from collab.auth import Identity
from collab.errors import Unauthorised
from collab.events import Event
from collab.messages import Hello
from collab.store.base import ClientRecord, EventStore

MOST_ABSENT = 256
"""Clients that are remembered, some 100 kB, although they are not here."""


class Clientele:
    """The clients of ``document``, as the store has them or soon will, and the newest edit taken from each."""

    def __init__(self, document: str, store: EventStore) -> None:
        self._document = document
        self._store = store
        self._records: dict[str, ClientRecord] = {}
        self._accepted: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._records)

    async def admit(self, hello: Hello, identity: Identity) -> int:
        """The id of the newest edit taken from the client who says ``hello``.

        Raises:
            Unauthorised: its key isn't the one that its edits were first accepted with.
            StoreError: the log can't be read.
        """
        client = hello.client
        key_hash = hashlib.sha256(hello.key.encode()).digest()
        record = self._records.get(client) or await self._store.client(self._document, client)
        if record is None:
            record = ClientRecord(client, identity.author, key_hash)
        elif not hmac.compare_digest(record.key_hash, key_hash):
            raise Unauthorised(f"wrong key for client {client}")
        self._records[client] = record
        return self._accepted.setdefault(client, record.accepted)

    def took(self, client: str, client_seq: int) -> None:
        """An edit of a client that was admitted is to be an event."""
        self._accepted[client] = client_seq

    def records(self, events: Iterable[Event]) -> list[ClientRecord]:
        """The clients of ``events`` as they are to be stored with them, in the order of their first one."""
        last = {event.client: event.client_seq for event in events}
        return [self._records[client].__replace__(accepted=seq) for client, seq in last.items()]

    def forget_all_but(self, present: Collection[str]) -> None:
        """Now and then, forget those who have gone. The store must know all that was taken from them."""
        if len(self._records) - len(present) > MOST_ABSENT:
            self._records = {client: self._records[client] for client in present}
            self._accepted = {client: self._accepted[client] for client in present}
