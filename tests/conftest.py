from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvloop
from playwright.async_api import Browser, Page, Playwright, async_playwright

from collab import link
from collab.local_server import LocalServer
from tests.browsing import FLAGS, Open, browser_path, is_complaint, is_trouble
from tests.browsing_rich import EDITOR, open_rich
from tests.cli_helpers import Collab, in_this_process, small_history
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


def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: tests of servers and commands wait for half of their time."""
    return 2 * (os.cpu_count() or 1)


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
async def serving(serve: Serve) -> Serving:
    """One server. A module that wants it another way has its own fixture of this name, and so for `http`."""
    return await serve()


@pytest_asyncio.fixture
async def http(serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """Asks that server."""
    async with httpx.AsyncClient(base_url=serving.url, trust_env=False) as client:
        yield client


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


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[LocalServer]:
    """A server process with a file of its own."""
    async with LocalServer(tmp_path / "log.db") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(playwright: Playwright) -> AsyncIterator[Browser]:
    """One for all tests of this process."""
    running = await playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
    yield running
    await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """It, for tests that are marked as `IN_BROWSER`. What they open in it is closed with them."""
    yield chromium
    await close_all(chromium)


async def close_all(chromium: Browser) -> None:
    for context in chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, server: LocalServer) -> AsyncIterator[Open]:
    """Opens a path in a browser context of its own. Whatever a page complains of fails the test."""
    complaints: list[str] = []

    async def open_(path: str, **options: object) -> Page:
        context = await browser.new_context(**options)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if is_complaint(message.text) else None
        )
        await page.goto(server.url + path)
        return page

    yield open_
    await close_all(browser)  # something may be complained of to the last
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def rich(browser: Browser, server: LocalServer) -> AsyncIterator[Open]:
    """Opens the document in a browser context of its own. Whatever a page complains of fails the test."""
    complaints: list[str] = []

    async def open_(document: str = "rich") -> Page:
        context = await browser.new_context()
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if is_trouble(message) else None,
        )
        await open_rich(page, server, document)
        await page.click(EDITOR)
        return page

    yield open_
    await close_all(browser)  # something may be complained of to the last
    assert complaints == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose collab.db has the document "doc" of `cli_helpers.small_history`."""
    asyncio.run(small_history(tmp_path / "collab.db"))
    return tmp_path


@pytest.fixture
def collab(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> Collab:
    """Runs a command in `folder`, in this process; its exit code, output and errors."""
    monkeypatch.chdir(folder)
    return in_this_process(monkeypatch, capsysbinary)
