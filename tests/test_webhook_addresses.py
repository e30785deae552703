"""Which addresses are called, and that no other is connected to than the one that was judged."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpcore
import pytest

from collab.webhooks.addresses import AddressRefused, JudgingBackend, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "192.0.0.8", "192.88.99.1",
    "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1%1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "017700000001", "[::1]"])
async def test_whatever_a_host_is_written_like_its_address_is_judged(host: str) -> None:
    with pytest.raises(AddressRefused):
        await JudgingBackend(allow_private=False).connect_tcp(host, 80, timeout=1)


async def test_a_name_that_changes_its_mind_brings_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up once, and what is connected to is an address and not the name."""
    public, private = "93.184.215.14", "127.0.0.1"
    answers, connected = [public, private], []

    async def look_up(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), 80))]

    async def connect(_: object, host: str, *__: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("not here")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up, raising=False)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    backend = JudgingBackend(allow_private=False)
    with pytest.raises(httpcore.ConnectError):
        await backend.connect_tcp("rebinding.example", 80)
    with pytest.raises(AddressRefused, match="rebinding.example has the address 127.0.0.1"):
        await backend.connect_tcp("rebinding.example", 80)
    assert connected == [public]
