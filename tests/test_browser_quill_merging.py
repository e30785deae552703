"""What several people do in Quill at the same time: windows of a real headless Chromium on a real server process."""

from __future__ import annotations

import asyncio
import random

import pytest
from playwright.async_api import Page, expect

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER
from tests.browsing_rich import Open, quill, stored, until_equal, until_text

pytestmark = IN_BROWSER


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
            await page.wait_for_function("() => /^(ann bo|bo ann) \\n$/.test(window.collab.view.getText())")
            await expect(page.locator("#status")).to_have_text("Saved")
        [text] = await stored(server, document)
        assert text in ("ann bo \n", "bo ann \n")
        # From here on an empty line is one that somebody wants.
        await pages[first].keyboard.press("Enter")
        await until_text(pages[second], await pages[first].evaluate("() => window.collab.view.getText()"))
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
    assert "All: Zero, one\n日本" in await bo.evaluate("() => window.collab.view.getText()")


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
