"""Who may do what: the seam where accounts go.

The author in the log is the word of an `Identity`, and never the client's. An application that has a login of its own
and mounts collab under a path puts the identity of whoever asks into the ASGI scope, under `IDENTITY`, before it
calls collab; that holds for pages, the HTTP API and WebSockets alike. For a WebSocket without one the `Authenticator`
turns the hello into an identity; over HTTP everybody else is a guest.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import msgspec

from collab.messages import Hello

IDENTITY = "collab.identity"
"""Key in an ASGI scope under which a mounting application says who asks. Clients have no way to set it."""


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
