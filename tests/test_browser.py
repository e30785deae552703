"""The pages in a real headless Chromium, on a real server process with a real SQLite file."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from collab.local_server import LocalServer
from collab.reading import document_at
from collab.store.sqlite import SQLiteStore

pytestmark = pytest.mark.browser

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

EDITABLE = ".cm-content[contenteditable=true]"
TEXT = "() => window.collab.doc.text"

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[LocalServer]:
    async with LocalServer(tmp_path / "log.db") as running:
        yield running


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    assert path is not None, "there is no Chromium: run scripts/ensure-chromium"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        await running.close()


@pytest_asyncio.fixture
async def open_page(browser: Browser, server: LocalServer) -> AsyncIterator[Open]:
    """Opens a path in a browser context of its own. Whatever a page complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_(path: str, **options: object) -> Page:
        context = await browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if is_complaint(message.text) else None
        )
        await page.goto(server.url + path)
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert complaints == []


def is_complaint(text: str) -> bool:
    """Content that the security policy blocked. Lost connections are complained of too, and are what we test."""
    return "Content Security Policy" in text


async def editor(open_page: Open, document: str, **options: object) -> Page:
    page = await open_page(f"/d/{document}", **options)
    await page.click(EDITABLE)
    return page


async def until_text(page: Page, text: str) -> None:
    await page.wait_for_function("text => window.collab.doc.text === text", arg=text)


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


async def test_two_people_type_at_once_and_see_the_same(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await asyncio.gather(
        ann.keyboard.type("The first window writes this. ", delay=4),
        bo.keyboard.type("The second one that, with an 😀. ", delay=5),
    )
    text = await until_equal(ann, bo)
    assert "The first window writes this. " in text
    assert "The second one that, with an 😀. " in text


async def test_what_was_typed_offline_is_kept_said_and_merged(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("Shared. ")
    await until_text(bo, "Shared. ")
    await bo.context.set_offline(True)
    await bo.keyboard.press("End")
    await bo.keyboard.type("Bo is offline. ")
    await until_status(bo, re.compile("Not saved – [0-9]+ change"))
    await ann.keyboard.type("Ann is not. ")
    await until_status(ann, "Saved")
    assert "offline" not in await ann.evaluate(TEXT)
    await bo.context.set_offline(False)
    text = await until_equal(ann, bo)
    assert "Bo is offline. " in text
    assert "Ann is not. " in text


async def test_nothing_shown_as_saved_is_missing_after_kill_9(open_page: Open, server: LocalServer) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("Saved before. ")
    await until_status(page, "Saved")
    await server.kill()
    await page.keyboard.type("Typed while it was down. ")
    await until_status(page, re.compile("Not saved|Reconnecting"))
    async with await SQLiteStore.open(server.db) as store:
        assert (await document_at(store, "notes")).content.value() == "Saved before. "
    await server.start()
    await expect(page.locator("#status")).to_have_text("Saved", timeout=20_000)
    await server.stop()
    async with await SQLiteStore.open(server.db) as store:
        assert (
            await document_at(store, "notes")
        ).content.value() == "Saved before. Typed while it was down. "


async def test_undo_takes_back_ones_own_edits_only(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("ann")
    await until_text(bo, "ann")
    await bo.keyboard.press("Control+Home")
    await bo.keyboard.type("bo ")
    await until_text(ann, "bo ann")
    await ann.keyboard.press("Control+z")
    await until_text(bo, "bo ")
    await ann.keyboard.press("Control+Shift+z")
    await until_text(bo, "bo ann")


async def test_others_are_shown_with_caret_and_name_and_leave_when_they_go(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("Here I am")
    name = await ann.evaluate(
        "() => window.collab.doc.presence.user?.name ?? JSON.parse(localStorage['collab.me']).name"
    )
    await expect(bo.locator(".cm-scroller")).to_contain_text(name)
    assert await bo.evaluate("() => window.collab.doc.presence.others.length") == 1
    await ann.context.close()
    await bo.wait_for_function("() => window.collab.doc.presence.others.length === 0")
    await expect(bo.locator(".cm-scroller")).not_to_contain_text(name)


async def test_a_document_is_made_from_the_first_page_and_listed_there(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("textbox").fill("Meeting notes")
    await page.get_by_role("button", name="New document").click()
    await page.wait_for_url(re.compile("/d/"))
    await page.click(EDITABLE)
    await page.keyboard.type("First point")
    await until_status(page, "Saved")
    await page.goto(page.url.split("/d/")[0])
    await expect(page.get_by_role("link", name="Meeting notes")).to_be_visible()


async def test_line_ends_and_tabs_survive_the_editor(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.evaluate("() => window.collab.doc.insert(0, 'one\\r\\ntwo\\rthree\\n\\tfour')")
    await until_text(bo, "one\r\ntwo\rthree\n\tfour")
    await ann.click(EDITABLE)
    await ann.keyboard.press("Control+End")
    await ann.keyboard.type("!")
    await until_text(bo, "one\r\ntwo\rthree\n\tfour!")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/d/notes"])
async def test_pages_fit_their_window(open_page: Open, path: str, width: int) -> None:
    page = await open_page(path, viewport={"width": width, "height": 740})
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("() => document.documentElement.scrollWidth") <= width


async def test_text_of_others_is_never_markup(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    attack = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
    await ann.evaluate("text => window.collab.doc.insert(0, text)", attack)
    await until_text(bo, attack)
    assert await bo.evaluate("() => window.hurt") is None
