"""What tests of the history's page share: a document with a past, and what to wait for."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import Page, expect

from collab import History
from collab.client import SharedDocument
from tests.browsing import Open

ANN, BO = (f"{name}-{'t' * 22}" for name in ("ann", "bo"))
"""Tokens of two guests."""

FIRST = "The plan for Monday\n\nWe meet at nine.\n"
SECOND = "Bo brings coffee.\n"
TODAY = FIRST.replace("nine", "ten") + SECOND


async def typed(url: str, document: str, token: str, *edits: tuple[int, int, str]) -> str:
    """Each edit, (offset, deleted, inserted), as an event of its own; who that was."""
    async with SharedDocument(url, document, token=token) as doc:
        for offset, deleted, inserted in edits:
            if deleted:
                doc.delete(offset, deleted)
                await doc.saved()
            for place, letter in enumerate(inserted, offset):
                doc.insert(place, letter)
                await doc.saved()
        return doc.author


async def plan(url: str, document: str = "plan") -> tuple[str, str]:
    """A document by Ann and Bo in three sessions, with two named versions; who the two are.

    Versions: 1 it is made; 2 to 39 Ann's text, a letter each; 40 a name for 39, "by Ann"; 41 to 58 Bo's line; 59 a name
    for 58, "by both"; 60 Ann deletes "nine", and 61 to 63 types "ten".
    """
    ann = await typed(url, document, ANN, (0, 0, FIRST))
    async with History(url, document, token=ANN) as history:
        await history.name("by Ann")
    bo = await typed(url, document, BO, (len(FIRST), 0, SECOND))
    async with History(url, document, token=BO) as history:
        await history.name("by both")
    await typed(url, document, ANN, (FIRST.index("nine"), 4, "ten"))
    return ann, bo


NEWEST = 63


async def history(open_page: Open, document: str = "plan", place: str = "", **options: object) -> Page:
    """The page of a document's history, with all that belongs to it."""
    page = await open_page(f"/d/{document}/history{place}", **options)
    await until_furnished(page)
    return page


async def until_furnished(page: Page) -> None:
    await expect(page.locator("#density[data-authors]")).to_be_visible()


async def until_version(page: Page, version: int) -> None:
    """Until that version is on the paper, exactly."""
    await page.wait_for_function(
        "version => { const { viewing } = window.collab; return viewing.isExact && viewing.version === version }",
        arg=version,
    )


async def text_of(page: Page) -> str:
    """What is on the paper."""
    return str(await page.evaluate("() => window.collab.paper.view.state.doc.toString()"))


def at(moment: datetime) -> str:
    """As it stands in a link."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
