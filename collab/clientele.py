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

SERVER = "server"
"""The client of events that the server makes. No client can claim it: it is too short for a client's id."""

ERRAND = "errand-"
"""Begins the names of clients that stand for one errand each. As they have no key, nobody can come as one of them."""

MOST_ABSENT = 256
"""Clients that are remembered, some 100 kB, although they are not here."""


def errand_client(key: str, author: str) -> str:
    """The client that stands for what ``author`` asks for with ``key``. The only edit it ever makes has for its id the
    seq of its event, so that who asks again can be told which that is."""
    return ERRAND + hashlib.sha256(f"{author}\n{key}".encode()).hexdigest()[:32]


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
        elif not self._accepted.get(client, record.accepted):
            # Somebody was here and did nothing: the log is to know nothing of them.
            record = record.__replace__(author=identity.author)
        self._records[client] = record
        return self._accepted.setdefault(client, record.accepted)

    async def errand(self, key: str | None, author: str) -> str:
        """The client for something that the server is to do on behalf of ``author``.

        Errands with the same ``key`` have the same: who isn't sure that one was done can send it again.

        Raises:
            StoreError: the log can't be read.
        """
        if key is None:
            return SERVER
        client = errand_client(key, author)
        record = self._records.get(client) or await self._store.client(self._document, client)
        self._accepted.setdefault(client, record.accepted if record else 0)
        return client

    def done(self, client: str) -> int:
        """Which event an errand has become, or will as soon as it is committed; 0 if it wasn't done yet."""
        return 0 if client == SERVER else self._accepted.get(client, 0)

    def begin(self, client: str, author: str) -> None:
        """An errand that wasn't done yet is about to become an event."""
        self._records.setdefault(client, ClientRecord(client, author, b""))

    def took(self, client: str, client_seq: int) -> None:
        """An edit of a client that was admitted is to be an event."""
        self._accepted[client] = client_seq

    def records(self, events: Iterable[Event]) -> list[ClientRecord]:
        """The clients of ``events`` as they are to be stored with them, in the order of their first one."""
        last = {event.client: event.client_seq for event in events}
        return [self._records[client].__replace__(accepted=seq) for client, seq in last.items()]

    def forget_all_but(self, present: Collection[str]) -> None:
        """Now and then, forget those who have gone. The store must know all that was taken from them."""
        # Both or none: a record is as it was when it was read, and doesn't know what was taken since.
        if max(len(self._records), len(self._accepted)) - len(present) > MOST_ABSENT:
            self._records = {client: self._records[client] for client in present}
            self._accepted = {client: self._accepted[client] for client in present}
