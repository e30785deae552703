"""Clients' WebSocket frames, found in a stream of bytes (RFC 6455, section 5.2).

    byte 0      byte 1           0, 2 or 8 bytes    4 bytes    the rest
    fin, opcode masked, length   longer length      mask       payload

Lengths up to 125 stand in byte 1; 126 there announces a length in 2 bytes, 127 one in 8. Only where a frame starts
and ends is found out here: what it means is left to others.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

WHOLE_TEXT = 0x81
"""First byte of a text frame that is a message by itself and uses no extension."""

PONG = 0x8A
"""First byte of a frame that answers a ping."""

PING = b"\x89\x00"
"""A ping frame, as a server sends it."""

MASKED = 0x80

_short = struct.Struct("!H").unpack_from
_long = struct.Struct("!Q").unpack_from


class Bounds(NamedTuple):
    """Where a frame's payload starts and ends, its mask being the four bytes before."""

    start: int
    end: int


class BadFrame(Exception):
    """Not masked, or too large: no frame for us."""


def find_frame(data: bytes, at: int, *, max_size: int) -> Bounds | None:
    """The frame that starts at ``at``, None if not all of it is there.

    Raises:
        BadFrame: it isn't masked, or its payload takes more than ``max_size`` bytes.

    >>> find_frame(bytes.fromhex("8185 37fa213d 7f9f4d5158"), 0, max_size=100)
    Bounds(start=6, end=11)
    """
    available = len(data)
    if available < at + 2:
        return None
    length = data[at + 1] - MASKED
    start = at + 6
    if length < 0:
        raise BadFrame
    if length == 126:
        start += 2
        if available < start:
            return None
        (length,) = _short(data, at + 2)
    elif length == 127:
        start += 8
        if available < start:
            return None
        (length,) = _long(data, at + 2)
    if length > max_size:
        raise BadFrame
    end = start + length
    return Bounds(start, end) if end <= available else None
