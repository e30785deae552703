"""What can be done with an old version on the history's page, and who may do it. In a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from collab import History
from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, Open, editor, until_text
from tests.browsing_history import (
    ANN,
    FIRST,
    NEWEST,
    SECOND,
    TODAY,
    history,
    plan,
    text_of,
    until_version,
)

pytestmark = IN_BROWSER


async def choose(page: Page, item: str) -> None:
    await page.locator("#menu > summary").click()
    await page.get_by_role("button", name=item).click()


async def test_a_version_is_brought_back_and_what_was_there_gets_a_name(
    open_page: Open, server: LocalServer
) -> None:
    await plan(server.url)
    other = await editor(open_page, "plan")
    page = await history(open_page, place="#v=39")
    await until_version(page, 39)
    await choose(page, "Restore this version…")
    dialog = page.get_by_role("dialog", name="Restore version 39?")
    await expect(dialog).to_contain_text("Nothing is lost")
    await dialog.get_by_role("button", name="Cancel").click()
    await until_text(other, TODAY)
    await choose(page, "Restore this version…")
    await dialog.get_by_role("button", name="Restore").click()
    await until_text(other, FIRST)
    await until_version(page, NEWEST + 2)
    assert await text_of(page) == FIRST
    await expect(page.locator("#news")).to_contain_text("Version 39 is back, as version 65.")
    async with History(server.url, "plan", token=ANN) as past:
        named = {each.name: each.version for each in await past.versions()}
        assert named["Before version 39 was restored (63)"] == NEWEST
        assert (await past.at(NEWEST)).content == TODAY
    row = page.locator("#rows .row", has_text="Before version 39 was restored")
    await row.click()
    await until_version(page, NEWEST)
    assert await text_of(page) == TODAY


async def test_a_version_gets_a_name_and_the_name_a_star(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=20")
    await choose(page, "Name this version…")
    await page.get_by_label("Name of the version").fill("in the middle")
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_have_text("Version 20 is called “in the middle” now")
    await expect(page.locator(".star")).to_have_count(3)
    await expect(page.locator("#moment")).to_contain_text("★ in the middle")
    await choose(page, "Name this version…")
    await page.get_by_label("Name of the version").fill("in the middle")
    await page.keyboard.press("Enter")
    await expect(page.locator("#news")).to_contain_text("could not be named")


async def test_a_fork_begins_with_the_version(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=58")
    await until_version(page, 58)
    await choose(page, "Fork from here…")
    await page.get_by_label("Its title").fill("The other plan")
    await page.get_by_role("button", name="Make the new document").click()
    await page.wait_for_url(re.compile(r"/d/(?!plan)[^/]+$"))
    await page.click(EDITABLE)
    await until_text(page, FIRST + SECOND)
    await expect(page.get_by_label("Title of the document")).to_have_value("The other plan")


@pytest.mark.parametrize(("compared", "hash_"), [(False, "#v=39"), (True, "#v=38..39")])
async def test_the_link_of_a_version_is_copied(
    open_page: Open, server: LocalServer, compared: bool, hash_: str
) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=39", permissions=["clipboard-read", "clipboard-write"])
    if compared:
        await page.keyboard.press("d")
    await choose(page, "Copy link")
    await expect(page.locator("#news")).to_have_text("Link to this version copied")
    copied = await page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{server.url}/d/plan/history{hash_}"


async def test_a_restored_version_can_be_undone_by_restoring(open_page: Open, server: LocalServer) -> None:
    await plan(server.url)
    page = await history(open_page, place="#v=39")
    for version in (39, NEWEST):
        await page.get_by_role("slider").fill(str(version))
        await until_version(page, version)
        await choose(page, "Restore this version…")
        await page.get_by_role("dialog").get_by_role("button", name="Restore").click()
        await expect(page.locator("#news")).to_contain_text(f"Version {version} is back")
    await page.wait_for_function("text => window.collab.paper.view.state.doc.toString() === text", arg=TODAY)
