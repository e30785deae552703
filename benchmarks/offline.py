"""Ten thousand keystrokes made without a network meet ten thousand edits of others, in Chromium and in Node.

A client of the browser's kind goes offline (`doc.disconnect()`), types letter by letter, and comes back to a real
server whose log has grown by what others wrote meanwhile. Measured is the time from `doc.reconnect()` until all its
edits are in the log and both texts are equal; and before that what a keystroke costs, and how long after the last one
all is kept in IndexedDB.

*Slowly* typed, each letter is an edit of its own, for a pause ends a step of undo; *quickly* typed, a run is one edit
from the start. What is scattered are no runs: with the limits that a server has by default it takes the time for which
they ask, some 100 s, and isn't run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Route, async_playwright

from benchmarks.measure import show
from benchmarks.merges import Case, cases
from benchmarks.returning import UNLIMITED, apart
from collab.client import SharedDocument
from collab.local_server import LocalServer

CHOSEN = ("typing, 10,000 × 10,000", "scattered, 10,000 × 10,000")
ROUNDS = 3
OTHERS = 800
"""Edits that each of the others makes, no more than a server takes of one at once."""

# What is answered by a program counts as come from elsewhere, which may not speak to this machine.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks")

Said = dict[str, Any]
Ask = Callable[[str, object], Awaitable[Said]]


@asynccontextmanager
async def node(url: str, kept: bool) -> AsyncIterator[Ask]:
    """A client in a Node process, which is told what to do line by line (see ``offline.mjs``)."""
    process = await asyncio.create_subprocess_exec(
        *("node", str(Path(__file__).with_suffix(".mjs")), url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    async def ask(what: str, given: object) -> Said:
        stdin.write(json.dumps([what, given]).encode() + b"\n")
        said: Said = json.loads(await stdout.readline())
        return said

    assert await stdout.readline() == b"{}\n"
    yield ask
    process.terminate()
    await process.wait()


CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
"""The first that is there is measured: what people have before what draws nothing, which is quicker."""


def browser_path() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@asynccontextmanager
async def chromium(url: str, kept: bool) -> AsyncIterator[Ask]:
    """A client in a page of a headless Chromium."""

    async def answer(route: Route) -> None:
        source = Path(__file__).with_name("offline_client.mjs").read_text()
        await route.fulfill(body=source, content_type="text/javascript")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        page = await browser.new_page()
        await page.route("**/offline_client.mjs", answer)
        await page.goto(url)
        await page.evaluate(
            """async (kept) => {
              const { connect } = await import(`${location.origin}/static/client/index.js`);
              const { client } = await import(`${location.origin}/offline_client.mjs`);
              window.client = client(await connect(location.origin, { document: "text", offline: kept }), kept);
            }""",
            kept,
        )

        async def ask(what: str, given: object) -> Said:
            said: Said = await page.evaluate("([what, given]) => window.client[what](given)", [what, given])
            return said

        yield ask
        await browser.close()


Client = Callable[[str, bool], AbstractAsyncContextManager[Ask]]
CLIENTS: list[tuple[Client, bool]] = [(node, False), (chromium, False), (chromium, True)]
"""And whether what is typed is kept in IndexedDB meanwhile."""


def run() -> None:
    there: dict[Client, str | None] = {node: shutil.which("node"), chromium: browser_path()}
    rows = []
    for case in cases():
        if case.name not in CHOSEN:
            continue
        scattered = case.name.startswith("scattered")
        for limits in [UNLIMITED] if scattered else [UNLIMITED, ()]:
            for slowly in [True] if scattered else [False, True]:
                for client, kept in [(client, kept) for client, kept in CLIENTS if there[client]]:
                    rounds = [
                        asyncio.run(measured(case, client, limits, slowly, kept)) for _ in range(ROUNDS)
                    ]
                    what = [case.name.partition(",")[0], client.__name__, "kept" if kept else ""]
                    what += ["none" if limits else "default", "slowly" if slowly else "quickly"]
                    rows.append([*what, *figures(case, rounds, kept)])
    columns = ["case", "client", "", "limits", "typed", "µs a letter", "longest, ms", "kept after, ms"]
    columns += ["pending", "sent", "to equal and saved, ms"]
    show("10,000 keystrokes offline, 10,000 edits of others", columns, rows)


def figures(case: Case, rounds: list[Said], kept: bool) -> list[str]:
    times = sorted(said["milliseconds"] for said in rounds)
    typing = min(said["typing"] for said in rounds) / len(case.mine)
    return [
        f"{typing * 1000:,.0f}",
        f"{min(said['longest'] for said in rounds):,.1f}",
        f"{min(said['keeping'] for said in rounds):,.0f}" if kept else "–",
        f"{rounds[0]['pending']:,}",
        f"{rounds[0]['sent']:,}",
        f"{times[len(times) // 2]:,.0f} ({times[0]:,.0f}–{times[-1]:,.0f})",
    ]


async def measured(case: Case, client: Client, limits: tuple[str, ...], slowly: bool, kept: bool) -> Said:
    with TemporaryDirectory() as folder:
        async with LocalServer(Path(folder) / "collab.db", *limits) as server:
            with apart(server.pid) if client is node else contextlib.nullcontext():
                async with SharedDocument(server.url, "text") as writer:
                    writer.insert(0, case.base)
                    await writer.saved()
                async with client(server.url, kept) as ask:
                    typed = await ask("type", {"ops": case.mine, "slowly": slowly})
                    await write(server.url, case)
                    returned = await ask("reconnect", None)
                async with SharedDocument(server.url, "text") as reader:
                    await reader.reached(returned["version"])
                    assert reader.text == returned["text"]
    return {**typed, **returned}


async def write(url: str, case: Case) -> None:
    """What the others do, one after the other."""
    for start in range(0, len(case.theirs), OTHERS):
        async with SharedDocument(url, "text", coalesce=False) as writer:
            for number, op in enumerate(case.theirs[start : start + OTHERS]):
                writer.edit(op)
                if number % 64 == 0:
                    await asyncio.sleep(0)
            await writer.saved()
