"""Search on the list of documents, and what the list does while read models are not to be had. In a real Chromium."""

from __future__ import annotations

import re

from playwright.async_api import Page, Route, expect

from collab.local_server import LocalServer
from collab.projections.builtin.catalogue import Catalogue
from collab.projections.builtin.search import Search
from tests.browsing import IN_BROWSER, Open, editor, until_status
from tests.browsing_models import park, until_caught_up, until_parked, write

pytestmark = IN_BROWSER

NOT_THERE_YET = '{"error": {"code": "model_building", "reason": "it has 3 of 9 events"}}'


async def titles(page: Page) -> list[str]:
    return await page.locator(".entry-title").all_inner_texts()


async def search(page: Page, words: str) -> None:
    await page.get_by_label("Search titles and texts").fill(words)


async def test_a_text_that_was_just_typed_in_another_window_is_found(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await open_page("/")
    await ann.keyboard.type("The heron sleeps on one leg.")
    await until_status(ann, "Saved")
    await search(bo, "heron sleeps")
    entry = bo.locator(".entry")
    await expect(entry.locator(".snippet mark")).to_have_text(["heron", "sleeps"], timeout=2000)
    await expect(bo.get_by_role("status")).to_have_text("Found 1 document")
    await entry.click()
    await bo.wait_for_url(re.compile("/d/notes$"))


async def test_what_is_found_in_a_title_is_marked_there(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "Heron watching", "content": "Bring a coat."}, {"title": "Other"})
    page = await open_page("/?q=heron")
    await expect(page.locator(".entry-title mark")).to_have_text("Heron")
    await expect(page.locator(".entry")).to_have_count(1)


async def test_letters_in_the_midst_of_a_title_are_found_behind_the_words(
    open_page: Open, server: LocalServer
) -> None:
    await write(
        server,
        {"title": "Monday"},
        {"title": "On a day like this"},
        {"title": "Holidays", "content": "A day off."},
    )
    page = await open_page("/?q=day")
    await expect(page.locator(".entry")).to_have_count(3)
    assert (await titles(page))[2] == "Monday"


async def test_what_is_found_is_never_markup(open_page: Open, server: LocalServer) -> None:
    attack = '<img src=x onerror="window.hurt=1"> heron <script>window.hurt=1</script>'
    await write(server, {"title": attack, "content": f"A text: {attack}\n"})
    page = await open_page("/?q=heron")
    await expect(page.locator(".entry-title")).to_have_text(attack)
    await expect(page.locator(".snippet")).to_contain_text('<img src=x onerror="window.hurt=1"> heron')
    assert await page.locator("mark").all_inner_texts() == ["heron", "heron"]
    assert await page.locator("#documents img, #documents script").count() == 0
    assert await page.evaluate("() => window.hurt") is None
    await search(page, attack)
    await search(page, "<img src=x onerror=window.hurt=1>nowhere")
    await expect(page.locator("#empty")).to_contain_text("<img src=x onerror=window.hurt=1>nowhere")
    assert await page.evaluate("() => window.hurt") is None


async def test_a_search_is_in_the_address_and_one_step_back(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "Heron"}, {"title": "Seal"})
    page = await open_page("/")
    await expect(page.locator(".entry")).to_have_count(2)
    await page.get_by_label("Search titles and texts").press_sequentially("heron", delay=200)
    await expect(page).to_have_url(f"{server.url}/?q=heron")
    await page.locator(".entry").click()
    await page.wait_for_url(re.compile("/d/"))
    await page.go_back()
    await expect(page.get_by_label("Search titles and texts")).to_have_value("heron")
    await expect(page.locator(".entry")).to_have_count(1)
    await page.go_back()
    await expect(page).to_have_url(f"{server.url}/")
    await expect(page.get_by_label("Search titles and texts")).to_have_value("")
    await expect(page.locator(".entry")).to_have_count(2)


async def test_escape_ends_a_search(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "Heron"}, {"title": "Seal"})
    page = await open_page("/?q=heron")
    await expect(page.locator(".entry")).to_have_count(1)
    await page.get_by_label("Search titles and texts").press("Escape")
    await expect(page.locator(".entry")).to_have_count(2)
    await expect(page).to_have_url(f"{server.url}/")
    await expect(page.get_by_label("Search titles and texts")).to_have_value("")


async def test_long_answers_come_a_page_at_a_time(open_page: Open, server: LocalServer) -> None:
    await write(server, *({"title": f"{number}", "content": "heron"} for number in range(55)))
    page = await open_page("/?q=heron")
    await expect(page.locator(".entry")).to_have_count(50)
    await expect(page.get_by_role("status")).to_have_text("Found 50 documents, and more")
    await page.get_by_role("button", name="Show more").click()
    await expect(page.locator(".entry")).to_have_count(55)
    assert len(set(await titles(page))) == 55
    await expect(page.get_by_role("status")).to_have_text("Found 55 documents")


async def test_the_list_has_the_order_that_one_chooses(open_page: Open, server: LocalServer) -> None:
    await write(
        server,
        {"title": "b", "content": "short"},
        {"title": "c", "content": "the longest of all"},
        {"title": "a"},
    )
    page = await open_page("/")
    await expect(page.locator(".entry")).to_have_count(3)
    await expect(page.locator(".entry", has_text="the")).to_have_count(0)
    for order, expected in [("title", ["a", "b", "c"]), ("longest", ["c", "b", "a"])]:
        await page.get_by_label("Order").select_option(order)
        await page.wait_for_function(
            "titles => [...document.querySelectorAll('.entry-title')].map(e => e.textContent).join() === titles",
            arg=",".join(expected),
        )
    await expect(page).to_have_url(f"{server.url}/?order=length")
    await page.reload()
    await expect(page.get_by_label("Order")).to_have_value("longest")
    await expect(page.locator(".entry-title").first).to_have_text("c")


async def test_a_parked_catalogue_is_replaced_by_the_plain_list(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "Before"})
    await park(server, Catalogue(), "documents")
    await write(server, {"title": "After"})
    await until_parked(server, "catalogue")
    page = await open_page("/")
    await expect(page.locator("#note")).to_contain_text("The catalogue isn’t ready just now.")
    assert await titles(page) == ["After", "Before"]
    await expect(page.get_by_role("alert")).to_be_hidden()
    await search(page, "after")
    await expect(page.locator(".entry")).to_have_count(1)


async def test_a_parked_search_finds_titles(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "The heron", "content": "Sleeps."})
    await park(server, Search(), "documents")
    await write(server, {"title": "The heron again"})
    await until_parked(server, "search")
    page = await open_page("/?q=heron")
    await expect(page.locator("#note")).to_contain_text("Texts can’t be searched just now.")
    await expect(page.locator(".entry")).to_have_count(2)


async def test_models_that_are_being_built_keep_nobody_waiting(open_page: Open, server: LocalServer) -> None:
    await write(server, *({"title": f"Document {number}"} for number in range(60)))
    await until_caught_up(server)
    page = await open_page("/activity")  # it makes no document
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route(re.compile("/api/catalogue"), hold)
    await page.goto(server.url)
    await expect(page.locator(".entry")).to_have_count(50, timeout=4000)
    await expect(page.locator("#note")).to_contain_text("The catalogue isn’t ready just now.")
    await page.get_by_role("button", name="Show more").click()
    await expect(page.locator(".entry")).to_have_count(60)
    assert len(held) == 1

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, content_type="application/json", body=NOT_THERE_YET)

    await page.unroute(re.compile("/api/catalogue"))
    await page.route(re.compile("/api/(catalogue|search)"), refuse)
    await search(page, "document 7")
    await expect(page.locator("#note")).to_contain_text("Texts can’t be searched just now.")
    await expect(page.locator(".entry")).to_have_count(1)
    await page.unroute(re.compile("/api/(catalogue|search)"))
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("#note")).to_be_hidden()
    await expect(page.locator(".entry mark").first).to_be_visible()
