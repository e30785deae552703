"""The list of documents, in a real Chromium."""

from __future__ import annotations

import asyncio
import re

import httpx
from playwright.async_api import Browser, Page, Route, expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, RICH_EDITABLE, Open, until_status

pytestmark = IN_BROWSER


async def make(server: LocalServer, *documents: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        for document in documents:
            answer = await http.post("/api/documents", json=document)
            assert answer.status_code == 201, answer.text


async def titles(page: Page) -> list[str]:
    return await page.locator(".entry-title").all_inner_texts()


async def test_a_plain_document_is_made_and_listed_with_its_author(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_placeholder("Title, if you like").fill("Meeting notes")
    await page.get_by_role("button", name="New document").click()
    await page.wait_for_url(re.compile("/d/"))
    await page.click(EDITABLE)
    await page.keyboard.type("First point")
    await until_status(page, "Saved")
    name = await page.locator("#my-name").input_value()
    assert re.fullmatch("[A-Z][a-z]+ [A-Z][a-z]+", name)
    await page.get_by_role("link", name="Documents").click()
    entry = page.locator(".entry", has_text="Meeting notes")
    await expect(entry).to_contain_text(f"by {name}")
    await expect(entry).to_contain_text(f"edited just now by {name} · version 12 · 11 characters")


async def test_a_document_cant_be_made_before_the_page_can_do_it(
    browser: Browser, server: LocalServer
) -> None:
    page = await browser.new_page()
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await page.route("**/pages/index.js", lambda route: held.set_result(route))
    await page.goto(server.url, wait_until="commit")
    await page.get_by_placeholder("Title, if you like").fill("Meeting notes")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="New document")).to_be_disabled()
    await (await held).continue_()
    await page.get_by_role("button", name="New document").click()
    await page.wait_for_url(re.compile("/d/"))
    await expect(page.get_by_label("Title of the document")).to_have_value("Meeting notes")


async def test_a_rich_document_is_made_and_opens_in_the_rich_editor(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_text("Rich text").click()
    await page.get_by_role("button", name="New document").click()
    await page.wait_for_url(re.compile("/d/"))
    await page.click(RICH_EDITABLE)
    await page.keyboard.type("Bold")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+b")
    await until_status(page, "Saved")
    assert await page.evaluate("() => window.collab.doc.content[0].attributes") == {"bold": True}
    await page.get_by_role("link", name="Documents").click()
    await expect(page.locator(".entry")).to_contain_text("rich text")


async def test_documents_are_found_by_their_titles(open_page: Open, server: LocalServer) -> None:
    await make(
        server,
        *({"title": title} for title in ["Shopping", "Meeting of Monday", "100 % sure", "Monday’s shopping"]),
    )
    page = await open_page("/")
    await expect(page.locator(".entry")).to_have_count(4)
    await page.get_by_label("Search titles and texts").fill("mONDAY")
    await expect(page.locator(".entry")).to_have_count(2)
    assert set(await titles(page)) == {"Meeting of Monday", "Monday’s shopping"}
    await page.get_by_label("Search titles and texts").fill("%")
    await expect(page.locator(".entry")).to_have_count(1)
    await page.get_by_label("Search titles and texts").fill("nowhere")
    await expect(page.locator("#empty")).to_have_text("Nothing was found for “nowhere”.")
    await page.get_by_label("Search titles and texts").fill("")
    await expect(page.locator(".entry")).to_have_count(4)


async def test_the_answer_to_an_older_question_is_not_shown(open_page: Open, server: LocalServer) -> None:
    await make(server, *({"title": title} for title in ["apple", "banana"]))
    page = await open_page("/")
    await expect(page.locator(".entry")).to_have_count(2)
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route(re.compile("q=apple"), hold)
    async with page.expect_request(re.compile("q=apple")):
        await page.get_by_label("Search titles and texts").fill("apple")
    await page.get_by_label("Search titles and texts").fill("banana")
    await expect(page.locator(".entry")).to_have_count(1)
    assert await titles(page) == ["banana"]
    assert len(held) == 1  # it was taken back, so there is nothing left to answer


async def test_long_lists_come_a_page_at_a_time(open_page: Open, server: LocalServer) -> None:
    await make(server, *({"title": f"Document {number}"} for number in range(60)))
    page = await open_page("/")
    await expect(page.locator(".entry")).to_have_count(50)
    await page.get_by_role("button", name="Show more").click()
    await expect(page.locator(".entry")).to_have_count(60)
    assert len(set(await titles(page))) == 60
    await expect(page.get_by_role("button", name="Show more")).to_be_hidden()


async def test_documents_opened_here_are_remembered_in_this_browser_alone(
    open_page: Open, server: LocalServer
) -> None:
    await make(server, {"title": "Mine", "id": "mine"}, {"title": "Not mine", "id": "other"})
    page = await open_page("/d/mine")
    await page.click(EDITABLE)
    await page.goto(server.url)
    await expect(page.locator("#recent-documents li")).to_have_count(1)
    await page.locator("#recent-documents").get_by_role("link", name="Mine", exact=True).click()
    await page.wait_for_url(re.compile("/d/mine"))
    stranger = await open_page("/")
    await expect(stranger.locator(".entry")).to_have_count(2)
    await expect(stranger.locator("#recent")).to_be_hidden()


async def test_a_list_that_cannot_be_had_can_be_asked_for_again(open_page: Open, server: LocalServer) -> None:
    await make(server, {"title": "There"})
    page = await open_page("/d/elsewhere")

    async def fail(route: Route) -> None:
        await route.fulfill(status=503, body="upstream is gone")

    await page.route(re.compile("/api/catalogue"), fail)
    await page.goto(server.url)
    await expect(page.get_by_role("alert")).to_contain_text("The list could not be loaded")
    await page.unroute(re.compile("/api/catalogue"))
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".entry", has_text="There")).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_hidden()
