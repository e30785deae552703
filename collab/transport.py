"""One socket as the hub sees it: written to without waiting, its backlog in view."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol


class Listener(Protocol):
    """Who is told what comes from a socket. None of these raises."""

    def text_received(self, message: bytes) -> None:
        """One text message, in what should be UTF-8 and isn't checked yet."""
        ...

    def binary_received(self) -> None:
        """A binary message, of which there are none in this protocol."""
        ...

    def gone(self) -> None:
        """The socket is gone. Nothing else will come."""
        ...


class Frame:
    """One message, encoded once for however many sockets it goes to: text, or else ``binary``."""

    def __init__(self, payload: bytes, *, binary: bool = False) -> None:
        self.payload = payload
        self.binary = binary

    @cached_property
    def raw(self) -> bytes:
        """The message as one unmasked WebSocket frame (RFC 6455, section 5.2)."""
        kind = b"\x82" if self.binary else b"\x81"
        length = len(self.payload)
        if length < 126:
            header = bytes((length,))
        elif length < 1 << 16:
            header = b"\x7e" + length.to_bytes(2, "big")
        else:
            header = b"\x7f" + length.to_bytes(8, "big")
        return kind + header + self.payload


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
        """Tell ``listener`` what comes, from now on. Once for each transport."""
        ...

    def pause_reading(self) -> None:
        """Give the listener no more messages. An end of the connection may be noticed only later, too."""
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
