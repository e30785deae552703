"""What is typed without a network outlives the page: in a real Chromium, on a real server, by what its log says."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from playwright.async_api import BrowserContext, Dialog, Page, Playwright, Route, expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, FLAGS, IN_BROWSER, TEXT, browser_path, until_status, until_text

pytestmark = IN_BROWSER

KEPT = "() => window.collab.doc.pending > 0 && window.collab.doc.kept"
HEAR = """() => {
  window.heard = [];
  for (const name of ["restored", "refused", "diverged", "offline-unavailable"]) {
    window.collab.doc.on(name, (value) => window.heard.push({ name, ...value }));
  }
}"""
# What is answered by a test counts as come from elsewhere, which may not speak to this machine.
LOCAL = "--disable-features=LocalNetworkAccessChecks"
STATIC = Path(__file__).parent.parent / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


async def launch(playwright: Playwright, profile: Path) -> BrowserContext:
    args = [*FLAGS, LOCAL]
    return await playwright.chromium.launch_persistent_context(
        profile, executable_path=browser_path(), args=args
    )


@pytest_asyncio.fixture(loop_scope="session")
async def context(playwright: Playwright, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    running = await launch(playwright, tmp_path / "profile")
    yield running
    await running.close()


async def visit(context: BrowserContext, server: LocalServer) -> Page:
    page = await context.new_page()
    await page.goto(f"{server.url}/d/notes")
    await page.wait_for_selector(EDITABLE)
    await page.evaluate(HEAR)
    await page.click(EDITABLE)
    await page.keyboard.press("Control+End")
    return page


async def until_saved(page: Page) -> None:
    """Wait longer than a page waits between two tries to connect."""
    await expect(page.locator("#status")).to_have_text("Saved", timeout=40_000)


async def served_from_disk(context: BrowserContext) -> None:
    """The pages come without a server, as out of a service worker's cache."""

    async def answer(route: Route) -> None:
        path = httpx.URL(route.request.url).path
        file = STATIC / ("pages/document.html" if path.startswith("/d/") else path.removeprefix("/static/"))
        await route.fulfill(body=file.read_bytes(), content_type=KINDS[file.suffix])

    await context.route(re.compile(r"/(d|static)/"), answer)


async def log(server: LocalServer) -> list[dict[str, Any]]:
    """The edits in the log, by the HTTP API."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        events = (await http.get("/api/documents/notes/events")).json()["events"]
    return [event for event in events if event["type"] == "edited"]


async def heard(page: Page, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await page.evaluate("() => window.heard")
    return [each for each in found if each["name"] == name]


async def reports(page: Page, count: int = 1) -> list[dict[str, Any]]:
    await page.wait_for_function(
        "count => window.heard.filter(({ name }) => name === 'restored').length >= count", arg=count
    )
    return await heard(page, "restored")


async def records(page: Page) -> list[dict[str, Any]]:
    """What is kept on the device."""
    found: list[dict[str, Any]] = await page.evaluate(
        """() => new Promise((resolve, reject) => {
          const opening = indexedDB.open("collab-offline");
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const asking = opening.result.transaction("sessions").objectStore("sessions").getAll();
            asking.onsuccess = () => (opening.result.close(), resolve(asking.result));
          };
        })"""
    )
    return found


def once_each(events: list[dict[str, Any]]) -> bool:
    ids = [(event["client"], event["id"]) for event in events]
    return len(ids) == len(set(ids))


async def type_words(page: Page, *words: str) -> None:
    """Each word an edit of its own."""
    for word in words:
        await page.evaluate(
            "word => { const { doc } = window.collab; doc.endUndoGroup(); doc.insert(doc.text.length, word); }",
            word,
        )


async def test_edits_of_a_closed_tab_are_sent_once_when_it_is_opened_again(
    context: BrowserContext, server: LocalServer
) -> None:
    page = await visit(context, server)
    await page.keyboard.type("Saved. ")
    await until_saved(page)
    await server.kill()
    await type_words(page, "one ", "two ", "three ")
    await until_status(page, re.compile("Not saved – 3 changes, kept on this device"))
    await page.wait_for_function(KEPT)
    await page.close()
    await server.start()
    page = await visit(context, server)
    assert await reports(page) == [{"name": "restored", "total": 3, "applied": 3, "refused": []}]
    await until_saved(page)
    assert await page.evaluate(TEXT) == "Saved. one two three "
    events = await log(server)
    assert "".join(event["op"][-1] for event in events) == "Saved. one two three "
    assert once_each(events)
    assert await heard(page, "diverged") == []
    await page.close()
    page = await visit(context, server)
    await until_saved(page)
    assert len(await log(server)) == len(events)
    assert await heard(page, "restored") == []


async def test_without_a_network_a_new_tab_shows_what_the_closed_one_had_and_goes_on(
    context: BrowserContext, server: LocalServer
) -> None:
    page = await visit(context, server)
    await page.keyboard.type("Saved. ")
    await until_saved(page)
    await page.evaluate("() => window.collab.doc.rename('Plan')")
    await page.wait_for_function("() => window.collab.doc.title === 'Plan'")
    await served_from_disk(context)
    await server.kill()
    await type_words(page, "first ", "second ")
    await page.wait_for_function(KEPT)
    await page.close()
    page = await visit(context, server)
    assert await page.evaluate(TEXT) == "Saved. first second "
    assert await page.evaluate("() => [window.collab.doc.title, window.collab.doc.kind]") == ["Plan", "text"]
    await page.keyboard.type("third")
    await page.wait_for_function(KEPT)
    await page.close()
    page = await visit(context, server)
    assert await page.evaluate(TEXT) == "Saved. first second third"
    await server.start()
    await until_saved(page)
    events = await log(server)
    assert "".join(event["op"][-1] for event in events) == "Saved. first second third"
    assert once_each(events)
    assert (await reports(page))[0]["applied"] == 3


async def test_edits_survive_a_browser_that_is_killed(
    playwright: Playwright, server: LocalServer, tmp_path: Path
) -> None:
    profile = tmp_path / "killed"
    context = await launch(playwright, profile)
    page = await visit(context, server)
    await page.keyboard.type("Saved. ")
    await until_saved(page)
    await server.kill()
    await type_words(page, "one ", "two ")
    await page.wait_for_function(KEPT)
    gone = asyncio.Event()
    context.on("close", lambda _: gone.set())
    kill_browser(profile)
    async with asyncio.timeout(20):
        await gone.wait()
    for name in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
        (profile / name).unlink(missing_ok=True)
    await server.start()
    context = await launch(playwright, profile)
    page = await visit(context, server)
    assert (await reports(page))[0]["applied"] == 2
    assert await page.evaluate(TEXT) == "Saved. one two "
    assert once_each(await log(server))
    await context.close()


def kill_browser(profile: Path) -> None:
    """Kill the processes of the browser that has this profile."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if f"--user-data-dir={profile}".encode() in command:
                os.kill(int(process.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


async def test_two_tabs_keep_apart_and_both_are_sent_once(
    context: BrowserContext, server: LocalServer
) -> None:
    ann, bo = await visit(context, server), await visit(context, server)
    await server.kill()
    await type_words(ann, "ann ", "and ")
    await type_words(bo, "bo ")
    for page in (ann, bo):
        await page.wait_for_function(KEPT)
    clients = {await page.evaluate("() => window.collab.doc.client") for page in (ann, bo)}
    assert {record["client"] for record in await records(ann)} == clients
    await ann.close()
    await bo.close()
    await server.start()
    page = await visit(context, server)
    assert sorted(report["applied"] for report in await reports(page, 2)) == [1, 2]
    await page.wait_for_function("() => window.collab.doc.text.length === 11")
    events = await log(server)
    assert {event["client"] for event in events} == clients
    assert len(events) == 3
    assert once_each(events)
    text = await page.evaluate(TEXT)
    assert text in ("ann and bo ", "bo ann and ")


async def test_a_tab_that_is_opened_beside_a_live_one_leaves_it_its_edits(
    context: BrowserContext, server: LocalServer
) -> None:
    ann = await visit(context, server)
    await served_from_disk(context)
    await server.kill()
    await type_words(ann, "ann ", "and ")
    await ann.wait_for_function(KEPT)
    bo = await context.new_page()
    await bo.goto(f"{server.url}/d/notes")
    await bo.wait_for_function("() => window.collab")
    await bo.evaluate(HEAR)
    clients = {await page.evaluate("() => window.collab.doc.client") for page in (ann, bo)}
    assert len(clients) == 2
    assert await bo.evaluate(TEXT) == ""
    await server.start()
    await until_saved(ann)
    await until_text(bo, "ann and ")
    assert len(await log(server)) == 2
    assert await heard(bo, "restored") == []


async def test_a_live_tab_sends_what_a_closed_one_left_and_never_what_a_live_one_has(
    context: BrowserContext, server: LocalServer
) -> None:
    ann, bo = await visit(context, server), await visit(context, server)
    await server.kill()
    await type_words(ann, "ann ")
    await ann.wait_for_function(KEPT)
    await server.start()
    await until_saved(ann)
    await until_text(bo, "ann ")
    assert await heard(bo, "restored") == []
    await server.kill()
    await type_words(ann, "left ")
    await ann.wait_for_function(KEPT)
    await ann.close()
    await server.start()
    assert (await reports(bo))[0]["applied"] == 1
    await until_text(bo, "ann left ")
    events = await log(server)
    assert len(events) == 2
    assert len({event["client"] for event in events}) == 1


async def test_reloading_while_saving_loses_and_doubles_nothing(
    context: BrowserContext, server: LocalServer
) -> None:
    page = await visit(context, server)
    words = []
    for number in range(8):
        words.append(f"{number}. ")
        await type_words(page, words[-1])
        await page.wait_for_function("() => window.collab.doc.pending === 0 || window.collab.doc.kept")
        await page.goto(f"{server.url}/d/notes")
        await page.wait_for_selector(EDITABLE)
    await until_text(page, "".join(words))
    await until_saved(page)
    events = await log(server)
    assert "".join(event["op"][-1] for event in events) == "".join(words)
    assert once_each(events)


async def test_a_server_that_restarts_while_somebody_types_and_reloads_has_all_of_it_once(
    context: BrowserContext, server: LocalServer
) -> None:
    page = await visit(context, server)
    typing = asyncio.create_task(page.keyboard.type("The quick brown fox jumps over the lazy dog.", delay=40))
    await page.wait_for_function("() => window.collab.doc.text.length > 8")
    await server.kill()
    await page.wait_for_function("() => window.collab.doc.text.length > 30")
    await server.start()
    await typing
    await page.wait_for_function("() => window.collab.doc.pending === 0 || window.collab.doc.kept")
    await page.close()
    page = await visit(context, server)
    await until_text(page, "The quick brown fox jumps over the lazy dog.")
    await until_saved(page)
    assert once_each(await log(server))


async def test_edits_on_a_document_that_was_replaced_are_given_back_and_not_merged(
    context: BrowserContext, server: LocalServer
) -> None:
    page = await visit(context, server)
    await page.keyboard.type("Old. ")
    await until_saved(page)
    await server.kill()
    await type_words(page, "mine ", "too")
    await page.wait_for_function(KEPT)
    await page.close()
    for file in server.db.parent.glob("log.db*"):
        if file.is_file():  # read models see by themselves that this is another log
            file.unlink()
    await server.start()
    page = await visit(context, server)
    [report] = await reports(page)
    assert (report["total"], report["applied"]) == (2, 0)
    assert {refusal["code"] for refusal in report["refused"]} == {"epoch_changed"}
    assert [refusal["text"] for refusal in report["refused"]] == ["mine ", "too"]
    assert await page.evaluate(TEXT) == ""
    assert await log(server) == []
    await expect(page.get_by_text("2 edits: 0 applied, 2 refused")).to_be_visible()


async def test_leaving_is_asked_about_only_what_is_not_kept(
    context: BrowserContext, server: LocalServer
) -> None:
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    for kept in (True, False):
        if not kept:
            await context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
        page = await visit(context, server)
        page.on("dialog", answer)
        await context.set_offline(True)
        await page.keyboard.type("x")
        await page.wait_for_function(KEPT if kept else "() => window.collab.doc.pending > 0")
        async with page.expect_event("close"):
            await page.close(run_before_unload=True)
        assert asked == ([] if kept else ["beforeunload"])
        await context.set_offline(False)
