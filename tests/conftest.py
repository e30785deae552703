from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
import uvloop

from collab import client
from tests.helpers import Serving

Serve = Callable[..., Awaitable[Serving]]


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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients come back within a twentieth of a second, however often they had to."""
    monkeypatch.setattr(client, "MAX_BACKOFF", 0.05)
