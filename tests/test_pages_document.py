"""What a document's page offers beside its text, in a real Chromium."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, Route, expect

from collab.client import SharedDocument
from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, Open, editor, menu, until_equal, until_status, until_text

pytestmark = IN_BROWSER


async def name_version(page: Page, name: str) -> None:
    await page.keyboard.press("Control+s")
    await page.get_by_label("Name of the version").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_contain_text(f"is called “{name}” now")


async def test_the_title_is_changed_in_place_and_everybody_sees_it(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    title = ann.get_by_label("Title of the document")
    await title.fill("Plan for Monday")
    await title.press("Enter")
    await expect(bo.get_by_label("Title of the document")).to_have_value("Plan for Monday")
    await expect(bo).to_have_title("Plan for Monday – collab")
    await title.fill("Not this")
    await title.press("Escape")
    await expect(title).to_have_value("Plan for Monday")
    assert await bo.evaluate("() => window.collab.doc.title") == "Plan for Monday"


async def test_ones_name_and_colour_are_changed_in_place_and_remembered(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.locator("#me > summary").click()
    await ann.get_by_label("Your name").fill("Ana María")
    await ann.get_by_label("violet").check(force=True)
    await expect(bo.get_by_role("button", name="Follow Ana María")).to_be_visible()
    await expect(bo.locator(".cm-peer-flag")).to_have_text("Ana María")
    await ann.reload()
    await ann.click(EDITABLE)
    assert await ann.locator("#my-name").input_value() == "Ana María"
    await expect(bo.get_by_role("button", name="Follow Ana María")).to_be_visible()


async def test_a_guest_stays_the_same_author_over_a_reload(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    author = await page.evaluate("() => window.collab.doc.author")
    await page.reload()
    await page.click(EDITABLE)
    assert await page.evaluate("() => window.collab.doc.author") == author


async def test_control_s_names_the_version(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("The first state.")
    await until_status(page, "Saved")
    await name_version(page, "first")
    versions = "async () => (await window.collab.doc.versions()).map(({ name, version }) => [name, version])"
    version = await page.evaluate("() => window.collab.doc.version")
    assert await page.evaluate(versions) == [["first", version - 1]]


async def test_escape_leaves_the_naming_without_a_name(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("x")
    await until_status(page, "Saved")
    await name_version(page, "one")
    await page.keyboard.press("Control+s")
    await page.get_by_label("Name of the version").fill("two")
    await page.keyboard.press("Escape")
    versions = await page.evaluate("async () => (await window.collab.doc.versions()).map(({ name }) => name)")
    assert versions == ["one"]


async def test_the_document_is_downloaded_as_text_and_with_its_history(
    open_page: Open, tmp_path: Path
) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("Take me with you")
    await until_status(page, "Saved")
    for label, suffix in [("Text", "txt"), ("Markdown", "md"), ("With all of its history", "ndjson")]:
        await page.locator("#menu > summary").click()
        async with page.expect_download() as downloading:
            await page.locator("#downloads").get_by_text(label, exact=True).click()
        download = await downloading.value
        assert download.suggested_filename == f"notes.{suffix}"
        path = tmp_path / suffix
        await download.save_as(path)
        content = path.read_text()
        assert content == "Take me with you" if suffix != "ndjson" else len(content.splitlines()) > 17
        await page.keyboard.press("Escape")


async def test_choosing_an_avatar_follows_that_person_until_one_moves(open_page: Open) -> None:
    window = {"width": 800, "height": 500}
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes", viewport=window)
    lines = "\n".join(f"Line {number}" for number in range(300))
    await ann.evaluate("text => window.collab.doc.insert(0, text)", lines)
    await until_text(bo, lines)
    await ann.keyboard.press("Control+End")
    follow = bo.locator("#people").get_by_role("button")
    await follow.click()
    await expect(follow).to_have_attribute("aria-pressed", "true")
    await expect(bo.locator(".cm-line", has_text="Line 299")).to_be_in_viewport()
    await ann.keyboard.press("Control+Home")
    await expect(bo.locator(".cm-line", has_text=re.compile("Line 0$"))).to_be_in_viewport()
    await bo.mouse.move(400, 300)
    await bo.mouse.wheel(0, 200)
    await expect(bo.locator("#following")).to_be_hidden()
    await expect(follow).to_have_attribute("aria-pressed", "false")


async def test_offline_is_simulated_by_a_switch(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("Together. ")
    await until_text(bo, "Together. ")
    await menu(ann, "Simulate offline")
    await ann.keyboard.press("Escape")
    await ann.click(EDITABLE)
    await ann.keyboard.type("Alone. ")
    await until_status(ann, re.compile("Not saved – [0-9]+ change"))
    await bo.keyboard.press("Control+Home")
    await bo.keyboard.type("Meanwhile. ")
    await until_status(bo, "Saved")
    assert "Alone" not in await bo.evaluate("() => window.collab.doc.text")
    await menu(ann, "Simulate offline")
    text = await until_equal(ann, bo)
    assert "Alone. " in text
    assert "Meanwhile. " in text


async def test_the_developers_panel_shows_the_last_events_in_words(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await bo.keyboard.type("x" * 30)
    await until_status(bo, "Saved")
    await menu(ann, "Developer’s panel")
    await expect(ann.locator(".event")).to_have_count(20)
    await bo.keyboard.type("é")
    name = await bo.locator("#my-name").input_value()
    newest = ann.locator(".event").first
    await expect(newest).to_contain_text(f"{name} typed “é” at 30")
    await expect(newest).to_contain_text(re.compile("[0-9]+ bytes"))
    await expect(ann.locator(".event")).to_have_count(20)
    await bo.locator("#status").hover()
    await expect(bo.get_by_role("tooltip")).to_be_visible()
    await expect(bo.get_by_role("tooltip")).to_contain_text(re.compile("The server answers in [0-9.]+ ms"))
    await menu(bo, "Developer’s panel")
    await expect(bo.locator("#figures")).to_contain_text(re.compile("round trip [0-9.]+ ms"))


async def test_a_reproduction_is_copied(open_page: Open, server: LocalServer) -> None:
    page = await editor(open_page, "notes")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    await page.keyboard.type("seen")
    await until_status(page, "Saved")
    await menu(page, "Developer’s panel")
    await page.get_by_role("button", name="Copy a reproduction").click()
    await expect(page.locator("#news")).to_contain_text("Copied")
    copied = json.loads(await page.evaluate("() => navigator.clipboard.readText()"))
    assert copied["format"] == "collab-reproduction"
    assert copied["shown"] == "seen"


async def test_authors_colours_are_shown_on_demand(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    for page, color in ((ann, "violet"), (bo, "green")):  # by themselves both may have the same
        await page.locator("#me > summary").click()
        await page.get_by_label(color).check(force=True)
        await page.click(EDITABLE)
    await ann.keyboard.type("Mine ")
    await until_text(bo, "Mine ")
    await bo.keyboard.press("Control+End")
    await bo.keyboard.type("yours")
    await until_text(ann, "Mine yours")
    await until_status(ann, "Saved")
    await menu(ann, "Authors’ colours")
    authored = ann.locator(".cm-author")
    await expect(authored).to_have_text(["Mine ", "yours"])
    colors = await authored.evaluate_all(
        "spans => spans.map(span => span.style.getPropertyValue('--peer').trim())"
    )
    assert len(set(colors)) == 2
    await menu(ann, "Authors’ colours")
    await expect(authored).to_have_count(0)


async def test_authors_colours_may_be_wanted_before_there_is_a_text(
    browser: Browser, server: LocalServer
) -> None:
    async with SharedDocument(server.url, "notes") as doc:
        doc.insert(0, "Already here")
        await doc.saved()
    page = await browser.new_page()
    held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
    await page.route("**/pages/plain-editor.js", lambda route: held.set_result(route))
    await page.goto(f"{server.url}/d/notes")
    await held
    await menu(page, "Authors’ colours")
    await (await held).continue_()
    await expect(page.locator(".cm-author")).to_have_text("Already here")


async def test_a_panel_closed_while_it_reads_is_complete_when_it_is_opened_again(
    browser: Browser, server: LocalServer
) -> None:
    async with SharedDocument(server.url, "notes") as doc:
        doc.insert(0, "one")
        await doc.saved()
        page = await browser.new_page()
        await page.goto(f"{server.url}/d/notes")
        await page.click(EDITABLE)
        held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()
        await page.route("**/events?*", lambda route: held.set_result(route), times=1)
        await menu(page, "Developer’s panel")
        await held
        await page.get_by_role("button", name="Close").click()
        async with page.expect_response("**/events?*"):
            await (await held).continue_()
        for word in ("two", "three"):
            doc.insert(0, word)
            await doc.saved()
        await menu(page, "Developer’s panel")
        await expect(page.locator(".seq")).to_have_text(["4", "3", "2", "1"])


async def test_no_text_can_be_typed_before_the_document_is_there(open_page: Open) -> None:
    page = await open_page("/")
    await page.route_web_socket(re.compile("/ws/"), lambda _: None)  # it opens, and nobody answers
    await page.goto(page.url + "d/notes")
    await expect(page.locator("#skeleton")).to_be_visible()
    await expect(page.locator("#loading")).to_contain_text("cannot be reached", timeout=10_000)
    assert await page.locator("[contenteditable=true]").count() == 0
    assert not await page.get_by_label("Title of the document").is_editable()


async def test_a_second_window_shows_the_same_document(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("Seen in both.")
    async with page.expect_popup() as opening:
        await page.get_by_role("button", name="Second window").click()
    second = await opening.value
    await until_text(second, "Seen in both.")
    await expect(second.get_by_role("button", name="Follow yourself in another window")).to_be_visible()
    await second.click(EDITABLE)
    await second.keyboard.press("Control+End")
    await second.keyboard.type(" Yes.")
    await until_text(page, "Seen in both. Yes.")


async def test_the_link_is_copied(open_page: Open, server: LocalServer) -> None:
    page = await editor(open_page, "notes")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.locator("#news")).to_have_text("Link copied")
    assert await page.evaluate("() => navigator.clipboard.readText()") == f"{server.url}/d/notes"


async def test_a_flag_fades_and_the_caret_stays(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("x")
    await until_text(bo, "x")
    flag = bo.locator(".cm-peer-flag")
    await expect(flag).to_have_css("opacity", "1")
    await expect(flag).to_have_css("opacity", "0", timeout=15_000)
    await expect(bo.locator(".cm-peer-caret")).to_be_visible()
    await ann.keyboard.type("y")
    await expect(flag).to_have_css("opacity", "1")


async def test_how_much_of_a_large_document_has_come_is_shown(open_page: Open, server: LocalServer) -> None:
    page = await open_page("/")
    async with httpx.AsyncClient(base_url=server.url) as http:
        content = "".join(f"Line {number} of a large document.\n" for number in range(150_000))
        await http.post("/api/documents", json={"id": "large", "content": content})
    await page.add_init_script(
        """window.shown = [];
        new MutationObserver(() => {
          const progress = document.getElementById("progress");
          if (progress && !progress.hidden) window.shown.push(progress.value / progress.max);
        }).observe(document, { subtree: true, attributes: true, childList: true });"""
    )
    await page.goto(server.url + "/d/large")
    await page.click(EDITABLE)
    shown = await page.evaluate("() => window.shown")
    assert len(shown) > 1
    assert shown == sorted(shown)
    assert 0 <= shown[0] < shown[-1] <= 1
    await expect(page.locator("#skeleton")).to_be_hidden()
