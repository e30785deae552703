"""Who may do what: the seam where accounts go.

The author in the log is the word of an `Identity`, and never the client's. An application that has a login of its own
and mounts collab under a path puts the identity of whoever asks into the ASGI scope, under `IDENTITY`, before it
calls collab; that holds for pages, the HTTP API and WebSockets alike. For who comes without one the `Authenticator`
turns a token into an identity. docs/embedding.md tells how to use either.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Protocol

import msgspec

from collab.errors import Unauthorised

IDENTITY = "collab.identity"
"""Key in an ASGI scope under which a mounting application says who asks. Clients have no way to set it."""


EDITOR = "editor"
VIEWER = "viewer"


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is in the log, and what they may do: an editor everything, whoever has another ``role`` may look.

    It holds until ``expires_at``, in microseconds since 1970, and without end if that is None. One that isn't
    ``lasting`` may be somebody else's the next time.
    """

    author: str
    role: str = EDITOR
    expires_at: int | None = None
    lasting: bool = True

    def check_valid(self, now: int) -> None:
        """
        Raises:
            Unauthorised: it has expired.
        """
        if self.expires_at is not None and self.expires_at <= now:
            raise Unauthorised("the token has expired")

    @property
    def may_edit(self) -> bool:
        return self.role == EDITOR


class Authenticator(Protocol):
    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        """Whose ``token`` this is.

        It is None where there is none; ``document`` is None where somebody asks by HTTP for no particular one, and
        ``client`` is None for all that comes by HTTP. It is called for each connection and each request.

        Raises:
            Unauthorised, Forbidden: nobody who may.
        """
        ...


TOKEN = re.compile(r"[!-~]{16,512}")
"""What a guest may choose for a token: as long as it takes for nobody to guess it."""

_MANNERS = "amber bold brisk calm clear eager fair gentle keen lucid merry mild neat quiet swift warm".split()
_CREATURES = "badger crane finch fox hare heron ibis lark lynx marten otter owl robin seal swan wren".split()


def guest_name(client: str) -> str:
    """A name for somebody without an account or a token, always the same for one client.

    >>> guest_name("mW3kT9xQ2b")
    'guest-amber-finch-c570'
    """
    return _name(hashlib.sha256(client.encode()).digest(), digits=4)


def name_of_token(token: str) -> str:
    """A name for a guest with a secret of its own, always the same for one secret, which it doesn't give away.

    It has 32 bits of chance in it: among a thousand guests two have the same name with a chance of 1 in 8,600.

    >>> name_of_token("a secret that nobody else has".replace(" ", "-"))
    'guest-merry-lynx-ac82b3'
    """
    return _name(hmac.digest(b"collab guest", token.encode(), "sha256"), digits=6)


def _name(chance: bytes, *, digits: int) -> str:
    manner, creature = _MANNERS[chance[0] % len(_MANNERS)], _CREATURES[chance[1] % len(_CREATURES)]
    return f"guest-{manner}-{creature}-{chance[2:].hex()[:digits]}"


class Anonymous:
    """Everybody may edit everything: under a name made from the token where there is one, so that a guest who keeps a
    secret stays the same author everywhere; else from the client id, and as "guest" by HTTP."""

    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        if token is not None:
            if not TOKEN.fullmatch(token):
                raise Unauthorised("a guest's token has 16 to 512 visible characters of ASCII")
            return Identity(name_of_token(token))
        return Identity("guest" if client is None else guest_name(client), lasting=False)
