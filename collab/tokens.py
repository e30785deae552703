"""Who a program is, as it tells the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

Token = str | Callable[[], str | Awaitable[str]]
"""A token, or a function that gives one, now or when awaited: it is called whenever one is needed, and may give another
each time."""


async def current(token: Token | None) -> str | None:
    """The token to be said now, if there is one."""
    if not callable(token):
        return token
    given = token()
    return await given if isawaitable(given) else given
