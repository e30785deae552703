"""What tests of rich documents share: what Quill shows, what the server holds, and what to wait for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from playwright.async_api import Page, expect

from collab.local_server import LocalServer

EDITOR = ".ql-editor[contenteditable=true]"

Open = Callable[..., Awaitable[Page]]


async def open_rich(page: Page, server: LocalServer, document: str) -> None:
    """The page of a rich document, which is made if there is none."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.post("/api/documents", json={"id": document, "kind": "rich"})
        assert answer.status_code in (201, 409), answer.text
    await page.goto(f"{server.url}/d/{document}")
    await page.wait_for_selector(".ql-editor")


async def shown(page: Page) -> list[dict[str, Any]]:
    """What Quill holds."""
    ops: list[dict[str, Any]] = json.loads(
        await page.evaluate("() => JSON.stringify(window.collab.view.getContents().ops)")
    )
    return ops


async def quill(page: Page, call: str, *arguments: object) -> None:
    """As a button or a key of Quill's would do it."""
    await page.evaluate(
        "([call, list]) => void window.collab.view[call](...list)", [call, [*arguments, "user"]]
    )


async def stored(server: LocalServer, document: str = "rich") -> list[Any]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        content = (await client.get(f"/api/documents/{document}")).json()["content"]
    return [content] if isinstance(content, str) and content else content or []


async def until_equal(server: LocalServer, *pages: Page) -> list[dict[str, Any]]:
    """Wait until all is saved and seen by all, and return what every Quill shows, and the server has."""
    for page in pages:
        await expect(page.locator("#status")).to_have_text("Saved")
    version = max([await page.evaluate("() => window.collab.doc.version") for page in pages])
    for page in pages:
        await page.wait_for_function("version => window.collab.doc.version >= version", arg=version)
    first, *others = [await shown(page) for page in pages]
    for other in others:
        assert other == first
    content = as_delta(await stored(server))
    if not (content and str(content[-1]["insert"]).endswith("\n")):
        content = as_delta([*content, "\n"])  # Quill's own
    assert first == content
    return first


def as_delta(content: list[Any]) -> list[dict[str, Any]]:
    """Inserts as Quill writes them, neighbours merged."""
    delta: list[dict[str, Any]] = []
    for each in content:
        step = {"insert": each} if isinstance(each, str) else dict(each)
        last = delta[-1] if delta else None
        texts = last is not None and isinstance(step["insert"], str) and isinstance(last["insert"], str)
        if last is not None and texts and step.get("attributes") == last.get("attributes"):
            last["insert"] += step["insert"]
        else:
            delta.append(step)
    return delta


async def until_text(page: Page, text: str) -> None:
    await page.wait_for_function("text => window.collab.view.getText() === text", arg=text)
