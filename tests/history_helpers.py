"""What tests of the client's view of the past share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from collab.history import History


async def text(history: History, version: int | None = None) -> Any:
    return (await history.at(version)).content


async def all_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])
