"""What changed since one was here: shown to whoever comes back, until it is marked as read. In a real Chromium."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
from playwright.async_api import Browser, Page, expect

from collab import History
from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, RICH_EDITABLE, Open, until_status, until_text
from tests.browsing_history import ANN, BO, typed
from tests.test_pages_access import complaints

pytestmark = IN_BROWSER

TEXT = "One line.\n\nAnother line.\n"


async def device(browser: Browser, server: LocalServer, token: str = ANN) -> Page:
    """A browser of its own, of whoever has the token."""
    context = await browser.new_context()
    await context.add_init_script(f"localStorage.setItem('collab.guest', {json.dumps(json.dumps(token))})")
    page = await context.new_page()
    await page.goto(f"{server.url}/d/notes")
    await page.click(f"{EDITABLE}, {RICH_EDITABLE}")
    return page


async def until_noted(server: LocalServer, version: int, token: str = ANN) -> None:
    async with asyncio.timeout(10), History(server.url, "notes", token=token) as history:
        while ((await history.visit()).seen or 0) < version:  # noqa: ASYNC110 - a page notes it
            await asyncio.sleep(0.02)


async def seen_by_ann(browser: Browser, server: LocalServer) -> Page:
    """Ann's page of a document that she has written, and seen."""
    page = await device(browser, server)
    await page.keyboard.insert_text(TEXT)
    await until_status(page, "Saved")
    await until_noted(server, await page.evaluate("() => window.collab.doc.version"))
    return page


async def test_what_others_did_is_shown_until_it_is_read(browser: Browser, server: LocalServer) -> None:
    ann = await seen_by_ann(browser, server)
    await expect(ann.locator("#since")).to_be_hidden()
    await ann.goto(server.url)
    bo = await typed(server.url, "notes", BO, (0, 0, "Bo: "), (len(TEXT) + 4, 0, "The end."), (4, 3, "A"))
    await ann.goto(f"{server.url}/d/notes")
    strip = ann.locator("#since")
    await expect(strip).to_be_visible()
    name = " ".join(word.capitalize() for word in bo.split("-")[1:3])
    await expect(strip).to_contain_text(f"Since you were here just now: {name} +13 −3")
    count = ann.locator("#since-count")
    await expect(count).to_have_text("2 changes")
    await ann.get_by_role("button", name="Next change").click()
    await expect(count).to_have_text("1 of 2 changes")
    await expect(ann.locator("#since-change")).to_contain_text(f"{name} wrote “Bo: A” and deleted “One”")
    await expect(ann.locator(".cm-highlight")).to_have_text("Bo: A")
    await ann.get_by_role("button", name="Next change").click()
    await expect(ann.locator(".cm-highlight")).to_have_text("The end.")
    await ann.get_by_role("button", name="Previous change").click()
    await expect(count).to_have_text("1 of 2 changes")
    await ann.locator("#since-sessions > summary").click()
    await expect(ann.locator("#since-list .row")).to_contain_text("+13 −3")
    await ann.keyboard.press("Escape")

    await ann.reload()
    await expect(strip).to_be_visible()  # it wasn't read
    elsewhere = await device(browser, server)
    await expect(elsewhere.locator("#since")).to_be_visible()
    async with ann.expect_response("**/visit"):
        await ann.get_by_role("button", name="Mark as read").click()
    await expect(strip).to_be_hidden()
    await expect(ann.locator(".cm-highlight")).to_have_count(0)
    for page in (ann, elsewhere):
        async with page.expect_response("**/visit") as answer:
            await page.reload()
        assert (await (await answer.value).json())["seen"] == await page.evaluate(
            "() => window.collab.doc.whenSynced().then(() => window.collab.doc.version)"
        )
        await page.click(EDITABLE)
        await expect(page.locator("#since")).to_be_hidden()


async def test_all_of_it_is_seen_in_the_history(browser: Browser, server: LocalServer) -> None:
    ann = await seen_by_ann(browser, server)
    await ann.goto(server.url)
    await typed(server.url, "notes", BO, (0, 0, "Bo: "))
    await ann.goto(f"{server.url}/d/notes")
    await ann.get_by_role("link", name="See all").click()
    await ann.wait_for_url(re.compile(r"/history#v=\d+\.\.\d+$"))
    await expect(ann.locator("#paper ins").first).to_have_text("Bo: ")


async def test_on_a_telephone_sessions_hang_from_the_line(browser: Browser, server: LocalServer) -> None:
    ann = await seen_by_ann(browser, server)
    await ann.goto(server.url)
    await typed(server.url, "notes", BO, (0, 0, "Bo: "))
    await ann.set_viewport_size({"width": 360, "height": 740})
    await ann.goto(f"{server.url}/d/notes")
    await ann.locator("#since-sessions > summary").click()
    panel, line = [await ann.locator(each).bounding_box() for each in ("#since-sessions .panel", "#since")]
    assert panel is not None
    assert line is not None
    assert panel["y"] >= line["y"] + line["height"]
    assert 0 <= panel["x"] <= panel["x"] + panel["width"] <= 360
    assert panel["y"] + panel["height"] <= 740
    assert await ann.evaluate("() => document.documentElement.scrollWidth") <= 360
    for scheme in ("light", "dark"):
        await ann.emulate_media(color_scheme=scheme)
        assert await complaints(ann) == []


async def test_what_one_watches_or_does_oneself_is_no_news(browser: Browser, server: LocalServer) -> None:
    ann = await seen_by_ann(browser, server)
    await typed(server.url, "notes", BO, (0, 0, "Bo: "))
    await until_text(ann, "Bo: " + TEXT)
    version = await ann.evaluate("() => window.collab.doc.version")
    await ann.goto(server.url)
    await until_noted(server, version)  # on leaving
    await typed(server.url, "notes", ANN, (0, 0, "Ann elsewhere. "))
    async with ann.expect_response(lambda answer: answer.url.endswith("/visit")):
        await ann.goto(f"{server.url}/d/notes")
    await ann.click(EDITABLE)
    await until_text(ann, "Ann elsewhere. Bo: " + TEXT)
    await expect(ann.locator("#since")).to_be_hidden()


async def test_places_of_changes_move_with_what_is_typed_since(browser: Browser, server: LocalServer) -> None:
    ann = await seen_by_ann(browser, server)
    await ann.goto(server.url)
    await typed(server.url, "notes", BO, (len(TEXT), 0, "The end."))
    await ann.goto(f"{server.url}/d/notes")
    await expect(ann.locator("#since")).to_be_visible()
    await ann.click(EDITABLE)
    await ann.keyboard.press("Control+Home")
    await ann.keyboard.type("Before all that. ")
    await ann.get_by_role("button", name="Next change").click()
    await expect(ann.locator(".cm-highlight")).to_have_text("The end.")


async def test_a_first_visit_has_no_news(open_page: Open, server: LocalServer) -> None:
    await typed(server.url, "notes", BO, (0, 0, "Bo: "))
    page = await open_page("/")
    async with page.expect_response(lambda answer: answer.request.method == "PUT"):
        await page.goto(f"{server.url}/d/notes")
    await expect(page.locator("#since")).to_be_hidden()


async def test_changes_of_a_rich_text_are_marked_too(browser: Browser, server: LocalServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "notes", "kind": "rich"})
    ann = await device(browser, server)
    await ann.keyboard.type("One line.")
    await until_status(ann, "Saved")
    await ann.goto(server.url)
    await until_noted(server, 10)
    await typed(server.url, "notes", BO, (4, 0, "short "))
    await ann.goto(f"{server.url}/d/notes")
    await ann.get_by_role("button", name="Next change").click()
    await expect(ann.locator("#since-change")).to_contain_text("wrote “short ”")
    marked = "() => [...CSS.highlights.get('since')].map(range => range.toString())"
    assert await ann.evaluate(marked) == ["short "]
    await ann.get_by_role("button", name="Mark as read").click()
    assert await ann.evaluate("() => CSS.highlights.has('since')") is False
