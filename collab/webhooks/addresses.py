"""Where calls may go. Whoever names a URL must not reach what only this machine or its network can.

A name is looked up when a connection is made, every address it has is judged, and the connection goes to one of the
very addresses that were judged: a name that says something else a moment later brings nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator

import httpcore
import httpx
from httpcore import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream

from collab.errors import CollabError, InvalidName

MOST_URL = 2_000
"""Characters of a URL: what everything on the way takes."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MORE = [
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20", "fec0::/10")
]
"""Not public although older Pythons take them so: assignments, relays, tunnels, examples, sites."""


class AddressRefused(CollabError):
    """The URL leads to an address to which no calls are made."""

    code = "address_refused"

    def __init__(self, host: str, address: str) -> None:
        self.host, self.address = host, address
        super().__init__(f"{host} has the address {address}, which isn't a public one")


def check_url(url: str) -> httpx.URL:
    """``url`` taken apart.

    Raises:
        InvalidName: no call could be made to it.
    """
    rule = f"http:// or https://, a host, no user or fragment, at most {MOST_URL} characters"
    if len(url) > MOST_URL or not re.fullmatch(r"https?://[!-~]+", url) or "#" in url:
        raise InvalidName("URL", rule)
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidName("URL", f"{rule}: {error}") from error
    if parsed.userinfo or not parsed.host or not 1 <= (parsed.port or 80) <= 65_535:
        raise InvalidName("URL", rule)
    return parsed


def is_public(written: str) -> bool:
    """Whether an address is reachable for everybody, and so are those that it stands for.

    >>> is_public("93.184.215.14"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    return all(_is_public(address) for address in _within(ipaddress.ip_address(written)))


def _within(address: Address) -> Iterator[Address]:
    """The addresses to judge: where one only wraps another, that; where it is a tunnel, both."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
            return
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
            return
        if address.sixtofour is not None:
            yield address.sixtofour
    yield address


def _is_public(address: Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address in network for network in _MORE)
    )


class JudgingBackend(AsyncNetworkBackend):
    """Makes the connections for httpcore, to public addresses only unless ``allow_private``."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await self._addresses(host.strip("[]"), port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError(f"{host} has no address")

    async def _addresses(self, host: str, port: int) -> list[str]:
        """The addresses of ``host``, each once, in the order in which they are to be tried.

        Raises:
            AddressRefused: one of them isn't public.
            httpcore.ConnectError: the name can't be looked up.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error.strerror or error}") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if not self._allow_private and not is_public(address):
                raise AddressRefused(host, address)
        return list(dict.fromkeys(addresses))
