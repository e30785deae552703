"""Rich text in Quill: two windows of a real headless Chromium on a real server process."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER
from tests.browsing_rich import Open, open_rich, quill, shown, stored, until_equal, until_text

pytestmark = IN_BROWSER

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


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
    await ann.evaluate("() => window.collab.view.history.undo()")
    assert await until_equal(server, ann, bo) == [{"insert": "bo \n"}]
    await ann.keyboard.press("Control+Shift+z")
    await ann.keyboard.press("Control+y")
    assert bold in await until_equal(server, ann, bo)
    await bo.keyboard.press("Control+z")
    assert await until_equal(server, ann, bo) == [bold, {"insert": "\n"}]


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
              const { view: quill } = window.collab, length = quill.getLength();
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


async def test_a_document_that_was_replaced_is_shown_with_its_formats(
    rich: Open, server: LocalServer
) -> None:
    page = await rich()
    await page.keyboard.type("old")
    await expect(page.locator("#status")).to_have_text("Saved")
    await page.context.set_offline(True)  # or it would be the one that makes the document anew
    await server.kill()
    for file in server.db.parent.glob("log.db*"):
        if file.is_file():  # read models see by themselves that this is another log
            file.unlink()
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        content = ["new ", {"insert": "fat", "attributes": {"bold": True}}, "\n"]
        made = await client.post("/api/documents", json={"id": "rich", "content": content})
        assert made.is_success, made.text
    await page.context.set_offline(False)
    bold = {"insert": "fat", "attributes": {"bold": True}}
    await page.wait_for_function("() => window.collab.view.getText() === 'new fat\\n'")
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
    await open_rich(page, server, "rich")
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
