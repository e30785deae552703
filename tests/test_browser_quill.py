"""Rich text in Quill: two windows of a real headless Chromium on a real server process."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocketRoute, expect

from collab.local_server import LocalServer
from tests.test_browser import browser, server

__all__ = ["browser", "server"]

pytestmark = pytest.mark.browser

EDITOR = ".ql-editor[contenteditable=true]"
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def rich(browser: Browser, server: LocalServer) -> AsyncIterator[Open]:
    """Opens the document in a browser context of its own. Whatever a page complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_(document: str = "rich") -> Page:
        context = await browser.new_context()
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if is_complaint(message) else None,
        )
        await page.goto(f"{server.url}/static/pages/rich.html?document={document}")
        await page.click(EDITOR)
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert complaints == []


def is_complaint(message: ConsoleMessage) -> bool:
    """Lost connections are complained of too, and are what we test."""
    return message.type in ("error", "warning") and not message.text.startswith("WebSocket connection to")


async def shown(page: Page) -> list[dict[str, Any]]:
    """What Quill holds."""
    ops: list[dict[str, Any]] = json.loads(
        await page.evaluate("() => JSON.stringify(window.collab.quill.getContents().ops)")
    )
    return ops


async def quill(page: Page, call: str, *arguments: object) -> None:
    """As a button or a key of Quill's would do it."""
    await page.evaluate(
        "([call, list]) => void window.collab.quill[call](...list)", [call, [*arguments, "user"]]
    )


async def stored(server: LocalServer, document: str = "rich") -> list[Any]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        content = (await client.get(f"/api/documents/{document}")).json()["content"]
    return [content] if isinstance(content, str) and content else content or []


async def until_equal(server: LocalServer, *pages: Page) -> list[dict[str, Any]]:
    """Wait until all is saved and seen by all, and return what every Quill shows, and the server has."""
    for page in pages:
        await expect(page.locator("#status")).to_have_text("Saved")
    version = max([await page.evaluate("() => window.collab.doc.version") for page in pages])
    for page in pages:
        await page.wait_for_function("version => window.collab.doc.version >= version", arg=version)
    first, *others = [await shown(page) for page in pages]
    for other in others:
        assert other == first
    content = as_delta(await stored(server))
    if not (content and str(content[-1]["insert"]).endswith("\n")):
        content = as_delta([*content, "\n"])  # Quill's own
    assert first == content
    return first


def as_delta(content: list[Any]) -> list[dict[str, Any]]:
    """Inserts as Quill writes them, neighbours merged."""
    delta: list[dict[str, Any]] = []
    for each in content:
        step = {"insert": each} if isinstance(each, str) else dict(each)
        last = delta[-1] if delta else None
        texts = last is not None and isinstance(step["insert"], str) and isinstance(last["insert"], str)
        if last is not None and texts and step.get("attributes") == last.get("attributes"):
            last["insert"] += step["insert"]
        else:
            delta.append(step)
    return delta


async def until_text(page: Page, text: str) -> None:
    await page.wait_for_function("text => window.collab.quill.getText() === text", arg=text)


async def test_two_people_write_rich_text_and_see_the_same(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("Title")
    await ann.keyboard.press("Enter")
    await ann.keyboard.type("Some 😀 words")
    await ann.keyboard.press("Control+b")
    await ann.keyboard.type(" in bold")
    await quill(ann, "formatLine", 0, 1, "header", 1)
    await until_text(bo, "Title\nSome 😀 words in bold\n")
    await bo.keyboard.press("Control+End")
    await bo.keyboard.press("Enter")
    await bo.get_by_role("button", name="Bullet list").click()
    await bo.keyboard.type("point")
    await quill(bo, "formatText", 6, 4, "link", "https://example.org/")
    await quill(bo, "insertEmbed", 0, "image", PIXEL)
    steps = await until_equal(server, ann, bo)
    assert steps[0] == {"insert": {"image": PIXEL}}
    assert {"insert": "\n", "attributes": {"header": 1}} in steps
    assert {"insert": "Some", "attributes": {"link": "https://example.org/"}} in steps
    assert {"insert": " in bold", "attributes": {"bold": True}} in steps
    assert steps[-1] == {"insert": "\n", "attributes": {"list": "bullet"}}
    await expect(ann.locator("h1 img")).to_have_count(1)
    await expect(ann.locator("li[data-list=bullet]")).to_contain_text("point")
    # Backspace takes the whole of an emoji, and the image.
    await quill(ann, "setSelection", 14, 0)
    await ann.keyboard.press("Backspace")
    await ann.keyboard.press("Control+Home")
    await ann.keyboard.press("Delete")
    steps = await until_equal(server, ann, bo)
    assert "😀" not in json.dumps(steps, ensure_ascii=False)
    assert steps[0] == {"insert": "Title"}


async def test_what_both_type_at_one_place_at_once_is_kept(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("[]")
    await until_text(bo, "[]\n")
    for page in (ann, bo):
        await quill(page, "setSelection", 1, 0)
    await bo.keyboard.press("Control+i")
    await asyncio.gather(
        ann.keyboard.type("the first 😀", delay=4),
        bo.keyboard.type("the second 🎈", delay=5),
    )
    steps = await until_equal(server, ann, bo)
    text = "".join(step["insert"] for step in steps)
    assert sorted(text) == sorted("[the first 😀the second 🎈]\n")
    slanted = [step["insert"] for step in steps if step.get("attributes") == {"italic": True}]
    assert sorted("".join(slanted)) == sorted("the second 🎈")


async def test_offline_formats_and_lines_are_merged(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("one two")
    await ann.keyboard.press("Enter")
    await until_text(bo, "one two\n\n")
    await bo.context.set_offline(True)
    await quill(bo, "formatText", 0, 7, "bold", True)
    await quill(bo, "formatLine", 0, 1, "header", 2)
    await quill(ann, "deleteText", 0, 4)
    await quill(ann, "insertText", 3, "\nthree")
    await bo.context.set_offline(False)
    await until_text(bo, "two\nthree\n\n")
    await until_text(ann, "two\nthree\n\n")
    steps = await until_equal(server, ann, bo)
    assert steps[0] == {"insert": "two", "attributes": {"bold": True}}


@pytest.mark.parametrize("format_", [("header", 2), ("list", "ordered")])
async def test_the_last_newline_comes_with_the_first_edit_and_goes_with_it(
    rich: Open, server: LocalServer, format_: tuple[str, object]
) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("ab")
    await until_equal(server, ann, bo)
    assert await stored(server) == ["ab\n"]
    await ann.evaluate("() => window.collab.doc.endUndoGroup()")
    await quill(ann, "formatLine", 0, 1, *format_)
    await until_equal(server, ann, bo)
    assert await stored(server) == ["ab", {"insert": "\n", "attributes": {format_[0]: format_[1]}}]
    await ann.keyboard.press("Control+z")
    await until_equal(server, ann, bo)
    assert await stored(server) == ["ab\n"]
    await ann.evaluate("() => window.collab.doc.endUndoGroup()")
    await ann.keyboard.press("Control+End")
    await ann.keyboard.press("Enter")
    await until_equal(server, ann, bo)
    assert await stored(server) == ["ab\n\n"]
    assert await shown(bo) == [{"insert": "ab\n\n"}]
    await ann.keyboard.press("Control+z")
    await ann.keyboard.press("Control+z")
    await until_equal(server, ann, bo)
    assert await stored(server) == []
    assert await shown(bo) == [{"insert": "\n"}]


async def test_undo_takes_back_ones_own_edits_only(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("ann")
    await until_text(bo, "ann\n")
    await ann.evaluate("() => window.collab.doc.endUndoGroup()")
    await quill(ann, "formatText", 0, 3, "bold", True)
    await quill(bo, "insertText", 0, "bo ", "bold", False)
    await until_text(ann, "bo ann\n")
    bold = {"insert": "ann", "attributes": {"bold": True}}
    assert bold in await until_equal(server, ann, bo)
    await ann.keyboard.press("Control+z")
    assert await until_equal(server, ann, bo) == [{"insert": "bo ann\n"}]
    await ann.evaluate("() => window.collab.quill.history.undo()")
    assert await until_equal(server, ann, bo) == [{"insert": "bo \n"}]
    await ann.keyboard.press("Control+Shift+z")
    await ann.keyboard.press("Control+y")
    assert bold in await until_equal(server, ann, bo)
    await bo.keyboard.press("Control+z")
    assert await until_equal(server, ann, bo) == [bold, {"insert": "\n"}]


async def test_the_caret_stays_with_its_text_and_others_see_it(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("here")
    await until_text(bo, "here\n")
    await quill(bo, "setSelection", 0, 0)
    await bo.keyboard.type("over ")
    await until_text(ann, "over here\n")
    await ann.keyboard.type("!")
    await until_text(bo, "over here!\n")
    assert (await ann.evaluate("() => window.collab.quill.getSelection().index")) == 10
    name = await ann.evaluate("() => window.collab.doc.presence.user.name")
    await expect(bo.locator(".ql-peer-flag")).to_have_text(name)
    box = await bo.locator(".ql-peer-caret").bounding_box()
    right = await bo.evaluate(
        "() => { const r = document.createRange(); r.selectNodeContents(document.querySelector('.ql-editor p'));"
        " return r.getBoundingClientRect().right; }"
    )
    assert box is not None
    assert abs(box["x"] - right) < 3
    await ann.context.close()
    await expect(bo.locator(".ql-peer-caret")).to_have_count(0)


async def test_what_quill_does_not_know_keeps_its_place_and_does_no_harm(
    rich: Open, server: LocalServer
) -> None:
    ann, bo = await rich(), await rich()
    await ann.evaluate(
        """() => window.collab.doc.edit([
          {insert: "a", attributes: {image: "x", block: true, colour: "red", link: "javascript:hurt()"}},
          {insert: {formula: "x"}}, {insert: {cursor: true}}, {insert: {video: "/v"}}, "\\r\\n",
          {insert: "<img src=x onerror=hurt()>"},
          {insert: "z", attributes: {list: {deep: 1}, header: {deep: 1}}}, "\\n"])"""
    )
    text = "a\ufffc\ufffc\ufffc\u240d\n<img src=x onerror=hurt()>z\n"
    await until_text(bo, text)
    await until_text(ann, text)
    await bo.keyboard.press("Control+End")
    await bo.keyboard.type("!")
    await until_text(ann, text[:-1] + "!\n")
    assert (await bo.evaluate("() => window.collab.doc.text")).endswith(")>z!\n")
    assert await bo.locator(".ql-editor a").get_attribute("href") == "about:blank"


async def test_what_was_pasted_is_there_for_the_next_who_opens(rich: Open, server: LocalServer) -> None:
    ann = await rich()
    await ann.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text/html", "<h2>Big</h2><p>plain <b>bold</b></p>");
          document.querySelector(".ql-editor").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    await until_text(ann, "Big\nplain bold\n")
    bo = await rich()
    steps = await until_equal(server, ann, bo)
    assert {"insert": "\n", "attributes": {"header": 2}} in steps


async def test_many_edits_at_random_places_give_one_document(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    for step in range(40):
        page = (ann, bo)[step % 2]
        await page.evaluate(
            """step => {
              const { quill } = window.collab, length = quill.getLength();
              const at = (step * 7919) % length, size = 1 + (step % 4);
              if (step % 5 === 0) quill.insertText(at, "new\\nline", { bold: step % 2 === 0 }, "user");
              else if (step % 5 === 1) {
                quill.formatLine(at, 1, step % 3 ? "header" : "list", step % 3 || "bullet", "user");
              }
              else if (step % 5 === 2) quill.deleteText(at, size, "user");
              else if (step % 5 === 3) quill.insertText(at, "\\n", "user");
              else quill.formatText(at, size, "italic", true, "user");
            }""",
            step,
        )
    await until_equal(server, ann, bo)


async def test_two_who_begin_at_once_leave_no_empty_line(rich: Open, server: LocalServer) -> None:
    for number, (first, second) in enumerate([("ann", "bo"), ("bo", "ann")]):
        document = f"begun-{number}"
        pages = {name: await rich(document) for name in ("ann", "bo")}
        await pages[second].context.set_offline(True)
        await pages[second].keyboard.type(f"{second} ")
        await pages[first].keyboard.type(f"{first} ")
        await expect(pages[first].locator("#status")).to_have_text("Saved")
        await pages[second].context.set_offline(False)
        for page in pages.values():
            await page.wait_for_function("() => /^(ann bo|bo ann) \\n$/.test(window.collab.quill.getText())")
            await expect(page.locator("#status")).to_have_text("Saved")
        [text] = await stored(server, document)
        assert text in ("ann bo \n", "bo ann \n")
        # From here on an empty line is one that somebody wants.
        await pages[first].keyboard.press("Enter")
        await until_text(pages[second], await pages[first].evaluate("() => window.collab.quill.getText()"))
        assert (await stored(server, document))[0].count("\n") == 2


@pytest.mark.parametrize("first", ["ann", "bo"])
async def test_a_line_that_two_make_different_things_of_is_one_thing(
    rich: Open, server: LocalServer, first: str
) -> None:
    pages = {"ann": await rich(), "bo": await rich()}
    await pages["ann"].keyboard.type("line")
    await until_text(pages["bo"], "line\n")
    await expect(pages["ann"].locator("#status")).to_have_text("Saved")
    [second] = {"ann", "bo"} - {first}
    await pages[second].context.set_offline(True)
    await quill(pages["ann"], "formatLine", 0, 1, "header", 1)
    await quill(pages["bo"], "formatLine", 0, 1, "list", "bullet")
    await expect(pages[first].locator("#status")).to_have_text("Saved")
    await pages[second].context.set_offline(False)
    for page in pages.values():
        await page.wait_for_function("() => window.collab.doc.version >= 4")
    steps = await until_equal(server, *pages.values())
    assert steps == [{"insert": "line"}, {"insert": "\n", "attributes": {"list": "bullet"}}]


async def test_an_input_method_is_not_disturbed_and_holds_nothing_back_for_ever(
    rich: Open, server: LocalServer
) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("one")
    await ann.keyboard.press("Enter")
    await until_text(bo, "one\n\n")
    ime = await ann.context.new_cdp_session(ann)
    await ime.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    await quill(bo, "insertText", 0, "Zero, ")
    await ann.wait_for_function("() => window.collab.doc.text.startsWith('Zero')")
    await ime.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    assert await ann.locator(".ql-editor").text_content() == "oneにほ"
    await ime.send("Input.insertText", {"text": "日本"})
    await until_text(ann, "Zero, one\n日本\n")
    await until_text(bo, "Zero, one\n日本\n")
    # Left as it is, it is taken as it stands.
    await ime.send("Input.imeSetComposition", {"text": "ご", "selectionStart": 1, "selectionEnd": 1})
    await quill(bo, "insertText", 0, "All: ")
    await ann.wait_for_function(
        "() => document.querySelector('.ql-editor').textContent === 'All: Zero, one日本ご'"
    )
    await ime.send("Input.insertText", {"text": "語"})
    await until_equal(server, ann, bo)
    assert "All: Zero, one\n日本" in await bo.evaluate("() => window.collab.quill.getText()")


async def test_a_selection_without_the_focus_stays_with_its_text(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("one two")
    await until_text(bo, "one two\n")
    await quill(ann, "setSelection", 4, 3)
    await ann.get_by_role("combobox").focus()
    await quill(bo, "insertText", 0, "zero ")
    await until_text(ann, "zero one two\n")
    await expect(ann.get_by_role("combobox")).to_be_focused()
    await ann.get_by_role("button", name="Bold").press("Enter")
    bold = {"bold": True}
    assert {"insert": "two", "attributes": bold} in await until_equal(server, ann, bo)
    await ann.keyboard.press("Control+k")
    await quill(bo, "insertText", 0, "minus ")
    await until_text(ann, "minus zero one two\n")
    await ann.keyboard.type("example.org")
    await ann.keyboard.press("Enter")
    linked = {"insert": "two", "attributes": {**bold, "link": "https://example.org"}}
    assert linked in await until_equal(server, ann, bo)


FLAG = "() => getComputedStyle(document.querySelector('.ql-peer-flag')).opacity"
FADED = f"() => ({FLAG})() === '0'"
SEEN = f"() => ({FLAG})() === '1'"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_flags_fade_and_show_again_when_their_owner_moves(rich: Open, motion: Any) -> None:
    ann, bo = await rich(), await rich()
    await bo.emulate_media(reduced_motion=motion)
    await ann.keyboard.type("word")
    await bo.wait_for_function(SEEN)
    await bo.wait_for_function(FADED)
    # What others write moves the caret along: that is not its owner's doing.
    await quill(bo, "insertText", 0, "a ")
    await until_text(ann, "a word\n")
    await bo.evaluate("() => window.collab.doc.insert(0, 'not ')")
    await until_text(ann, "not a word\n")
    await bo.wait_for_function("() => window.collab.doc.presence.others[0].cursor.head === 10")
    assert await bo.evaluate(FADED)
    await ann.keyboard.press("ArrowLeft")
    await bo.wait_for_function(SEEN)
    await bo.wait_for_function(FADED)
    box = await bo.locator(".ql-peer-caret").bounding_box()
    assert box is not None
    await bo.mouse.move(box["x"] + 2, box["y"] + 5)
    await bo.wait_for_function(SEEN)
    await bo.mouse.move(box["x"] + 60, box["y"] + 5)
    await bo.wait_for_function(FADED)


async def test_selections_of_others_lie_under_their_text(rich: Open) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("one two three")
    await quill(ann, "formatText", 4, 3, "bold", True)
    await until_text(bo, "one two three\n")
    await quill(ann, "setSelection", 2, 7)
    await expect(bo.locator(".ql-peer-selection > div")).to_have_count(3)
    ends = await bo.evaluate(
        """() => {
          const marks = document.querySelectorAll(".ql-peer-selection > div");
          const boxes = Array.from(marks, each => each.getBoundingClientRect());
          const text = document.querySelector(".ql-editor p").childNodes, range = document.createRange();
          range.setStart(text[0], 2); range.setEnd(text[2], 2);
          const seen = range.getBoundingClientRect();
          return [Math.min(...boxes.map(b => b.left)) - seen.left, Math.max(...boxes.map(b => b.right)) - seen.right];
        }"""
    )
    assert [abs(end) < 1 for end in ends] == [True, True]
    on_top = await bo.evaluate(
        """() => {
          const { left, top } = document.querySelector(".ql-peer-selection > div").getBoundingClientRect();
          return document.elementFromPoint(left + 2, top + 5).tagName;
        }"""
    )
    assert on_top == "P"
    await quill(ann, "setSelection", 0, 0)
    await expect(bo.locator(".ql-peer-selection > div")).to_have_count(0)


async def test_a_flag_at_the_edge_goes_to_the_other_side(rich: Open) -> None:
    ann, bo = await rich(), await rich()
    await bo.set_viewport_size({"width": 360, "height": 640})
    await ann.keyboard.type("i" * 60)
    await until_text(bo, "i" * 60 + "\n")
    await expect(bo.locator(".ql-peer-caret")).to_be_visible()
    for place in (1, 60):
        await quill(ann, "setSelection", place, 0)
        await bo.wait_for_function(
            "place => window.collab.doc.presence.others[0].cursor.head === place", arg=place
        )
        flag = await bo.locator(".ql-peer-flag").bounding_box()
        assert flag is not None
        assert flag["x"] >= 0
        assert flag["x"] + flag["width"] <= 360
    assert await bo.evaluate("() => document.documentElement.scrollWidth") <= 360


async def test_a_document_that_was_replaced_is_shown_with_its_formats(
    rich: Open, server: LocalServer
) -> None:
    page = await rich()
    await page.keyboard.type("old")
    await expect(page.locator("#status")).to_have_text("Saved")
    await page.context.set_offline(True)  # or it would be the one that makes the document anew
    await server.kill()
    for file in server.db.parent.glob("log.db*"):
        file.unlink()
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        content = ["new ", {"insert": "fat", "attributes": {"bold": True}}, "\n"]
        made = await client.post("/api/documents", json={"id": "rich", "content": content})
        assert made.is_success, made.text
    await page.context.set_offline(False)
    bold = {"insert": "fat", "attributes": {"bold": True}}
    await page.wait_for_function("() => window.collab.quill.getText() === 'new fat\\n'")
    assert bold in await shown(page)
    await page.keyboard.press("Control+End")
    await page.keyboard.type("!")
    await until_equal(server, page)


async def test_who_may_only_read_sees_all_and_changes_nothing(
    rich: Open, browser: Browser, server: LocalServer
) -> None:
    ann = await rich()
    await ann.keyboard.type("ann")
    page = await (await browser.new_context()).new_page()

    def as_reader(route: WebSocketRoute) -> None:
        to_server = route.connect_to_server()
        to_server.on_message(lambda message: route.send(reader(message)))

    await page.route_web_socket("**/ws/**", as_reader)
    await page.goto(f"{server.url}/static/pages/rich.html?document=rich")
    text = page.get_by_role("textbox", name="Text of the document")
    await expect(text).to_have_text("ann")
    await expect(text).to_have_attribute("aria-readonly", "true")
    await expect(page.get_by_role("toolbar")).to_have_count(0)
    await text.focus()
    await page.keyboard.type("lost")
    await ann.keyboard.type("!")
    await expect(text).to_have_text("ann!")
    assert await page.evaluate("() => window.collab.doc.pending") == 0
    await page.context.close()


def reader(message: str | bytes) -> str | bytes:
    """The server's message, its welcome that of somebody who may read only."""
    if isinstance(message, bytes):
        return message
    told = json.loads(message)
    for each in told if isinstance(told, list) else [told]:
        if each["type"] == "welcome":
            each["role"] = "viewer"
    return json.dumps(told)


@pytest.mark.parametrize("seed", range(3))
async def test_three_who_begin_without_each_other_end_alike(
    rich: Open, server: LocalServer, seed: int
) -> None:
    chance = random.Random(seed)
    pages = [await rich(), await rich(), await rich()]
    for page in pages:
        await page.context.set_offline(True)
    for letter, page in zip("abc", pages, strict=True):
        for _ in range(chance.randint(1, 4)):
            match chance.randrange(4):
                case 0:
                    await page.keyboard.type(letter * 3)
                case 1:
                    await page.keyboard.press("Enter")
                case 2:
                    await quill(page, "format", "header", 1)
                case _:
                    await quill(page, "format", "list", "bullet")
    chance.shuffle(pages)
    for page in pages:
        await page.context.set_offline(False)
    await until_alike(server, pages)


async def until_alike(server: LocalServer, pages: list[Page]) -> None:
    """Whoever mends something does so a moment after all have heard of what is to be mended."""
    async with asyncio.timeout(20):
        while True:
            try:
                await until_equal(server, *pages)
            except AssertionError:
                continue
            return
