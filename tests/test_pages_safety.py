"""What others write is never markup: names, titles, texts and colours, on every page, in a real Chromium."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Page, expect

from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER, RICH_EDITABLE, Open, editor, menu, until_status, until_text

pytestmark = IN_BROWSER

ATTACKS = [
    '<img src=x onerror="window.hurt=1">',
    "<script>window.hurt=1</script>",
    '"><svg onload=window.hurt=1>',
    "javascript:window.hurt=1",
    "</textarea><iframe srcdoc='<script>parent.hurt=1</script>'>",
]
ATTACK = " ".join(ATTACKS)


async def unhurt(page: Page) -> None:
    """Nothing ran, and nothing of the attack became an element."""
    assert await page.evaluate("() => window.hurt") is None
    assert await page.locator("img[src=x], svg[onload], iframe").count() == 0


async def test_pages_are_served_with_a_strict_policy(server: LocalServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        for path in ["/", "/activity", "/d/notes", "/static/pages/index.js"]:
            policy = (await http.get(path)).headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy


async def test_a_text_is_never_markup(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.evaluate("text => window.collab.doc.insert(0, text)", ATTACK)
    await until_text(bo, ATTACK)
    await until_status(ann, "Saved")
    await menu(bo, "Developer’s panel")
    await expect(bo.locator(".event").first).to_contain_text("typed “<img")
    await menu(bo, "History")
    await expect(bo.locator("#paper")).to_contain_text(ATTACKS[0])
    await bo.keyboard.press("d")
    await expect(bo.locator("ins").first).to_contain_text("<img")
    await bo.locator("#sought").fill(ATTACKS[0])
    await bo.keyboard.press("Enter")
    await expect(bo.locator("#found")).to_contain_text(ATTACKS[0])
    await unhurt(bo)


async def test_a_title_and_the_name_of_a_version_are_never_markup(open_page: Open) -> None:
    ann, bo = await editor(open_page, "notes"), await editor(open_page, "notes")
    await ann.keyboard.type("x")
    await until_status(ann, "Saved")
    attack = ATTACKS[0] + ATTACKS[1]
    await ann.evaluate("title => window.collab.doc.rename(title)", attack)
    await ann.evaluate("name => window.collab.doc.nameVersion(name, 2)", attack)
    await expect(bo.get_by_label("Title of the document")).to_have_value(attack)
    await menu(bo, "Developer’s panel")
    await expect(bo.locator(".event").first).to_contain_text("<img")
    await unhurt(bo)
    await menu(bo, "History")
    await expect(bo.locator("#heading")).to_have_text(attack)
    await expect(bo.locator("#rows")).to_contain_text(attack)
    await unhurt(bo)
    await bo.goto(bo.url.split("/d/")[0])
    await expect(bo.locator(".entry-title")).to_have_text(attack)
    await expect(bo.locator("#recent-documents li")).to_have_text(attack)
    await unhurt(bo)


@pytest.mark.parametrize("document", ["plain", "rich"])
async def test_a_name_and_a_colour_are_never_markup(
    open_page: Open, server: LocalServer, document: str
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "rich", "kind": "rich"})
    pages = [await open_page(f"/d/{document}") for _ in range(2)]
    for page in pages:
        await page.click(f"{EDITABLE}, {RICH_EDITABLE}")
    ann, bo = pages
    name = ATTACKS[0][:40]
    color = 'red;background:url("javascript:window.hurt=1")'
    await ann.evaluate(
        "([name, color]) => window.collab.doc.presence.setUser({ name, color })", [ATTACKS[0], color]
    )
    await ann.keyboard.type("x")
    await expect(bo.get_by_role("button", name=f"Follow {name}")).to_be_visible()
    await expect(bo.locator(".cm-peer-flag, .ql-peer-flag")).to_have_text(name)
    await bo.get_by_role("button", name=f"Follow {name}").click()
    await expect(bo.locator("#following")).to_contain_text(name)
    await menu(bo, "Authors’ colours")
    await menu(bo, "Developer’s panel")
    await expect(bo.locator(".event").first).to_contain_text(name)
    await unhurt(bo)


async def test_links_and_pictures_of_others_do_nothing_but_what_they_are(
    open_page: Open, server: LocalServer
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post("/api/documents", json={"id": "rich", "kind": "rich"})
    pages = [await open_page("/d/rich") for _ in range(2)]
    for page in pages:
        await page.click(RICH_EDITABLE)
    ann, bo = pages
    await ann.evaluate(
        """() => window.collab.doc.edit([
          { insert: "click me", attributes: { link: "javascript:window.hurt=1", onclick: "window.hurt=1" } },
          { insert: { image: "x" }, attributes: { onerror: "window.hurt=1", alt: "picture" } },
          { insert: { image: "javascript:window.hurt=1" } },
          { insert: { video: "javascript:window.hurt=1" } },
          { insert: { formula: "<img src=x onerror=window.hurt=1>" } },
          "\\n",
        ])"""
    )
    await bo.wait_for_function("() => window.collab.doc.text.startsWith('click me')")
    await expect(bo.locator(".ql-editor")).to_contain_text("click me")
    for link in await bo.locator(".ql-editor a").all():
        assert not (await link.get_attribute("href") or "").startswith("javascript:")
    await bo.locator(".ql-editor").get_by_text("click me").click()
    assert await bo.evaluate("() => document.querySelectorAll('[onerror], [onclick], iframe').length") == 0
    assert await bo.evaluate("() => window.hurt") is None
