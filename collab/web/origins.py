"""Which pages and names may talk to this server.

A browser sends a page's origin along with every WebSocket and every writing request. A page of another site
must not act in its visitor's name, so its origin must be this server's own, or one that was allowed. The Host
header is checked too: without that, a hostile name that resolves to 127.0.0.1 would be "this server's own".
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Origins:
    """``hosts`` are the names that this server answers to; ``allowed`` the foreign origins it trusts.

    >>> origins = Origins()
    >>> origins.permit(Headers({"host": "localhost:8000", "origin": "http://localhost:8000"}))
    True
    >>> origins.permit(Headers({"host": "localhost:8000", "origin": "http://evil.example"}))
    False
    >>> origins.permit(Headers({"host": "evil.example:8000", "origin": "http://evil.example:8000"}))
    False
    """

    def __init__(self, *, hosts: Collection[str] = (), allowed: Collection[str] = ()) -> None:
        self._hosts = frozenset((*LOOPBACK, *hosts))
        self._allowed = frozenset(allowed)

    def known_host(self, headers: Headers) -> bool:
        """Whether the request was meant for this server."""
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        return "*" in self._hosts or name in self._hosts

    def permit(self, headers: Headers) -> bool:
        """Whether a request that may change something comes from where it may. Programs send no origin."""
        if not self.known_host(headers):
            return False
        origin = headers.get("origin")
        if origin is None or origin in self._allowed:
            return True
        return urlsplit(origin).netloc == headers.get("host")
