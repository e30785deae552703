"""Into a document's history by a link, while it goes on, and where there is nothing to see. In a real Chromium."""

from __future__ import annotations

import re
from datetime import datetime

import httpx
import pytest
from playwright.async_api import expect

from collab import History
from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER, Open
from tests.browsing_history import (
    ANN,
    NEWEST,
    TODAY,
    at,
    history,
    plan,
    text_of,
    typed,
    until_furnished,
    until_version,
)

pytestmark = IN_BROWSER


async def test_a_link_leads_to_a_version_a_comparison_or_a_time(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    async with History(server.url, "plan") as past:
        moment = datetime.fromisoformat(str((await past.at(39)).at))
    page = await history(open_page, place="#v=39")
    await until_version(page, 39)
    for place, version, hash_ in [
        ("#v=39..63", NEWEST, "#v=39..63"),
        (f"#t={at(moment)}", 39, "#v=39"),
        ("#v=999", NEWEST, "#v=63"),
        ("#v=nonsense", NEWEST, "#v=63"),
        ("#t=2001-01-01T00:00Z", 0, "#v=0"),
    ]:
        page = await history(open_page, place=place)
        await until_version(page, version)
        await page.wait_for_url(re.compile(re.escape(hash_) + "$"))
        if place == "#v=39..63":
            await expect(page.locator("#paper ins").filter(has_text="Bo brings coffee.")).to_be_visible()
        if place == "#v=999":
            await expect(page.locator("#news")).to_have_text(
                "There is no version 999 yet. This is the newest, 63."
            )
        if place == "#v=nonsense":
            await expect(page.locator("#news")).to_contain_text("is no version")


async def test_back_leads_out_of_the_history_however_far_one_went(
    open_page: Open, server: LocalServer
) -> None:
    await plan(server.url)
    page = await open_page("/")
    await page.goto(server.url + "/d/plan/history")
    await until_furnished(page)
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await page.wait_for_url(re.compile("#v=60$"))
    await page.go_back()
    await page.wait_for_url(server.url + "/")


async def test_while_others_type_a_badge_says_how_much(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=39")
    badge = page.locator("#newer")
    await expect(badge).to_be_hidden()
    await typed(server.url, "plan", ANN, (0, 0, "Soon: "))
    await expect(badge).to_have_text("+6 newer changes")
    await until_version(page, 39)
    assert await page.get_by_role("slider").get_attribute("max") == "63"
    await badge.click()
    await until_version(page, 69)
    assert await text_of(page) == "Soon: " + TODAY
    await expect(badge).to_be_hidden()


@pytest.mark.parametrize("content", ["", "x"])
async def test_a_document_without_a_past_is_a_short_history(
    open_page: Open, server: LocalServer, content: str
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "new", "content": content})
    page = await history(open_page, "new")
    await until_version(page, 1)
    assert await text_of(page) == content
    await page.keyboard.press("ArrowLeft")
    await until_version(page, 0)
    await page.keyboard.press("d")
    await page.keyboard.press("Space")
    await until_version(page, 1)
    if not content:
        await expect(page.locator("#rows")).to_have_text("Nothing has been written here yet.")


async def test_of_a_document_that_is_not_there_it_says_so(open_page: Open) -> None:
    page = await open_page("/d/nowhere/history")
    await expect(page.get_by_role("alert")).to_contain_text("This history cannot be shown")
    await expect(page.locator("#skeleton")).to_be_hidden()


async def test_what_cannot_be_loaded_is_said_and_tried_again(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await open_page("/")
    await page.route("**/replay?*", lambda route: route.abort())
    await page.goto(server.url + "/d/plan/history#v=39")
    await expect(page.locator("#paper")).to_contain_text("ten")  # the newest is there
    banner = page.locator(".banner", has_text="Version 39 could not be loaded")
    await expect(banner).to_be_visible(timeout=20_000)
    await page.unroute("**/replay?*")
    await banner.get_by_role("button", name="Try again").click()
    await until_version(page, 39)
    await expect(banner).to_be_hidden()
