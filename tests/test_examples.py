"""The examples, each run for real: on real servers, and in a real headless Chromium where there is a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from collab.cli.serve import bind
from collab.client import SharedDocument
from collab.web.app import static_directory
from tests.helpers import Serving, agree, eventually
from tests.test_browser import browser

__all__ = ["browser"]

EXAMPLES = Path(__file__).parent.parent / "examples"


@asynccontextmanager
async def running(server: uvicorn.Server, port: int = 0) -> AsyncIterator[str]:
    """A uvicorn server of an example in this event loop; gives its URL."""
    listener = bind("127.0.0.1", port)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listener])
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.shutdown([listener])


# A plain page.


@pytest_asyncio.fixture
async def site() -> AsyncIterator[str]:
    """Somebody's web site, on another origin than the collab server."""
    pages = [
        Mount("/static", StaticFiles(directory=static_directory())),
        Mount("/", StaticFiles(directory=EXAMPLES / "textarea", html=True)),
    ]
    async with running(uvicorn.Server(uvicorn.Config(Starlette(routes=pages), log_level="critical"))) as url:
        yield url


@pytest_asyncio.fixture
async def collab_server(site: str) -> AsyncIterator[Serving]:
    async with Serving(origins=[site]) as serving:
        yield serving


async def guest_book(browser: Browser, site: str, serving: Serving) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{site}/?server={serving.url}")
    await expect(page.locator("#entries")).to_be_editable()
    return page


@pytest.mark.browser
async def test_a_plain_field_is_edited_by_two_who_keep_their_carets(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    ann, bo = [await guest_book(browser, site, collab_server) for _ in range(2)]
    await ann.locator("#entries").focus()
    await ann.keyboard.type("Ann 😀")
    await expect(bo.locator("#entries")).to_have_value("Ann 😀")
    await bo.locator("#entries").focus()
    await bo.keyboard.press("Control+Home")
    await asyncio.gather(bo.keyboard.type("Bo. ", delay=5), ann.keyboard.type(" was here", delay=5))
    for page in (ann, bo):
        await expect(page.locator("#entries")).to_have_value("Bo. Ann 😀 was here")
    await ann.keyboard.type("!")
    await expect(bo.locator("#entries")).to_have_value("Bo. Ann 😀 was here!")
    await ann.locator("#heading").fill("Guests")
    await expect(bo.locator("#heading")).to_have_value("Guests")
    await expect(ann.locator("#state")).to_have_text("Saved")


@pytest.mark.browser
async def test_undo_in_a_plain_field_takes_back_ones_own_edits_only(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    ann, bo = [await guest_book(browser, site, collab_server) for _ in range(2)]
    await ann.locator("#entries").focus()
    await ann.keyboard.type("ann")
    await expect(bo.locator("#entries")).to_have_value("ann")
    await bo.locator("#entries").focus()
    await bo.keyboard.press("Control+Home")
    await bo.keyboard.type("bo ")
    await expect(ann.locator("#entries")).to_have_value("bo ann")
    await ann.keyboard.press("Control+z")
    await expect(bo.locator("#entries")).to_have_value("bo ")
    await ann.keyboard.press("Control+y")
    await expect(bo.locator("#entries")).to_have_value("bo ann")


@pytest.mark.browser
async def test_what_others_do_waits_for_an_input_method(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    page = await guest_book(browser, site, collab_server)
    async with SharedDocument(collab_server.url, "guest-book-entries") as other:
        other.insert(0, "one\r\n")
        await expect(page.locator("#entries")).to_have_value("one\n")
        await page.locator("#entries").focus()
        await page.keyboard.press("Control+End")
        ime = await page.context.new_cdp_session(page)
        await ime.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
        await eventually(lambda: other.text == "one\r\nに")
        other.insert(0, "Zero, ")
        await other.saved()
        await ime.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
        await eventually(lambda: other.text == "Zero, one\r\nにほ")
        assert await page.locator("#entries").input_value() == "one\nにほ"
        await ime.send("Input.insertText", {"text": "日本"})
        await expect(page.locator("#entries")).to_have_value("Zero, one\n日本")
        await eventually(lambda: other.text == "Zero, one\r\n日本")
        assert await agree(other) == "Zero, one\r\n日本"
