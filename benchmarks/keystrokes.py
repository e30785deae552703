"""Typing into a large document, in Chromium: when the page is there, and from a key to its letter on the screen.

The page is the real one, on a real server, and somebody else types too. A letter is on the screen in the frame after
its `keydown`: given is the time from the event to the end of that frame, some 8 ms of which are the wait for it.
"""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.async_api import Page, async_playwright

from benchmarks.measure import show
from benchmarks.offline import FLAGS, browser_path
from collab.client import SharedDocument
from collab.local_server import LocalServer

CASES = [
    *(("text", size, authors) for size in (5_000, 5_000_000) for authors in (False, True)),
    *(("rich", size, False) for size in (5_000, 200_000)),
]
LETTERS = 150
LETTER_SECONDS = 0.06
OTHERS_SECONDS = 0.2

WATCH = """() => {
  window.took = [];
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.took.push(performance.now() - timeStamp);
    port2.postMessage(null);
  }), true);
}"""


def run() -> None:
    rows = [asyncio.run(measured(*case)) for case in CASES]
    columns = ["kind", "size", "authors", "page there, ms", "a letter p50, ms", "p99", "longest"]
    show("Typing into a document while somebody else does, in Chromium", columns, rows)


async def measured(kind: str, size: int, authors: bool) -> list[str]:
    with TemporaryDirectory() as folder:
        async with LocalServer(Path(folder) / "log.db") as server, async_playwright() as playwright:
            line = "The quick brown fox jumps over the lazy dog, and then it does so again.\n"
            content = (line * (size // len(line) + 1))[:size]
            async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60) as http:
                await http.post("/api/documents", json={"id": "large", "kind": kind, "content": content})
            browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            page = await browser.new_page()
            there = await opened(page, f"{server.url}/d/large")
            if authors:
                await page.evaluate("() => document.getElementById('show-authors').click()")
                await page.wait_for_selector(".cm-author")
            async with SharedDocument(server.url, "large") as other:
                took = await typed(page, other)
            await browser.close()
    rank = statistics.quantiles(took, n=100)
    return [
        kind,
        f"{size:,}",
        "shown" if authors else "–",
        f"{there:,.0f}",
        *(f"{value:,.1f}" for value in (rank[49], rank[98], max(took))),
    ]


async def opened(page: Page, url: str) -> float:
    """Milliseconds from the navigation until one can type."""
    await page.goto(url, wait_until="commit")
    await page.wait_for_selector("[contenteditable=true]", timeout=120_000)
    there: float = await page.evaluate("() => performance.now()")
    await page.wait_for_function("() => window.collab.editor !== null")
    await page.evaluate("() => window.collab.editor.focus()")
    return there


async def typed(page: Page, other: SharedDocument) -> list[float]:
    """Milliseconds for each letter."""

    async def others() -> None:
        while True:
            other.insert(0, "x")
            await asyncio.sleep(OTHERS_SECONDS)

    await page.evaluate(WATCH)
    typing = asyncio.create_task(others())
    for number in range(LETTERS):
        await page.keyboard.press("abcdefghij"[number % 10])
        await asyncio.sleep(LETTER_SECONDS)
    typing.cancel()
    await page.wait_for_function("count => window.took.length === count", arg=LETTERS)
    took: Any = await page.evaluate("() => window.took")
    return list(took)
