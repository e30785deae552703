"""Carets and selections in Quill, one's own and those of others, in windows of a real headless Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER
from tests.browsing_rich import Open, quill, until_equal, until_text

pytestmark = IN_BROWSER


async def test_the_caret_stays_with_its_text_and_others_see_it(rich: Open, server: LocalServer) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("here")
    await until_text(bo, "here\n")
    await quill(bo, "setSelection", 0, 0)
    await bo.keyboard.type("over ")
    await until_text(ann, "over here\n")
    await ann.keyboard.type("!")
    await until_text(bo, "over here!\n")
    assert (await ann.evaluate("() => window.collab.view.getSelection().index")) == 10
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
