"""Who may do what: the seam where accounts go.

An `Authenticator` turns a hello into an `Identity`. The author in the log is always its word and never the
client's.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec

from collab.messages import Hello


class Identity(msgspec.Struct, frozen=True):
    author: str
    role: str = "editor"


class Authenticator(Protocol):
    async def authenticate(self, hello: Hello, document: str) -> Identity:
        """Who says this hello to ``document``.

        Raises:
            Unauthorised, Forbidden: nobody who may.
        """
        ...


_MANNERS = "amber bold brisk calm clear eager fair gentle keen lucid merry mild neat quiet swift warm".split()
_CREATURES = "badger crane finch fox hare heron ibis lark lynx marten otter owl robin seal swan wren".split()


def guest_name(client: str) -> str:
    """A name for somebody without an account, always the same for one client.

    >>> guest_name("mW3kT9xQ2b")
    'guest-amber-finch-c570'
    """
    digest = hashlib.sha256(client.encode()).digest()
    manner, creature = _MANNERS[digest[0] % len(_MANNERS)], _CREATURES[digest[1] % len(_CREATURES)]
    return f"guest-{manner}-{creature}-{digest[2:4].hex()}"


class Anonymous:
    """Everybody may edit everything, under a name made from the client id."""

    async def authenticate(self, hello: Hello, document: str) -> Identity:
        return Identity(guest_name(hello.client))
