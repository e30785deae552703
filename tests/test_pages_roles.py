"""What the pages show to whom: editors, viewers, and whose role changes. A real Chromium, a server with accounts."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from collab.auth import Identity
from collab.errors import Unauthorised
from tests.browsing import EDITABLE, IN_BROWSER, RICH_EDITABLE, until_status, until_text
from tests.browsing_history import until_furnished, until_version
from tests.helpers import Serving

pytestmark = IN_BROWSER

END = {"text": "", "rich": "\n"}
"""What a text of this kind ends with."""


class Accounts:
    """Two people, whom their tokens name."""

    def __init__(self) -> None:
        self.roles = {"ana": "editor", "bo": "viewer"}

    async def authenticate(self, token: str | None, *, document: str | None, client: str | None) -> Identity:
        name = (token or "").removesuffix("-" + "t" * 22)
        if name not in self.roles:
            raise Unauthorised("no such token")
        return Identity(name, role=self.roles[name])


@pytest_asyncio.fixture(loop_scope="session")
async def serving() -> AsyncIterator[Serving]:
    async with Serving() as running:
        running.hub.authenticator = Accounts()
        yield running


async def visit(browser: Browser, serving: Serving, name: str, path: str = "/d/notes") -> Page:
    context = await browser.new_context()
    token = json.dumps(json.dumps(f"{name}-{'t' * 22}"))
    await context.add_init_script(f"localStorage.setItem('collab.guest', {token})")
    page = await context.new_page()
    await page.goto(serving.url + path)
    return page


@pytest.mark.parametrize("kind", ["text", "rich"])
async def test_a_viewer_reads_along_and_has_nothing_to_type_into(
    browser: Browser, serving: Serving, kind: str
) -> None:
    await serving.hub.create("notes", Identity("ana"), kind=kind)
    ana = await visit(browser, serving, "ana")
    await ana.click(f"{EDITABLE}, {RICH_EDITABLE}")
    await ana.keyboard.type("Hello")
    bo = await visit(browser, serving, "bo")
    await until_text(bo, "Hello" + END[kind])
    await expect(bo.locator("#read-only")).to_have_text("Read only")
    await expect(bo.locator("[contenteditable=true]")).to_have_count(0)
    assert not await bo.get_by_label("Title of the document").is_editable()
    await ana.keyboard.type(" Bo")
    await until_text(bo, "Hello Bo" + END[kind])
    await bo.keyboard.press("Control+s")
    await expect(bo.locator("#news")).to_have_text("This document can only be read here")


@pytest.mark.parametrize("kind", ["text", "rich"])
async def test_who_may_write_no_more_is_told_and_who_may_again_goes_on(
    browser: Browser, serving: Serving, kind: str
) -> None:
    await serving.hub.create("notes", Identity("ana"), kind=kind)
    ana = await visit(browser, serving, "ana")
    await ana.click(f"{EDITABLE}, {RICH_EDITABLE}")
    await ana.keyboard.type("Before. ")
    await until_status(ana, "Saved")
    serving.hub.permit("ana", "viewer")
    banner = ana.locator(".banner", has_text="You may read this document, and change it no more.")
    await expect(banner).to_be_visible()
    await expect(ana.locator("#read-only")).to_be_visible()
    await expect(ana.locator("[contenteditable=true]")).to_have_count(0)
    serving.hub.permit("ana", "editor")
    await expect(banner).to_be_hidden()
    await expect(ana.locator("#read-only")).to_be_hidden()
    await ana.click(f"{EDITABLE}, {RICH_EDITABLE}")
    await ana.keyboard.press("Control+End")
    await ana.keyboard.type("After.")
    await until_text(ana, "Before. After." + END[kind])
    await until_status(ana, "Saved")


async def test_who_is_sent_away_is_told_and_keeps_the_text(browser: Browser, serving: Serving) -> None:
    ana = await visit(browser, serving, "ana")
    await ana.click(EDITABLE)
    await ana.keyboard.type("Mine")
    await until_status(ana, "Saved")
    serving.hub.permit("ana", None)
    banner = ana.locator(".banner")
    await expect(banner).to_contain_text("You may no longer open this document.")
    await expect(banner.get_by_role("button", name="Copy the text")).to_be_visible()
    await expect(ana.locator("[contenteditable=true]")).to_have_count(0)


async def test_a_stranger_is_told_on_both_pages(browser: Browser, serving: Serving) -> None:
    eve = await visit(browser, serving, "eve")
    await expect(eve.locator(".banner")).to_contain_text("You are not signed in for this document.")
    await eve.goto(serving.url)
    await expect(eve.get_by_role("alert")).to_contain_text("no such token")


async def test_who_may_only_look_at_a_history_is_told_why_and_may_still_look(
    browser: Browser, serving: Serving
) -> None:
    await serving.hub.create("notes", Identity("ana"), content="Hello")
    bo = await visit(browser, serving, "bo", "/d/notes/history")
    await until_furnished(bo)
    await bo.locator("#menu > summary").click()
    for item in ["Restore this version…", "Name this version…"]:
        button = bo.get_by_role("button", name=item)
        await expect(button).to_be_disabled()
        await expect(button).to_have_accessible_description(re.compile("You are here as viewer"))
    await expect(bo.get_by_role("button", name="Copy link")).to_be_enabled()
    await bo.keyboard.press("Escape")
    await bo.keyboard.press("Home")
    await until_version(bo, 0)
