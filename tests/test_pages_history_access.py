"""The history's page for everybody: by keyboard, by ear, small, dark, without motion. In a real Chromium."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER, RICH_EDITABLE, Open, until_status
from tests.browsing_history import ANN, NEWEST, history, plan, typed, until_furnished, until_version
from tests.test_pages_access import complaints

pytestmark = IN_BROWSER


async def rich_plan(open_page: Open, server: LocalServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "rich", "title": "Rich", "kind": "rich"})
    page = await open_page("/d/rich")
    await page.click(RICH_EDITABLE)
    await page.keyboard.type("A line\nAnother")
    await page.keyboard.press("Control+Home")
    await page.keyboard.press("Shift+End")
    await page.keyboard.press("Control+b")
    await until_status(page, "Saved")
    await page.keyboard.press("Delete")
    await until_status(page, "Saved")
    await page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("document", ["plan", "rich"])
async def test_axe_finds_nothing(open_page: Open, server: LocalServer, document: str, scheme: str) -> None:
    if document == "plan":
        await plan(server.url)
    else:
        await rich_plan(open_page, server)
    page = await history(open_page, document, color_scheme=scheme)
    assert await complaints(page) == []
    await page.get_by_role("button", name="Authors’ colours").click()
    assert await complaints(page) == []
    await page.keyboard.press("d")
    await page.get_by_label("compared with").select_option("chosen")
    await page.get_by_label("Version to compare with").fill("10")
    await expect(page.locator("#paper ins").first).to_be_visible()
    assert await complaints(page) == []
    await page.locator("#sought").fill("li" if document == "rich" else "nine")
    await page.get_by_role("button", name="Find").click()
    await expect(page.locator("#found .row").first).to_be_visible()
    await page.locator("#menu > summary").click()
    assert await complaints(page) == []
    await page.get_by_role("button", name="Name this version…").click()
    assert await complaints(page) == []
    await page.keyboard.press("Escape")
    await page.locator("#help > summary").click()
    assert await complaints(page) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_it_fits_its_window(open_page: Open, server: LocalServer, width: int) -> None:
    await plan(server.url)
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.patch("/api/documents/plan", json={"title": "A_title_without_a_place_to_break_" * 5})
        await http.post("/api/documents/plan/versions", json={"name": "a_long_name_" * 15, "version": 20})
        await http.post("/api/documents/plan/edits", json={"op": ["wide" * 100]})
    page = await history(open_page, viewport={"width": width, "height": 740})

    async def fits() -> None:
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= width

    await fits()
    await page.get_by_role("slider").fill("20")
    await until_version(page, 20)
    await page.keyboard.press("d")
    await page.get_by_label("compared with").select_option("chosen")
    await fits()
    if width < 1024:
        await page.get_by_role("button", name="Versions").click()
    await expect(page.locator("#list")).to_be_visible()
    await fits()
    for fold in ("#menu", "#help"):
        await page.locator(f"{fold} > summary").click()
        box = await page.locator(f"{fold} .panel").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width, fold
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 740, fold
        await page.keyboard.press("Escape")
    # What is under the text doesn't hide it: the last line can be scrolled to.
    end = await page.locator("#paper").bounding_box()
    assert end is not None


async def test_everything_is_reached_by_keyboard(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page)
    seen: list[str] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            """() => {
              const { activeElement: focused } = document;
              if (!focused || focused === document.body) return "the browser";
              if (focused.id) return focused.id;
              return focused.closest("#rows") ? "a row" : focused.closest("[id]")?.id || focused.className;
            }"""
        )
        if here == "the browser":
            break
        seen.append(here)
    for part in [
        *("back", "changes", "authors", "menu", "show-list", "paper", "sought", "by", "only-named", "a row"),
        *("slider", "first", "step-back", "play", "speed", "help"),
    ]:
        assert part in seen, part
    assert len(seen) < 60, "focus goes round in circles"


async def test_the_text_is_read_with_its_own_keys(open_page: Open, server: LocalServer) -> None:
    await typed(server.url, "plan", ANN, (0, 0, "x"))
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents/plan/edits", json={"op": ["line\n" * 300]})
    page = await history(open_page, viewport={"width": 1280, "height": 600})
    await until_version(page, 3)
    await page.locator("#paper .cm-content").focus()
    await page.keyboard.press("End")
    await page.wait_for_function("() => scrollY > 1000")
    await page.keyboard.press("Home")
    await page.wait_for_function("() => scrollY === 0")
    await until_version(page, 3)
    await page.keyboard.press("ArrowLeft")
    await until_version(page, 2)


async def said(page: Page) -> str:
    return await page.locator("#said").inner_text()


async def test_versions_are_said_politely_and_not_each_while_it_plays(
    open_page: Open, server: LocalServer
) -> None:
    await plan(server.url)
    page = await history(open_page)
    region = page.locator("#said")
    await expect(region).to_have_attribute("role", "status")
    await page.evaluate(
        """() => {
          window.said = [];
          const region = document.querySelector("#said");
          new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
        }"""
    )
    await page.locator("#play").focus()
    await page.locator("#speed").select_option("50")
    await page.locator("#play").click()
    await until_version(page, NEWEST)
    await page.get_by_role("button", name="One step back").click()
    await expect(region).to_have_text(re.compile(rf"^Version {NEWEST - 1}, .+, \w+ \w+$"))
    assert len(await page.evaluate("() => window.said")) <= 2


async def test_nothing_moves_where_motion_is_not_wanted(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, reduced_motion="reduce")
    moving = await page.evaluate(
        """() => document.getAnimations().filter(({ effect }) => {
          const { duration, iterations } = effect.getTiming();
          return duration > 1 || iterations > 1;
        }).length"""
    )
    assert moving == 0


async def test_while_it_plays_the_text_follows_what_changes(open_page: Open, server: LocalServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "plan", "content": "line\n" * 300})
    await typed(server.url, "plan", ANN, (1500, 0, "The end of it."), (0, 0, "Now the beginning."))
    page = await history(open_page, place="#v=1", viewport={"width": 1280, "height": 700})
    await until_version(page, 1)
    assert await page.evaluate("() => scrollY") == 0
    await page.locator("#speed").select_option("20")
    await page.keyboard.press("Space")
    await page.wait_for_function("() => scrollY > 1000")
    await page.wait_for_function("() => scrollY === 0")
    await until_furnished(page)
