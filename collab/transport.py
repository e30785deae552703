"""One socket as the hub sees it: written to without waiting, its backlog in view."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol

Listener = Callable[[bytes], None]
"""Takes one text message in UTF-8, which may not be checked yet. Never raises."""


class Frame:
    """One text message, encoded once for however many sockets it goes to."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload

    @cached_property
    def raw(self) -> bytes:
        """The message as one unmasked WebSocket text frame (RFC 6455, section 5.2)."""
        length = len(self.payload)
        if length < 126:
            header = bytes((0x81, length))
        elif length < 1 << 16:
            header = b"\x81\x7e" + length.to_bytes(2, "big")
        else:
            header = b"\x81\x7f" + length.to_bytes(8, "big")
        return header + self.payload


class Transport(Protocol):
    """Where frames for one client go."""

    @property
    def buffered(self) -> int:
        """Bytes written here that the network hasn't taken yet."""
        ...

    def write(self, frame: Frame) -> None:
        """Send ``frame`` as soon as possible. Never waits; does nothing once the socket is gone."""
        ...

    async def drained(self) -> None:
        """Wait until little is buffered, or the socket is gone. Safe to cancel."""
        ...

    def listen(self, listener: Listener) -> None:
        """From now on ``listener`` may be given text messages as they come, with no turn of the event loop between.

        A transport that can't do that does nothing, and all messages go on to come the other way, as ASGI's.
        """
        ...

    def pause_reading(self) -> None:
        """Take no more messages from the peer, except those that are on their way through here already."""
        ...

    def resume_reading(self) -> None:
        """Go on reading after `pause_reading`. Harmless if it wasn't paused."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send what is buffered, then a close frame; give up on a peer that doesn't answer."""
        ...

    def abort(self) -> None:
        """Drop the socket at once, with all that is buffered."""
        ...
