"""What tests in a real headless Chromium share: how it is started, and what to wait for on a document's page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import ConsoleMessage, Page, expect

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

IN_BROWSER = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
"""What tests are marked with that use the one Chromium of their process, which belongs to one event loop."""

EDITABLE = ".cm-content[contenteditable=true]"
RICH_EDITABLE = ".ql-editor[contenteditable=true]"
TEXT = "() => window.collab.doc.text"

Open = Callable[..., Awaitable[Page]]

CHROMIUMS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
"""The first of them that is there is used. The first is the quickest by half."""


def browser_path() -> str:
    """Where Chromium is."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert path is not None, "there is no Chromium: run scripts/ensure-chromium"
    return path


def is_complaint(text: str) -> bool:
    """Content that the security policy blocked. Lost connections are complained of too, and are what we test."""
    return "Content Security Policy" in text


def is_trouble(message: ConsoleMessage) -> bool:
    """An error or a warning, of whatever kind but for lost connections."""
    lost = (
        message.text.startswith("WebSocket connection to") or "net::ERR_INTERNET_DISCONNECTED" in message.text
    )
    return message.type in ("error", "warning") and not lost


async def editor(open_page: Open, document: str, **options: object) -> Page:
    """The page of a plain document, with the caret in its text."""
    page = await open_page(f"/d/{document}", **options)
    await page.click(EDITABLE)
    return page


async def menu(page: Page, item: str) -> None:
    """Choose something of a document's menu."""
    if not await page.locator("#menu .panel").is_visible():
        await page.locator("#menu > summary").click()
    await page.locator("#menu .item").get_by_text(item).click()


async def until_text(page: Page, text: str) -> None:
    await page.wait_for_function("text => window.collab?.doc.text === text", arg=text)


async def until_status(page: Page, status: str | re.Pattern[str]) -> None:
    await expect(page.locator("#status")).to_have_text(status)


async def until_equal(*pages: Page) -> str:
    """Wait until all pages are saved and show one text, and return it."""
    for page in pages:
        await until_status(page, "Saved")
    version = max([await page.evaluate("() => window.collab.doc.version") for page in pages])
    for page in pages:
        await page.wait_for_function("version => window.collab.doc.version >= version", arg=version)
    texts = {await page.evaluate(TEXT) for page in pages}
    shown = {await page.evaluate("() => window.collab.view.state.doc.toString()") for page in pages}
    assert len(texts) == 1
    assert shown == texts
    return str(texts.pop())
