"""The activity page, in a real Chromium."""

from __future__ import annotations

import re

from playwright.async_api import Page, Route, expect

from collab.local_server import LocalServer
from collab.projections.builtin.activity import Activity
from collab.web.activity import BEAT_SECONDS
from tests.browsing import EDITABLE, IN_BROWSER, Open, editor, until_status
from tests.browsing_models import ANN, BO, park, until_caught_up, until_parked, write
from tests.model_helpers import take_again

pytestmark = IN_BROWSER

SOON = 2000
"""Milliseconds in which something shows that was done in another window."""


async def feed(open_page: Open, query: str = "", **options: object) -> Page:
    page = await open_page(f"/activity{query}", **options)
    await expect(page.locator("#live")).to_have_text("Live")
    return page


async def documents(page: Page) -> list[str]:
    return await page.locator(".document").all_inner_texts()


async def many(server: LocalServer, number: int) -> None:
    await write(server, *({"title": f"Document {each}", "content": "x"} for each in range(number)))
    await until_caught_up(server)


async def test_a_session_shows_who_did_what_in_which_document(open_page: Open) -> None:
    ann = await editor(open_page, "notes")
    name = await ann.locator("#my-name").input_value()
    await ann.keyboard.type("Hello")
    await ann.keyboard.press("Backspace")
    await until_status(ann, "Saved")
    page = await feed(open_page)
    row = page.locator(".session")
    await expect(row).to_contain_text(f"{name} in notes")
    await expect(row).to_contain_text("wrote 5 characters, deleted 1")
    await expect(row.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d(–\d\d:\d\d)?, just now$"))
    await expect(page.get_by_role("heading", name="Today")).to_be_visible()
    await expect(page.locator(".contributor")).to_contain_text(f"{name}6 edits in 1 document")
    await row.get_by_role("link", name=f"Changes by {name} in notes").click()
    await page.wait_for_url(re.compile(r"/d/notes/history#v=1\.\.7$"))
    await expect(page.locator("ins").first).to_have_text("Hell")


async def test_a_session_is_shown_while_it_goes_on_and_changes_in_place(
    open_page: Open, server: LocalServer
) -> None:
    page, ann = await feed(open_page), await editor(open_page, "notes")
    await expect(page.locator("#empty")).to_be_visible()
    await ann.keyboard.type("He")
    row = page.locator(".session", has_text="notes")
    await expect(row).to_contain_text("wrote 2 characters", timeout=SOON)
    await row.evaluate("row => { row.mine = true }")
    await write(server, {"title": "Another", "content": "x"}, token=BO)
    await expect(page.locator(".document").first).to_have_text("Another", timeout=SOON)
    await ann.keyboard.type("llo")
    await expect(row).to_contain_text("wrote 5 characters", timeout=SOON)
    await expect(page.locator(".session")).to_have_count(2)
    assert await documents(page) == ["notes", "Another"]
    assert await row.evaluate("row => row.mine")  # the very same row


async def test_a_new_title_is_shown_in_all_sessions_of_the_document(
    open_page: Open, server: LocalServer
) -> None:
    await write(server, {"id": "notes", "title": "Old", "content": "x"}, token=BO)
    page, ann = await feed(open_page), await editor(open_page, "notes")
    await expect(page.locator(".document")).to_have_text(["Old"])
    await ann.evaluate("() => window.collab.doc.rename('New')")
    await ann.keyboard.type("a")
    await expect(page.locator(".document")).to_have_text(["New", "New"], timeout=SOON)


async def test_nothing_moves_under_a_reader(open_page: Open, server: LocalServer) -> None:
    await many(server, 40)
    page, ann = await feed(open_page, viewport={"width": 800, "height": 500}), await open_page("/d/new")
    await expect(page.locator(".session")).to_have_count(40)
    await page.mouse.move(400, 300)
    await page.mouse.wheel(0, 700)
    await page.wait_for_function("() => window.scrollY >= 700")
    seen = page.locator(".session", has_text="Document 30")
    before = await seen.bounding_box()
    await ann.click(EDITABLE)
    await ann.keyboard.type("Hello")
    await write(server, {"title": "Another", "content": "x"})
    newer = page.get_by_role("button", name="2 new")
    await expect(newer).to_be_visible(timeout=SOON)
    assert await seen.bounding_box() == before
    await expect(page.locator(".session")).to_have_count(40)
    await newer.click()
    await expect(page.locator(".session")).to_have_count(42)
    await expect(newer).to_be_hidden()
    assert await page.evaluate("() => window.scrollY") == 0
    assert (await documents(page))[:2] == ["Another", "new"]


async def test_who_goes_through_the_rows_by_keyboard_keeps_their_place(
    open_page: Open, server: LocalServer
) -> None:
    await many(server, 3)
    page = await feed(open_page)
    link = page.get_by_role("link", name="Document 1", exact=True)
    await link.focus()
    await write(server, {"title": "Another", "content": "x"})
    await expect(page.get_by_role("button", name="1 new")).to_be_visible(timeout=SOON)
    await expect(link).to_be_focused()
    assert await documents(page) == ["Document 2", "Document 1", "Document 0"]


async def test_it_is_filtered_by_author_and_by_document(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "One", "content": "x"}, {"title": "Two", "content": "x"}, token=ANN)
    await write(server, {"id": "three", "title": "Three", "content": "x"}, token=BO)
    await until_caught_up(server)
    page, bo = await feed(open_page), await editor(open_page, "three")
    await expect(page.locator(".document")).to_have_text(["Three", "Two", "One"])
    await page.locator(".session", has_text="One").locator(".author").click()
    await expect(page.locator(".document")).to_have_text(["Two", "One"])
    assert "/activity?author=guest-" in page.url
    await expect(page.locator("#live")).to_have_text("Live")
    await bo.keyboard.type("somebody else")
    await until_status(bo, "Saved")
    await page.get_by_role("link", name="Only this document: Two").click()
    await expect(page.locator(".document")).to_have_text(["Two"])
    assert re.search(r"\?author=guest-[^&]+&document=", page.url)
    await page.go_back()
    await expect(page.locator(".document")).to_have_text(["Two", "One"])
    await page.locator("#filters").get_by_role("link").click()
    await expect(page).to_have_url(f"{server.url}/activity")
    await expect(page.locator(".document")).to_have_text(["Three", "Three", "Two", "One"])


async def test_live_news_are_of_the_filter_alone(open_page: Open, server: LocalServer) -> None:
    await write(server, {"id": "mine", "title": "Mine", "content": "x"})
    page = await feed(open_page, "?document=mine")
    ann, other = await editor(open_page, "mine"), await editor(open_page, "other")
    await other.keyboard.type("elsewhere")
    await until_status(other, "Saved")
    await until_caught_up(server)
    await ann.keyboard.type("here")
    await expect(page.locator(".session").first).to_contain_text("wrote 4 characters", timeout=SOON)
    assert await documents(page) == ["Mine", "Mine"]


async def test_older_sessions_come_a_page_at_a_time(open_page: Open, server: LocalServer) -> None:
    await many(server, 60)
    page = await feed(open_page)
    await expect(page.locator(".session")).to_have_count(50)
    await page.get_by_role("button", name="Load older").click()
    await expect(page.locator(".session")).to_have_count(60)
    assert await documents(page) == [f"Document {each}" for each in reversed(range(60))]
    await expect(page.get_by_role("button", name="Load older")).to_be_hidden()
    assert await page.evaluate(
        "() => document.activeElement.closest('.session')?.textContent.includes('Document 9')"
    )


async def test_no_more_than_500_sessions_are_kept(open_page: Open, server: LocalServer) -> None:
    await many(server, 520)
    page = await feed(open_page)
    for loaded in range(100, 550, 50):
        await page.get_by_role("button", name="Load older").click()
        await expect(page.locator(".session")).to_have_count(loaded)
    await expect(page.get_by_role("button", name="Load older")).to_be_hidden()
    await expect(page.locator("#end")).to_contain_text("These are the last 500.")
    await write(server, {"title": "Another", "content": "x"})
    await page.get_by_role("button", name="1 new").click()
    await expect(page.locator(".document").first).to_have_text("Another")
    await expect(page.locator(".session")).to_have_count(500)


async def test_what_was_missed_while_the_server_was_away_is_there_afterwards(
    open_page: Open, server: LocalServer
) -> None:
    await write(server, {"title": "Before", "content": "x"})
    page = await feed(open_page)
    await expect(page.locator(".session")).to_have_count(1)
    await page.context.set_offline(True)
    await server.kill()
    await expect(page.locator("#live")).to_have_text("The connection is lost. Trying again…")
    await server.start()
    await many(server, 120)
    await page.context.set_offline(False)
    await expect(page.locator("#live")).to_have_text("Live", timeout=10_000)
    await expect(page.locator(".session")).to_have_count(121)
    assert (await documents(page))[-1] == "Before"


async def test_a_page_that_nobody_sees_listens_to_nothing_and_has_all_when_it_is_looked_at(
    open_page: Open, server: LocalServer
) -> None:
    page = await feed(open_page)
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    async with page.expect_event("requestfailed", lambda request: "/api/activity?after=" in request.url):
        await page.evaluate(hide, True)
    await write(server, {"title": "Meanwhile", "content": "x"})
    await until_caught_up(server)
    await expect(page.locator(".session")).to_have_count(0)
    await page.evaluate(hide, False)
    await expect(page.locator(".document")).to_have_text(["Meanwhile"])


async def test_activity_that_cannot_be_had_is_asked_for_again(open_page: Open, server: LocalServer) -> None:
    await many(server, 60)
    page = await open_page("/")
    failing = True

    async def fail(route: Route) -> None:
        await (route.fulfill(status=500, body="upstream is gone") if failing else route.continue_())

    await page.route(re.compile("/api/activity"), fail)
    await page.goto(f"{server.url}/activity")
    await expect(page.get_by_role("alert")).to_contain_text("What was done could not be loaded")
    failing = False
    await expect(page.locator(".session")).to_have_count(50)  # by itself, or by the button
    await expect(page.get_by_role("alert")).to_be_hidden()
    failing = True
    await page.get_by_role("button", name="Load older").click()
    await expect(page.get_by_role("alert")).to_contain_text("What was done could not be loaded")
    failing = False
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".session")).to_have_count(60)
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_parked_model_is_said_to_be_behind(open_page: Open, server: LocalServer) -> None:
    await write(server, {"title": "Before", "content": "x"})
    await park(server, Activity(), "sessions")
    await write(server, {"title": "After", "content": "x"})
    await until_parked(server, "activity")
    page = await open_page("/activity")
    await expect(page.locator("#live")).to_have_text("What was done last is missing: the server is behind.")
    assert await documents(page) == ["Before"]


async def test_a_model_that_is_parked_while_one_looks_is_said_to_be_behind_until_it_goes_on(
    open_page: Open, server: LocalServer
) -> None:
    await write(server, {"title": "Before", "content": "x"})
    await until_caught_up(server)
    page = await open_page("/activity")
    live = page.locator("#live")
    await expect(live).to_have_text("Live")
    await park(server, Activity(), "sessions")
    await write(server, {"title": "After", "content": "x"})
    await expect(live).to_have_text(
        "What was done last is missing: the server is behind.", timeout=3_000 * BEAT_SECONDS
    )
    take_again(server.db, Activity())
    await expect(live).to_have_text("Live", timeout=3_000 * BEAT_SECONDS)
    await expect(page.locator(".document")).to_have_text(["After", "Before"])


async def test_what_others_wrote_is_never_markup(open_page: Open, server: LocalServer) -> None:
    attack = '<img src=x onerror="window.hurt=1">'
    await write(server, {"id": "notes", "title": attack, "content": attack})
    page = await feed(open_page, "?document=notes")
    await expect(page.locator(".document")).to_have_text(attack)
    await expect(page.locator("#filters")).to_contain_text(attack)
    await page.goto(f"{server.url}/activity?author=%3Cimg%20src%3Dx%20onerror%3D%22window.hurt%3D1%22%3E")
    await expect(page.locator("#empty")).to_have_text(f"{attack} has written nothing yet.")
    assert await page.locator("img").count() == 0
    assert await page.evaluate("() => window.hurt") is None


async def test_each_page_leads_to_the_other(open_page: Open, server: LocalServer) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="Activity").click()
    await expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    await page.get_by_role("link", name="Documents", exact=True).click()
    await expect(page).to_have_url(f"{server.url}/")
