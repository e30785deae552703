"""The pages for everybody: by keyboard, by ear, small, dark, without motion, on paper. In a real Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, RICH_EDITABLE, Open, editor, menu, until_status, until_text

pytestmark = IN_BROWSER

AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
EDITABLES = f"{EDITABLE}, {RICH_EDITABLE}"
SOMETHING = f".entry, .session, {EDITABLES}"
"""What there is when a page is."""


async def complaints(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds wrong: every rule, every impact."""
    # A flag that is half gone is not to be judged by its contrast.
    await page.evaluate(
        """() => document.getAnimations()
          .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
          .forEach(animation => animation.finish())"""
    )
    await page.evaluate(AXE.read_text())
    result = await page.evaluate("() => window.axe.run(document, { resultTypes: ['violations'] })")
    return [
        {"rule": each["id"], "impact": each["impact"], "where": [node["target"] for node in each["nodes"]]}
        for each in result["violations"]
    ]


async def two_documents(server: LocalServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "plain", "title": "Plain", "content": "A text.\n" * 5})
        await http.post("/api/documents", json={"id": "rich", "title": "Rich", "kind": "rich"})


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_list(open_page: Open, server: LocalServer, scheme: str) -> None:
    await two_documents(server)
    page = await open_page("/d/plain", color_scheme=scheme)
    await page.click(EDITABLE)
    await page.goto(server.url)
    await expect(page.locator(".entry")).to_have_count(2)
    assert await complaints(page) == []
    await page.get_by_label("Search titles and texts").fill("nowhere")
    await expect(page.locator("#empty")).to_be_visible()
    assert await complaints(page) == []
    await page.get_by_label("Search titles and texts").fill("text")
    await expect(page.locator("mark").first).to_be_visible()
    assert await complaints(page) == []

    async def refuse(route: Route) -> None:
        body = '{"error": {"code": "model_building", "reason": "it has 3 of 9 events"}}'
        await route.fulfill(status=503, content_type="application/json", body=body)

    await page.route(re.compile("/api/catalogue"), refuse)
    await page.goto(server.url)
    await expect(page.locator("#note")).to_be_visible()
    assert await complaints(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_activity(open_page: Open, server: LocalServer, scheme: str) -> None:
    page = await open_page("/activity", color_scheme=scheme)
    await expect(page.locator("#empty")).to_be_visible()
    assert await complaints(page) == []
    await two_documents(server)
    await expect(page.locator(".session")).to_have_count(1)
    await page.goto(f"{server.url}/activity?document=plain")
    await expect(page.locator(".contributor")).to_be_visible()
    await expect(page.locator("#filters")).to_be_visible()
    await page.get_by_role("link", name="Changes").focus()
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.patch("/api/documents/plain", json={"content": "Another text."})
    assert await complaints(page) == []
    await page.context.set_offline(True)
    await server.kill()
    await expect(page.locator("#live")).to_contain_text("The connection is lost.")
    assert await complaints(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("document", ["plain", "rich"])
async def test_axe_finds_nothing_on_a_document(
    open_page: Open, server: LocalServer, document: str, scheme: str
) -> None:
    await two_documents(server)
    pages = [await open_page(f"/d/{document}", color_scheme=scheme) for _ in range(2)]
    for page in pages:
        await page.click(EDITABLES)
        await page.keyboard.type("Hello. ")
        await until_status(page, "Saved")
    page = pages[0]
    assert await complaints(page) == []
    await menu(page, "Authors’ colours")
    assert await complaints(page) == []  # with the menu open
    await menu(page, "Developer’s panel")
    await expect(page.locator(".event").first).to_be_visible()
    await page.locator("#people").get_by_role("button").click()
    assert await complaints(page) == []
    await page.keyboard.press("Control+s")
    assert await complaints(page) == []
    await page.keyboard.press("Escape")
    await page.locator("#me > summary").click()
    assert await complaints(page) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize(
    "path", ["/", "/?q=a", "/activity", "/activity?document=plain", "/d/plain", "/d/rich"]
)
async def test_pages_fit_their_window(open_page: Open, server: LocalServer, path: str, width: int) -> None:
    await two_documents(server)
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.patch("/api/documents/plain", json={"title": "A_title_without_a_place_to_break_" * 5})
    page = await open_page(path, viewport={"width": width, "height": 740})
    await expect(page.locator(SOMETHING).first).to_be_visible()

    async def fits() -> None:
        assert await page.evaluate("() => document.documentElement.scrollWidth") <= width

    await fits()
    if not path.startswith("/d/"):
        return
    await page.click(EDITABLES)
    await page.evaluate("() => window.collab.doc.insert(0, 'wide'.repeat(100))")
    await until_status(page, "Saved")
    await menu(page, "Developer’s panel")
    await expect(page.locator(".event").first).to_be_visible()
    await fits()
    box = await page.locator("#menu .panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("document", ["plain", "rich"])
async def test_everything_is_reached_by_keyboard_and_nothing_is_a_trap(
    open_page: Open, server: LocalServer, document: str
) -> None:
    await two_documents(server)
    page = await open_page(f"/d/{document}")
    await page.wait_for_selector(EDITABLES)
    await expect(page.locator(EDITABLES)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(EDITABLES)).not_to_be_focused()
    await page.evaluate("() => { document.activeElement?.blur(); document.querySelector('.skip').focus(); }")
    seen: list[str] = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            """() => {
              const { activeElement: focused } = document;
              if (!focused || focused === document.body) return "the browser";
              if (focused.closest('.cm-content, .ql-editor')) return "the text";
              return focused.id || focused.closest('[id]')?.id || focused.className;
            }"""
        )
        if here == "the browser":
            break
        seen.append(here)
        if here == "the text":
            await page.keyboard.press("Escape")
    for part in ["title", "status", "me", "copy-link", "second-window", "menu", "the text"]:
        assert part in seen
    assert len(seen) < 60, "focus goes round in circles"
    await page.locator("#menu > summary").press("Enter")
    await expect(page.get_by_role("switch", name="Simulate offline")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("switch", name="Simulate offline")).to_be_hidden()
    await expect(page.locator("#menu > summary")).to_be_focused()


async def test_the_skip_link_leads_to_the_text(open_page: Open) -> None:
    page = await open_page("/d/notes#here")  # with a fragment the page takes no focus by itself
    await page.wait_for_selector(EDITABLE)
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the text")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator(EDITABLE)).to_be_focused()


async def test_who_joins_and_leaves_is_said_politely(open_page: Open) -> None:
    ann = await editor(open_page, "notes")
    bo = await editor(open_page, "notes")
    await bo.keyboard.type("x")
    await until_text(ann, "x")
    region = ann.locator("#comings")
    await expect(region).to_have_attribute("role", "status")
    cy = await editor(open_page, "notes")
    name = await cy.locator("#my-name").input_value()
    await expect(region).to_contain_text(f"{name} joined.", timeout=15_000)
    await cy.context.close()
    await expect(region).to_contain_text(f"{name} left.", timeout=15_000)


async def test_turns_to_the_worse_are_said_and_saving_is_not(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    region = page.locator("#status-news")
    await page.keyboard.type("x")
    await until_status(page, "Saved")
    await expect(region).to_be_empty()
    await menu(page, "Simulate offline")
    await expect(region).to_have_text("Reconnecting…")
    await menu(page, "Simulate offline")
    await expect(region).to_have_text("Saved")


async def test_nothing_moves_where_motion_is_not_wanted(open_page: Open) -> None:
    page = await open_page("/d/notes", reduced_motion="reduce")
    await page.click(EDITABLE)
    moving = await page.evaluate(
        """() => document.getAnimations().filter(({ effect }) => {
          const { duration, iterations } = effect.getTiming();
          return duration > 1 || iterations > 1;
        }).length"""
    )
    assert moving == 0


async def test_all_of_a_long_text_is_printed(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    lines = "\n".join(f"Line {number}" for number in range(3000))
    await page.evaluate("text => window.collab.doc.insert(0, text)", lines)
    await until_status(page, "Saved")
    paper = await page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 40  # some sixty lines a page
    await expect(page.locator("#paper")).to_be_empty()


async def test_only_title_and_text_are_printed(open_page: Open, server: LocalServer) -> None:
    await two_documents(server)
    page = await open_page("/d/plain", color_scheme="dark")
    await page.click(EDITABLE)
    await menu(page, "Developer’s panel")
    await page.emulate_media(media="print")
    await page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    for hidden in ["#menu", "#status", "#events", ".cm-editor"]:
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator("#paper")).to_have_text("A text.\n" * 5)
    assert (
        await page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
