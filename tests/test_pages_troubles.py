"""The messages over the text, in a real Chromium: each with its reason, and with what one can do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, Open, editor, until_status

pytestmark = IN_BROWSER

SOCKET = re.compile("/ws/documents/")


async def test_a_restart_is_said_and_over_when_the_server_is_back(
    open_page: Open, server: LocalServer
) -> None:
    page = await editor(open_page, "notes")
    await server.stop()
    banner = page.locator(".banner", has_text="The server is being restarted")
    await expect(banner).to_be_visible()
    await page.keyboard.type("meanwhile")
    await until_status(page, re.compile("Not saved – 1 change|Not saved – [0-9]+ changes"))
    await server.start()
    await expect(banner).to_be_hidden(timeout=40_000)
    await until_status(page, "Saved")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4401, "You are not signed in for this document."),
        (4403, "You may no longer open this document."),
        (4404, "This document does not exist, or is gone."),
        (4409, "This page is too old for the server."),
        (4413, "Something in this document is too large"),
        (4490, "This session was taken over by a newer one."),
    ],
)
async def test_the_end_of_a_session_is_explained(open_page: Open, code: int, words: str) -> None:
    """The talk is with the real server; only its end is put in, as a server of ours or a later one would say it."""
    page = await open_page("/")
    routes: list[WebSocketRoute] = []

    def between(route: WebSocketRoute) -> None:
        route.connect_to_server()
        routes.append(route)

    await page.route_web_socket(SOCKET, between)
    await page.goto(page.url + "d/notes")
    await page.click(EDITABLE)
    await page.keyboard.type("kept")
    await until_status(page, "Saved")
    await routes[0].close(code=code, reason="by the test")
    banner = page.locator(".banner")
    await expect(banner).to_contain_text(words)
    await expect(banner).to_contain_text(f"({code}: by the test)")
    await expect(banner.get_by_role("button", name="Copy the text")).to_be_visible()
    assert len(routes) == 1, "it came back"
    await expect(page.locator(EDITABLE)).to_have_count(0)
    await expect(page.locator(".cm-content")).to_have_text("kept")
    await banner.get_by_role("button", name="Load again").click()
    await expect(page.locator(EDITABLE)).to_have_text("kept")


async def refuse_next_edit(page: Page, code: str, reason: str) -> None:
    """Let the next edit be answered with a refusal, and keep it from the server."""
    refused = {"count": 0}

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_page(message: str | bytes) -> None:
            said: dict[str, Any] = json.loads(message)
            if said["type"] != "edit" or refused["count"] > 0:
                server.send(message)
                return
            refused["count"] += 1
            answer = {"type": "refused", "id": said["id"], "code": code, "reason": reason}
            route.send(json.dumps(answer))

        route.on_message(from_page)

    await page.route_web_socket(SOCKET, between)


async def test_a_refused_change_is_given_back_to_copy(open_page: Open, server: LocalServer) -> None:
    page = await open_page("/")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    await refuse_next_edit(page, "too_fast", "more than 100 edits a second")
    await page.goto(server.url + "/d/notes")
    await page.click(EDITABLE)
    await page.evaluate("() => window.collab.doc.insert(0, 'refused words')")
    banner = page.locator(".banner")
    await expect(banner).to_contain_text("One of your changes was not taken: more than 100 edits a second")
    await expect(banner).to_contain_text("Wait a moment, and try again.")
    await expect(page.locator(EDITABLE)).not_to_contain_text("refused words")
    await banner.get_by_role("button", name="Copy my text").click()
    await expect(banner.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("() => navigator.clipboard.readText()") == "refused words"
    await banner.get_by_role("button", name="Close").click()
    await expect(banner).to_have_count(0)


async def test_a_browser_that_keeps_nothing_says_so_and_works(open_page: Open) -> None:
    page = await open_page("/")
    await page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    await page.goto(page.url + "d/notes")
    await page.click(EDITABLE)
    await page.keyboard.type("works")
    await until_status(page, "Saved")
    await expect(page.locator(".banner")).to_contain_text("This browser keeps nothing for this page")
