"""Where unsaved edits are kept: what a page does when that fails, and for how long it keeps what pages have left."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Playwright

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER, TEXT, until_status, until_text
from tests.test_browser_offline import (
    KEPT,
    heard,
    launch,
    log,
    records,
    served_from_disk,
    type_words,
    until_saved,
    visit,
)

pytestmark = IN_BROWSER


class Place(NamedTuple):
    server: LocalServer
    context: BrowserContext


@pytest_asyncio.fixture(loop_scope="session")
async def place(playwright: Playwright, server: LocalServer, tmp_path: Path) -> AsyncIterator[Place]:
    context = await launch(playwright, tmp_path / "profile")
    yield Place(server, context)
    await context.close()


async def test_a_browser_without_storage_works_online_and_says_so(place: Place) -> None:
    server, context = place
    await context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page = await visit(context, server)
    await page.keyboard.type("Works. ")
    await until_saved(page)
    [problem] = await heard(page, "offline-unavailable")
    assert problem["code"] == "storage_unavailable"
    await context.set_offline(True)
    await page.keyboard.type("In memory")
    await until_status(page, re.compile("^Not saved – [0-9]+ changes?$"))


async def test_a_full_storage_is_said_and_the_page_goes_on(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    tools = await context.new_cdp_session(page)
    await tools.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 1})
    await page.keyboard.type("Works. ")
    await page.wait_for_function("() => window.heard.length > 0")
    [problem] = await heard(page, "offline-unavailable")
    assert problem["code"] == "storage_full"
    await until_saved(page)
    assert "".join(event["op"][-1] for event in await log(server)) == "Works. "


async def test_when_there_is_room_again_the_page_keeps_again(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await until_saved(page)
    tools = await context.new_cdp_session(page)
    await tools.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 1})
    await server.kill()
    await page.keyboard.type("Works. ")
    await page.wait_for_function("() => window.heard.length > 0")
    assert await page.evaluate("() => window.collab.doc.kept") is False
    await tools.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    await page.wait_for_function(KEPT)
    await until_status(page, re.compile("kept on this device"))
    await page.close()
    await server.start()
    page = await visit(context, server)
    await until_text(page, "Works. ")


async def test_a_database_that_was_closed_under_a_page_is_opened_again(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await page.keyboard.type("Saved. ")
    await until_saved(page)
    await server.kill()
    await page.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open("collab-offline", 2);  // as a later version of the program would
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            opening.result.close();
            const deleting = indexedDB.deleteDatabase("collab-offline");
            deleting.onsuccess = resolve;
          };
        })"""
    )
    await type_words(page, "kept ")
    await page.wait_for_function(KEPT)
    assert len(await records(page)) == 1


WRITE_RECORDS = """([place, ages]) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("collab-offline");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const writing = opening.result.transaction(["sessions", "contents", "edits"], "readwrite");
    for (const [index, [id, days]] of ages.entries()) {
      const client = `left-${String(index).padStart(4, "0")}`;
      writing.objectStore("sessions").put({
        ...{ client, key: "k".repeat(22), place: place.replace("notes", id), epoch: "another", version: 1 },
        ...{ steps: [], lastId: 1, edits: 1, at: Date.now() - days * 86_400_000 - index },
      });
      writing.objectStore("contents").put("", client);
      writing.objectStore("edits").put({ client, id: 1, op: ["x"], leaning: [] });
    }
    writing.oncomplete = () => (opening.result.close(), resolve());
  };
})"""
"""Records of other documents as pages leave them that are gone: for each the document's id and how many days old."""


async def left_by_others(page: Page, server: LocalServer, ages: list[tuple[str, float]]) -> None:
    place = f"ws{server.url.removeprefix('http')}/ws/documents/notes "
    await page.evaluate(WRITE_RECORDS, [place, ages])


async def ages_left(page: Page, server: LocalServer) -> list[float]:
    """How many days old the records are that are left when a page has connected and looked around."""
    await page.evaluate("() => (window.collab.doc.disconnect(), window.collab.doc.reconnect())")
    await until_saved(page)
    now = await page.evaluate("() => Date.now()")
    return sorted(round((now - record["at"]) / 86_400_000, 1) for record in await records(page))


async def test_a_record_is_kept_for_thirty_days(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await until_saved(page)
    await left_by_others(page, server, [("other", days) for days in (0.0, 29.9, 30.1, 400.0)])
    async with asyncio.timeout(20):
        while (ages := await ages_left(page, server)) != [0.0, 29.9]:
            assert len(ages) >= 2


async def test_two_hundred_records_are_kept_the_newest(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await until_saved(page)
    await left_by_others(page, server, [("other", number / 10) for number in range(205)])
    async with asyncio.timeout(20):
        while (ages := await ages_left(page, server)) != [number / 10 for number in range(200)]:
            assert len(ages) >= 200


async def test_a_record_that_is_too_old_is_not_sent(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await until_saved(page)
    await left_by_others(page, server, [("notes", 31.0), ("notes", 1.0)])
    async with asyncio.timeout(20):
        while await ages_left(page, server):
            pass
    reported = await heard(page, "restored")
    assert [(report["total"], report["applied"]) for report in reported] == [(1, 0)]
    assert reported[0]["refused"][0]["code"] == "epoch_changed"


async def test_a_page_goes_on_from_no_record_that_is_too_old(place: Place) -> None:
    server, context = place
    page = await visit(context, server)
    await until_saved(page)
    await served_from_disk(context)
    await server.kill()
    await left_by_others(page, server, [("notes", 31.0)])
    page = await context.new_page()
    await page.goto(f"{server.url}/d/notes")
    await page.wait_for_function("() => window.collab")
    assert await page.evaluate(TEXT) == ""
    assert await page.evaluate("() => window.collab.doc.pending") == 0
