"""How much of what was written to a socket has arrived at the other machine."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import NamedTuple


class Arrival(NamedTuple):
    """Bytes that have ``arrived`` so far, and whether any are still ``awaited``."""

    arrived: int
    awaited: bool


_UNACKED = struct.Struct("=24xI")
_ACKED = struct.Struct("=120xQ16xI")
"""In Linux's `tcp_info`: segments that aren't acknowledged; bytes that are, and those that weren't sent yet."""

_SIZE = 148


def arrival(transport: asyncio.Transport) -> Arrival:
    """What the kernel knows of it; where it doesn't tell, nothing seems to arrive."""
    buffered = transport.get_write_buffer_size() > 0
    pipe = transport.get_extra_info("socket")
    if (
        not hasattr(socket, "TCP_INFO")
        or pipe is None
        or pipe.family not in (socket.AF_INET, socket.AF_INET6)
    ):
        return Arrival(0, buffered)
    info = pipe.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE)
    if len(info) < _SIZE:  # an old kernel
        return Arrival(0, buffered)
    (unacknowledged,) = _UNACKED.unpack_from(info)
    arrived, unsent = _ACKED.unpack_from(info)
    return Arrival(arrived, buffered or unacknowledged > 0 or unsent > 0)
