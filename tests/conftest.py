from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import uvloop

from collab import link
from tests.helpers import Peer, Serving

Serve = Callable[..., Awaitable[Serving]]
Narrow = Callable[[Serving], Awaitable[Peer]]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Everything runs on the event loop that the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked ``soak`` runs only where ``-m`` asks for it."""
    if "soak" not in config.getoption("-m"):
        chosen = [item for item in items if item.get_closest_marker("soak") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


@pytest.fixture(params=["fanout", "asgi"])
def plain_asgi(request: pytest.FixtureRequest) -> bool:
    """Both ways of writing to sockets: what is promised holds under each of them.

    A module that needs only one overrides this.
    """
    return bool(request.param == "asgi")


@pytest_asyncio.fixture
async def serve(plain_asgi: bool) -> AsyncIterator[Serve]:
    """Starts servers, which end with the test."""
    async with AsyncExitStack() as stack:

        async def start(*arguments: object, **options: object) -> Serving:
            serving = Serving(*arguments, plain_asgi=plain_asgi, **options)  # type: ignore[arg-type]
            return await stack.enter_async_context(serving)

        yield start


@pytest_asyncio.fixture
async def narrow() -> AsyncIterator[Narrow]:
    """Joins the document "doc" over sockets into which little fits, for peers that are to stop reading."""
    peers = []

    async def join(serving: Serving) -> Peer:
        pipe = socket.socket()
        pipe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        pipe.setblocking(False)
        await asyncio.get_running_loop().sock_connect(pipe, ("127.0.0.1", serving.port))
        peers.append(await Peer.joined(serving.url, "doc", options={"sock": pipe, "ping_interval": None}))
        return peers[-1]

    yield join
    for peer in peers:
        peer.cut()
        await peer.connection.wait_closed()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients come back within a twentieth of a second, however often they had to."""
    monkeypatch.setattr(link, "MAX_BACKOFF", 0.05)
