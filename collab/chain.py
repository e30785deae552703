"""The hash chain over a document's events: who changes one of them changes every digest after it.

The digest of an event is the SHA-256 of the digest before it, 32 bytes, and of the event's *line*, a JSON array:

    ["edited",1,"mW3kT9xQ2b","ana",6,2,1795430001000000,[[4,-1,"H"]]]
     type, schema version, client, author, seq, the client's own number, time in µs, and the payload as it is stored

Before the first event stands the SHA-256 of ``collab.v1`` and the document's id. So the newest digest, kept by
somebody else, proves the whole history. (RFC 9162 builds on the same idea; a chain is enough where histories are read
from their beginning.)
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import msgspec

from collab.segments import Row

DIGEST_BYTES = 32

MARK_BYTES = 2
"""Of a digest, as it is kept for single events: enough to tell which of them is the first that doesn't fit."""

UNFITTING = "doesn't fit the hash chain"

MARK_EVERY = 16
"""Events between two marks of a packed history."""

_encode = msgspec.json.Encoder().encode


def beginning(document: str) -> bytes:
    """What stands before the first event of ``document``."""
    return sha256(f"collab.v1\n{document}".encode()).digest()


@lru_cache(4096, typed=True)
def head(type_: str, version: int, client: str, author: str) -> bytes:
    """What the lines of many events have in common."""
    return _encode([type_, version, client, author])[:-1]


def line(head: bytes, seq: int, client_seq: int, at: int, payload: bytes) -> bytes:
    """The line of an event.

    >>> line(head("edited", 1, "c1", "ana"), 2, 1, 1795430000000000, b'[["hi"]]')
    b'["edited",1,"c1","ana",2,1,1795430000000000,[["hi"]]]'
    """
    return b"%b,%d,%d,%d,%b]" % (head, seq, client_seq, at, payload)


def link(digest: bytes, line: bytes) -> bytes:
    """The digest of the event with this ``line`` that follows ``digest``."""
    return sha256(digest + line).digest()


class Chain:
    """The digests of the events after ``seq``, which has ``digest``.

    ``marks`` are the first bytes of every `MARK_EVERY`-th of them.
    """

    def __init__(self, digest: bytes, seq: int = 0) -> None:
        self.digest = digest
        self.marks = bytearray()
        self._first = self._seq = seq

    def take(self, row: Row) -> bytes:
        """Take in the next event, and return its digest."""
        self._seq += 1
        start = head(row.type, row.version, row.client, row.author)
        self.digest = link(self.digest, line(start, self._seq, row.client_seq, row.at, row.payload))
        if (self._seq - self._first) % MARK_EVERY == 0:
            self.marks += self.digest[:MARK_BYTES]
        return self.digest

    def sealed(self) -> bytes:
        """What is kept of the events taken in: the marks, and the last digest."""
        return bytes(self.marks) + self.digest


def unsealed(sealed: bytes, first: int, last: int) -> list[tuple[int, bytes]]:
    """The beginnings of digests in what `Chain.sealed` made of the events ``first`` to ``last``, each with its seq."""
    marks = range(first + MARK_EVERY - 1, last + 1, MARK_EVERY)
    found = [
        (seq, sealed[i * MARK_BYTES : (i + 1) * MARK_BYTES]) for i, seq in enumerate(marks) if seq != last
    ]
    return [*found, (last, sealed[-DIGEST_BYTES:])]
