"""The page of a document's history: going through it, and what one sees. In a real Chromium."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
from playwright.async_api import expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, Open, editor, menu, until_status
from tests.browsing_history import (
    ANN,
    FIRST,
    NEWEST,
    SECOND,
    TODAY,
    history,
    plan,
    text_of,
    typed,
    until_furnished,
    until_version,
)

pytestmark = IN_BROWSER


async def test_it_is_reached_from_the_editor_and_escape_leads_back(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("Hello")
    await until_status(page, "Saved")
    document = page.url
    await menu(page, "History")
    await page.wait_for_url(re.compile("/history"))
    await expect(page.locator("#paper .cm-line")).to_have_text("Hello")
    assert await page.locator("[contenteditable=true]").count() == 0
    await until_furnished(page)
    await page.keyboard.press("Escape")
    await page.wait_for_url(document)
    await page.click(EDITABLE)
    await page.keyboard.press("Control+Alt+Shift+H")
    await page.wait_for_url(re.compile("/history"))
    await until_furnished(page)
    await page.get_by_role("link", name="Back to the document").click()
    await page.wait_for_url(document)


async def test_one_sees_the_same_place_of_the_text_there_and_back(
    open_page: Open, server: LocalServer
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "long", "content": "A line.\n" * 400})
    page = await editor(open_page, "long", viewport={"width": 1280, "height": 700})
    await page.mouse.wheel(0, 4000)
    await page.wait_for_function("() => scrollY > 3000")
    await page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    y = await page.evaluate("() => scrollY")
    await page.keyboard.press("Control+Alt+Shift+H")
    await page.wait_for_url(re.compile("/history"))
    await until_furnished(page)
    assert abs(await page.evaluate("() => scrollY") - y) < 100
    await page.keyboard.press("Escape")
    await page.wait_for_url(re.compile("/d/long$"))
    await page.wait_for_selector(EDITABLE)
    await page.wait_for_function("y => Math.abs(scrollY - y) < 100", arg=y)


async def test_keys_lead_through_the_versions(open_page: Open, server: LocalServer) -> None:
    ann, bo = await plan(server.url)
    page = await history(open_page)
    await until_version(page, NEWEST)
    assert await text_of(page) == TODAY
    for key, version, text in [
        ("ArrowLeft", 62, TODAY.replace("ten", "te")),
        ("ArrowRight", 63, TODAY),
        ("Shift+ArrowLeft", 58, FIRST + SECOND),
        ("Shift+ArrowLeft", 39, FIRST),
        ("Shift+ArrowLeft", 39, FIRST),
        ("ArrowLeft", 38, FIRST[:-1]),
        ("Shift+ArrowRight", 39, FIRST),
        ("PageDown", 58, FIRST + SECOND),
        ("Home", 0, ""),
        ("ArrowLeft", 0, ""),
        ("End", NEWEST, TODAY),
        ("PageUp", 58, FIRST + SECOND),
    ]:
        await page.keyboard.press(key)
        await until_version(page, version)
        assert await text_of(page) == text, key
    slider = page.get_by_role("slider", name="Document version")
    assert await slider.input_value() == "58"
    name = await page.locator("#moment .author").inner_text()
    spoken = str(await slider.get_attribute("aria-valuetext"))
    assert re.fullmatch(rf"Version 58, \d+ \w+ 20\d\d, \d\d:\d\d:\d\d, {name}", spoken)
    assert ann != bo


async def test_buttons_and_the_slider_do_the_same(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    for button, version in [
        ("First version", 0),
        ("One step forward", 1),
        ("One step back", 0),
        ("Last version", NEWEST),
    ]:
        await page.get_by_role("button", name=button).click()
        await until_version(page, version)
    assert await page.get_by_role("button", name="One step forward").is_disabled()
    slider = page.get_by_role("slider")
    await slider.fill("39")
    await until_version(page, 39)
    assert await text_of(page) == FIRST
    await slider.focus()
    for key, version in [("ArrowRight", 40), ("PageUp", 0), ("PageDown", 58), ("End", NEWEST)]:
        await page.keyboard.press(key)
        await until_version(page, version)


async def test_keys_are_not_taken_from_fields(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    await page.locator("#sought").focus()
    await page.keyboard.type("d [n] p")
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowRight")
    assert await page.locator("#sought").input_value() == "d [n] p"
    assert await page.locator("#comparing").is_hidden()
    assert await page.evaluate("() => window.collab.viewing.version") == NEWEST


async def test_it_plays_to_the_end_and_begins_again_from_there(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    play = page.get_by_role("button", name="Play")
    for _ in range(3):
        await page.keyboard.press("]")
    assert await page.locator("#speed").input_value() == "10"
    await page.keyboard.press("[")
    assert await page.locator("#speed").input_value() == "5"
    seen = """() => {
      window.seen = [];
      window.collab.viewing.addEventListener("shown", ({ detail }) => window.seen.push(detail));
    }"""
    await page.evaluate(seen)
    await page.keyboard.press("Space")
    await expect(play).to_have_attribute("aria-pressed", "true")
    await page.wait_for_function("() => window.seen.at(-1) > 20")
    await page.keyboard.press("Space")
    await expect(play).to_have_attribute("aria-pressed", "false")
    stopped = await page.evaluate("() => window.collab.viewing.version")
    assert 20 < stopped < NEWEST
    await page.locator("#speed").select_option("100")
    await play.click()
    await until_version(page, NEWEST)
    await expect(play).to_have_attribute("aria-pressed", "false")
    versions = await page.evaluate("() => window.seen")
    assert versions == sorted(versions)
    assert len([each for each in versions if each <= stopped]) > 15  # it didn't leap
    assert await text_of(page) == TODAY


async def test_in_real_time_a_long_pause_is_cut(open_page: Open, server: LocalServer) -> None:
    await typed(server.url, "plan", ANN, (0, 0, "ab"))
    page = await history(open_page, place="#v=1")
    await page.locator("#speed").select_option("real")
    # As if the second letter had come a day later.
    await page.evaluate(
        """() => {
          const { past } = window.collab;
          const part = past.partOf(3);
          const timeOf = part.timeOf.bind(part);
          part.timeOf = version => timeOf(version) + (version === 3 ? 86_400_000 : 0);
        }"""
    )
    await page.keyboard.press("Space")
    await until_version(page, 2)
    await until_version(page, 3)  # within the time that a test may wait


async def test_the_timeline_is_drawn_in_the_authors_colours_with_stars(
    open_page: Open, server: LocalServer
) -> None:
    await plan(server.url)
    page = await history(open_page)
    await expect(page.locator("#density")).to_have_attribute("data-authors", "2")
    colors = await page.evaluate(
        """() => {
          const canvas = document.querySelector("#density");
          const { data } = canvas.getContext("2d").getImageData(0, canvas.height - 2, canvas.width, 1);
          const seen = new Map();
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] < 255) continue;
            const color = [...data.slice(i, i + 3)].join();
            seen.set(color, (seen.get(color) ?? 0) + 1);
          }
          return [...seen].filter(([, count]) => count > 20).map(([color]) => color);
        }"""
    )
    assert len(colors) == 2
    stars = page.locator(".star")
    await expect(stars).to_have_count(2)
    track = await page.locator("#slider").bounding_box()
    star = await stars.nth(0).bounding_box()
    assert track is not None
    assert star is not None
    expected = track["x"] + 8 + (track["width"] - 16) * 39 / NEWEST
    assert abs(star["x"] + star["width"] / 2 - expected) < 2
    assert await stars.nth(0).get_attribute("title") == "by Ann – version 39"
    await stars.nth(0).click()
    await until_version(page, 39)
    await expect(page.locator("#moment")).to_contain_text("★ by Ann")


async def test_authors_colours_are_those_of_the_version(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    await page.get_by_role("button", name="Authors’ colours").click()
    authored = page.locator("#paper .cm-author")
    await expect(authored.filter(has_text="Bo brings coffee.")).to_have_count(1)
    colors = "spans => [...new Set(spans.map(span => span.style.getPropertyValue('--peer').trim()))]"
    assert len(await authored.evaluate_all(colors)) == 2
    await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Shift+ArrowLeft")
    await until_version(page, 39)
    assert len(await authored.evaluate_all(colors)) == 1
    await page.get_by_role("button", name="Authors’ colours").click()
    await expect(authored).to_have_count(0)


async def test_changes_are_shown_against_any_version(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    inserted, deleted = page.locator("#paper ins"), page.locator("#paper del")
    count = page.locator("#change-count")
    await page.keyboard.press("d")
    await expect(inserted).to_have_text("n")
    await expect(deleted).to_have_count(0)
    against = page.get_by_label("compared with")
    await against.select_option("named")
    await expect(inserted).to_have_text("ten")
    await expect(deleted).to_have_text("nine")
    await expect(count).to_have_text("1 of 1 change")
    await against.select_option("chosen")
    await page.get_by_label("Version to compare with").fill("20")
    await expect(count).to_contain_text("of 1 change")
    await page.get_by_label("Version to compare with").fill("39")
    await expect(count).to_have_text("1 of 2 changes")
    await expect(page.locator("#paper [aria-current]").first).to_contain_text("nine")
    assert page.url.endswith("#v=63") or await page.evaluate("() => window.collab.viewing.older") == 39
    await page.locator("#paper .cm-content").focus()
    await page.keyboard.press("n")
    await expect(count).to_have_text("2 of 2 changes")
    await page.keyboard.press("n")
    await expect(count).to_have_text("1 of 2 changes")
    await page.keyboard.press("p")
    await expect(count).to_have_text("2 of 2 changes")
    title = await inserted.filter(has_text="Bo brings").first.get_attribute("title")
    await page.keyboard.press("d")
    await expect(inserted).to_have_count(0)
    await against.wait_for(state="hidden")
    assert await text_of(page) == TODAY
    assert title
    assert re.match("[A-Z][a-z]+ [A-Z][a-z]+", title)  # a name, and no "guest-…"


async def test_a_session_is_compared_with_what_was_before_it(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=58")
    await page.keyboard.press("d")
    await page.get_by_label("compared with").select_option("session")
    await expect(page.locator("#paper ins").first).to_have_text("Bo brings coffee.")
    await expect(page.locator("#paper del")).to_have_count(0)


async def test_versions_are_listed_by_day_and_filtered(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    rows = page.locator("#rows .row")
    await expect(rows).to_have_count(4)  # all of Ann's is one session: it was a matter of seconds
    day = datetime.now(UTC).astimezone().strftime("%A, %-d %B %Y")
    await expect(page.locator("#rows h3")).to_have_text(day)
    await expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    await rows.filter(has_text="★ by Ann").click()
    await until_version(page, 39)
    await expect(rows.filter(has_text="★ by Ann")).to_have_attribute("aria-current", "true")
    await page.get_by_label("Only named").check()
    await expect(rows).to_have_count(2)
    await page.get_by_label("Only named").uncheck()
    authors = await page.locator("#by option").all_inner_texts()
    assert authors[0] == "Everybody"
    assert len(authors) == 3
    bo = await rows.filter(has_text="by both").locator(".author").inner_text()
    await page.get_by_label("Sessions of").select_option(bo)
    await expect(rows).to_have_count(2)
    await expect(rows.locator(".author")).to_have_text([bo, bo])


async def test_a_session_is_unfolded_into_its_single_changes(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    bos = page.locator("#rows .session", has_text="+18")
    unfold = bos.get_by_role("button", name="The 18 changes of this session")
    await unfold.click()
    await expect(unfold).to_have_attribute("aria-expanded", "true")
    deeds = bos.locator(".deed")
    await expect(deeds).to_have_count(18)
    await expect(deeds.nth(3)).to_contain_text("typed “b” at 41")
    await deeds.nth(3).click()
    await until_version(page, 44)
    assert await text_of(page) == FIRST + SECOND[:4]
    await unfold.click()
    await expect(deeds.first).to_be_hidden()


async def test_one_finds_when_a_text_appeared_and_when_it_was_gone(
    open_page: Open, server: LocalServer
) -> None:
    await plan(server.url)
    page = await history(open_page)
    await page.locator("#sought").fill("at nine")
    await page.get_by_role("button", name="Find").click()
    found = page.locator("#found .row")
    await expect(found).to_have_count(2)
    await expect(found.nth(0)).to_contain_text("Appeared")
    await expect(found.nth(0)).to_contain_text("version 37")
    await expect(found.nth(1)).to_contain_text("Disappeared")
    await found.nth(0).click()
    await until_version(page, 37)
    assert (await text_of(page)).endswith("at nine")
    await found.nth(1).click()
    await until_version(page, 60)
    await expect(page.locator("#paper del")).to_have_text("nine")
    await page.locator("#sought").fill("at eleven")
    await page.keyboard.press("Enter")
    await expect(page.locator("#found")).to_have_text("“at eleven” was never in this document.")
    await page.locator("#sought").fill("")
    await expect(page.locator("#found")).to_be_hidden()
