"""A history of 259,778 keystrokes on its page, in Chromium: first paint, dragging the slider, playing at 100×.

The page is the real one, on a real server. Times are taken in the page, from a navigation or an event to the end of the
frame in which its effect is on the screen.
"""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.history import fill
from benchmarks.measure import show
from benchmarks.offline import FLAGS, browser_path
from collab.local_server import LocalServer

OPENINGS = 5
JUMPS = 60
DRAG_STEPS = 90
PLAYED_SECONDS = 10
KEYS = 40

WATCH = """() => {
  const { viewing } = window.collab;
  const painted = () => new Promise(resolve => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  }));
  const slider = document.querySelector("#slider");
  window.took = { state: [], exact: [], keys: [] };
  let waiting = [];
  new MutationObserver(async () => {
    const since = waiting;
    waiting = [];
    await painted();
    for (const start of since) window.took.state.push(performance.now() - start);
  }).observe(document.querySelector("#paper"), { childList: true, subtree: true, characterData: true });
  let asked = null;
  slider.addEventListener("input", () => {
    asked = performance.now();
    waiting.push(asked);
  }, true);
  viewing.addEventListener("shown", async () => {
    const start = asked;
    asked = null;
    if (start === null) return;
    await painted();
    window.took.exact.push(performance.now() - start);
  });
  addEventListener("keydown", async ({ timeStamp }) => {
    await painted();
    window.took.keys.push(performance.now() - timeStamp);
  });
}"""

JUMP = """async jumps => {
  const slider = document.querySelector("#slider");
  let seed = 7;
  for (let jump = 0; jump < jumps; jump += 1) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    slider.value = Math.floor(seed / 2147483648 * slider.max);
    const shown = new Promise(resolve => window.collab.viewing.addEventListener("shown", resolve, { once: true }));
    slider.dispatchEvent(new Event("input"));
    await shown;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}"""

FRAMES = """() => {
  let last = performance.now();
  window.frames = [];
  const frame = now => {
    window.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


def run() -> None:
    rows = asyncio.run(measured())
    show("The history of automerge-paper on its page, in Chromium", ["what", "p50", "p99", "longest"], rows)


async def measured() -> list[list[str]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        await fill(path, packed=True)
        async with LocalServer(path) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
            url = f"{server.url}/d/paper/history"
            rows = await opened(browser, url)
            page = await furnished(browser, url)
            await page.evaluate(WATCH)
            rows += await jumped(page)
            rows += await dragged(page)
            rows += await played(page)
            await browser.close()
    return rows


async def furnished(browser: Browser, url: str) -> Page:
    page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
    await page.goto(url, wait_until="commit")
    await page.locator("#density[data-authors]").wait_for()
    return page


async def opened(browser: Browser, url: str) -> list[list[str]]:
    """From the navigation, in a browser that has nothing of it yet."""
    paints, texts, wholes = [], [], []
    for _ in range(OPENINGS):
        page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
        await page.goto(url, wait_until="commit")
        await page.locator("#paper .cm-line").first.wait_for()
        texts.append(await page.evaluate("() => performance.now()"))
        await page.locator("#density[data-authors]").wait_for()
        wholes.append(await page.evaluate("() => performance.now()"))
        entries = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
        paints.append(await page.evaluate(entries))
        await page.context.close()
    return [
        row("first paint, ms", paints),
        row("text there, ms", texts),
        row("list and timeline there, ms", wholes),
    ]


async def jumped(page: Page) -> list[list[str]]:
    await page.evaluate(JUMP, JUMPS)
    took = await page.evaluate("() => window.took")
    return [row("jump anywhere: a state, ms", took["state"]), row("jump anywhere: exact, ms", took["exact"])]


async def dragged(page: Page) -> list[list[str]]:
    """With the mouse, from one end to the other and back; the exact state after the last movement."""
    await page.evaluate("() => { Object.assign(window.took, { state: [], exact: [] }) }")
    box = await page.locator("#slider").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    places = [box["x"] + 8 + (box["width"] - 16) * step / DRAG_STEPS for step in range(DRAG_STEPS + 1)]
    await page.get_by_role("slider").fill("0")
    await page.mouse.move(places[0], y)
    await page.mouse.down()
    for place in [*places, *reversed(places[:-1])]:
        await page.mouse.move(place, y)
        await asyncio.sleep(1 / 60)
    await page.mouse.up()
    await page.wait_for_function("() => window.collab.viewing.isExact")
    await asyncio.sleep(0.5)
    took = await page.evaluate("() => window.took")
    return [
        row("dragging: a state, ms", took["state"]),
        row("dragging: exact, ms", took["exact"]),
    ]


async def played(page: Page) -> list[list[str]]:
    """Events a second, frames, and keys that are pressed meanwhile: each has to be heeded."""
    await page.evaluate("() => window.collab.viewing.go(100_000)")
    await page.wait_for_function("() => window.collab.viewing.isExact")
    await page.locator("#speed").select_option("100")
    await page.evaluate(FRAMES)
    await page.locator("#play").click()
    await page.evaluate("() => { document.activeElement.blur(); window.took.keys = []; }")
    started = await page.evaluate("() => [performance.now(), window.collab.viewing.version]")
    for key in range(KEYS):
        await page.keyboard.press("[" if key % 2 == 0 else "]")
        await asyncio.sleep(PLAYED_SECONDS / KEYS)
    ended = await page.evaluate("() => [performance.now(), window.collab.viewing.version]")
    await page.wait_for_function("keys => window.took.keys.length === keys", arg=KEYS)  # none was dropped
    took: Any = await page.evaluate("() => [window.frames, window.took.keys]")
    assert await page.locator("#speed").input_value() == "100", "a key did nothing"
    # Half of the time it played at 50×: every second key made it slower, every other one faster.
    rate = (ended[1] - started[1]) / (ended[0] - started[0]) * 1000
    return [
        row("playing at 100× and 50×: a frame, ms", took[0]),
        row("playing: a key heeded, ms", took[1]),
        ["playing: events/s, of 750 due", f"{rate:,.0f}", "", ""],
    ]


def row(name: str, values: list[float]) -> list[str]:
    rank = statistics.quantiles(values, n=100, method="inclusive")
    return [name, *(f"{value:,.0f}" for value in (rank[49], rank[98], max(values)))]
