"""Signatures, as the Standard Webhooks specification has them: who knows the secret has sent this body, lately.

Signed is ``id.timestamp.body``, with HMAC-SHA256. The secret is ``whsec_`` and the base64 of the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping

from collab.errors import CollabError, InvalidName

PREFIX = "whsec_"
LEAST_KEY_BYTES, MOST_KEY_BYTES = 24, 64

TOLERANCE_SECONDS = 300
"""How old a signature may be: whoever overheard one can use it no longer. Clocks differ in both directions."""


class BadSignature(CollabError):
    """The request isn't from who knows the secret, or is an old one once more."""

    code = "bad_signature"


def key_of(secret: str) -> bytes:
    """The key that ``secret`` holds.

    Raises:
        InvalidName: it isn't ``whsec_`` and the base64 of 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if not secret.startswith(PREFIX) or not LEAST_KEY_BYTES <= len(key) <= MOST_KEY_BYTES:
        raise InvalidName("secret", f"{PREFIX} and the base64 of {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} bytes")
    return key


def secret_of(key: bytes) -> str:
    """
    >>> key_of(secret_of(bytes(24))) == bytes(24)
    True
    """
    return PREFIX + base64.b64encode(key).decode()


def sign(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` of ``body``, sent as ``id_`` at ``timestamp`` (seconds since 1970)."""
    signed = f"{id_}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: float) -> None:
    """Return if ``body`` came from who knows ``secret``, within `TOLERANCE_SECONDS` of ``now`` (``time.time()``).

    ``headers`` may have their names in upper or lower case. Of several signatures one has to be right.

    Raises:
        BadSignature: a header is missing, the time is another, or no signature is right.
    """
    said = {name.lower(): value for name, value in headers.items()}
    try:
        id_, written, signatures = (said[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise BadSignature(f"there is no header {missing}") from missing
    if not re.fullmatch(r"[0-9]{1,12}", written):
        raise BadSignature("the timestamp is no number of seconds")
    if abs(now - int(written)) > TOLERANCE_SECONDS:
        raise BadSignature(f"it was signed at {written}, and now it is {now:.0f}")
    right = sign(secret, id_, int(written), body).encode()
    # All are compared, so that the time it takes says nothing about which was right.
    found = [hmac.compare_digest(right, given.encode()) for given in signatures.split(" ")]
    if not any(found):
        raise BadSignature("no signature is right")
