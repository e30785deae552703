"""The pages in a real headless Chromium, on a real server process with a real SQLite file."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import expect

from collab.local_server import LocalServer
from collab.reading import document_at
from collab.store.sqlite import SQLiteStore
from tests.browsing import EDITABLE, IN_BROWSER, TEXT, Open, editor, until_equal, until_status, until_text

pytestmark = IN_BROWSER


async def test_two_people_type_at_once_and_see_the_same(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await asyncio.gather(
        ann.keyboard.type("The first window writes this. ", delay=4),
        bo.keyboard.type("The second one that, with an 😀. ", delay=5),
    )
    text = await until_equal(ann, bo)
    assert "The first window writes this. " in text
    assert "The second one that, with an 😀. " in text


async def test_what_was_typed_offline_is_kept_said_and_merged(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("Shared. ")
    await until_text(bo, "Shared. ")
    await bo.context.set_offline(True)
    await bo.keyboard.press("End")
    await bo.keyboard.type("Bo is offline. ")
    await until_status(bo, re.compile("Not saved – [0-9]+ change"))
    await ann.keyboard.type("Ann is not. ")
    await until_status(ann, "Saved")
    assert "offline" not in await ann.evaluate(TEXT)
    await bo.context.set_offline(False)
    text = await until_equal(ann, bo)
    assert "Bo is offline. " in text
    assert "Ann is not. " in text


async def test_nothing_shown_as_saved_is_missing_after_kill_9(open_page: Open, server: LocalServer) -> None:
    page = await editor(open_page, "notes")
    await page.keyboard.type("Saved before. ")
    await until_status(page, "Saved")
    await server.kill()
    await page.keyboard.type("Typed while it was down. ")
    await until_status(page, re.compile("Not saved|Reconnecting"))
    async with await SQLiteStore.open(server.db) as store:
        assert (await document_at(store, "notes")).content.value() == "Saved before. "
    await server.start()
    await expect(page.locator("#status")).to_have_text("Saved", timeout=20_000)
    await server.stop()
    async with await SQLiteStore.open(server.db) as store:
        assert (
            await document_at(store, "notes")
        ).content.value() == "Saved before. Typed while it was down. "


async def test_undo_takes_back_ones_own_edits_only(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("ann")
    await until_text(bo, "ann")
    await bo.keyboard.press("Control+Home")
    await bo.keyboard.type("bo ")
    await until_text(ann, "bo ann")
    await ann.keyboard.press("Control+z")
    await until_text(bo, "bo ")
    await ann.keyboard.press("Control+Shift+z")
    await until_text(bo, "bo ann")


async def test_others_are_shown_with_caret_and_name_and_leave_when_they_go(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("Here I am")
    name = await ann.evaluate(
        "() => window.collab.doc.presence.user?.name ?? JSON.parse(localStorage['collab.me']).name"
    )
    await expect(bo.locator(".cm-scroller")).to_contain_text(name)
    assert await bo.evaluate("() => window.collab.doc.presence.others.length") == 1
    await ann.context.close()
    await bo.wait_for_function("() => window.collab.doc.presence.others.length === 0")
    await expect(bo.locator(".cm-scroller")).not_to_contain_text(name)


async def test_line_ends_and_tabs_survive_the_editor(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.evaluate("() => window.collab.doc.insert(0, 'one\\r\\ntwo\\rthree\\n\\tfour')")
    await until_text(bo, "one\r\ntwo\rthree\n\tfour")
    await ann.click(EDITABLE)
    await ann.keyboard.press("Control+End")
    await ann.keyboard.type("!")
    await until_text(bo, "one\r\ntwo\rthree\n\tfour!")


async def test_a_page_that_was_seen_before_fetches_none_of_its_files_again(open_page: Open) -> None:
    page = await editor(open_page, "notes")
    fetched = """() => performance.getEntriesByType("resource")
      .filter(({ name, transferSize }) => name.includes("/static") && transferSize > 0).map(({ name }) => name)"""
    assert len(await page.evaluate(fetched)) > 50
    await page.reload()
    await page.click(EDITABLE)
    assert await page.evaluate(fetched) == []
