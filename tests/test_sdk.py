"""The JavaScript SDK against a real server: from Node, in a worker, and as the package for npm."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Route, async_playwright

from collab.local_server import LocalServer
from tests.browsing import FLAGS, browser_path
from tests.programs import PROJECT, run
from tests.test_browser_offline import LOCAL


@pytest.mark.parametrize("file", ["document", "history"])
async def test_a_document_and_its_past_are_read_and_changed_from_node(tmp_path: Path, file: str) -> None:
    async with LocalServer(
        tmp_path / "log.db", "--edit-burst", "5000", "--edits-per-second", "5000"
    ) as server:
        command = ("node", "--test", f"tests/js/server/{file}.test.js")
        await run(*command, env={"COLLAB_URL": server.url})


def made_to_pack() -> list[Path]:
    return [
        PROJECT / "static" / "client" / name for name in ("types", "types.json", "LICENSE", "LICENSE-idb")
    ]


async def test_the_package_for_npm_is_installed_typed_and_edits(tmp_path: Path) -> None:
    pack = ("npm", "pack", "--silent", "--pack-destination", str(tmp_path))
    package = tmp_path / (await run(*pack, cwd=PROJECT / "static" / "client")).strip()
    assert not any(left.exists() for left in made_to_pack()), "what was made for it is gone again"
    program = tmp_path / "program"
    shutil.copytree(PROJECT / "tests" / "js" / "package", program)
    (program / "package.json").write_text('{"type": "module", "private": true}')
    await run("npm", "install", "--offline", "--no-audit", "--no-fund", str(package), cwd=program)
    installed = program / "node_modules" / "collab-client"
    for file in ("README.md", "LICENSE", "LICENSE-idb", "types/index.d.ts", "vendor/idb.js"):
        assert (installed / file).is_file()
    for wanted in ("ws", "@types"):
        (program / "node_modules" / wanted).symlink_to(PROJECT / "node_modules" / wanted)
    await run("node", str(PROJECT / "node_modules" / "typescript" / "bin" / "tsc"), "-p", ".", cwd=program)
    async with LocalServer(tmp_path / "log.db") as server:
        output = await run("node", "program.js", cwd=program, env={"COLLAB_URL": server.url})
    assert output.endswith("done\n")


WORKER = """
import { connect } from "/static/client/index.js";
const doc = await connect(location.origin, { document: "notes", offline: true });
doc.insert(0, "from a worker");
await doc.whenSaved();
const { runs } = await doc.blame();
const { text } = await doc.at();
postMessage({ text, runs: runs.length, latency: (await doc.debug()).latency.count });
"""


@pytest.mark.browser
async def test_a_document_is_edited_and_its_past_read_in_a_web_worker(tmp_path: Path) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body=WORKER, content_type="text/javascript")

    async with LocalServer(tmp_path / "log.db") as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=[*FLAGS, LOCAL])
        page = await browser.new_page()
        await page.context.route("**/worker.js", answer)
        await page.goto(server.url)
        told = await page.evaluate(
            """() => new Promise((resolve, reject) => {
              const worker = new Worker("/worker.js", { type: "module" });
              worker.onmessage = ({ data }) => resolve(data);
              worker.onerror = ({ message }) => reject(new Error(message));
            })"""
        )
        assert told == {"text": "from a worker", "runs": 1, "latency": 1}
        await browser.close()


AWAY = """async () => {
  const { connect } = await import("/static/client/index.js");
  const doc = await connect(location.origin, { document: "notes" });
  const told = [];
  doc.on("status", (status) => told.push(status));
  doc.insert(0, "here ");
  await doc.whenSaved();
  const loaded = () => performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1));
  const before = loaded();
  doc.disconnect();
  doc.insert(5, "and away");
  window.dispatchEvent(new Event("online"));
  const away = doc.connection;
  doc.reconnect();
  await doc.whenSaved();
  const { text } = await doc.at();
  return { text, away, told, before, after: loaded(), latency: doc.latency };
}"""


@pytest.mark.browser
async def test_a_page_goes_offline_on_purpose_and_loads_what_is_rare_when_it_comes_back(
    tmp_path: Path,
) -> None:
    async with LocalServer(tmp_path / "log.db") as server, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=[*FLAGS, LOCAL])
        page = await browser.new_page()
        await page.goto(server.url)
        seen = await page.evaluate(AWAY)
        await browser.close()
    assert seen["text"] == "here and away"
    assert seen["away"] == "disconnected"
    assert seen["told"] == ["saving", "saved", "connecting", "unsaved", "saving", "saved"]
    assert seen["latency"] > 0
    rare = {"many.js", "missed.js", "history.js", "offline.js", "debug.js"}
    assert not rare & set(seen["before"])
    assert rare & set(seen["after"]) == {"many.js", "missed.js", "history.js"}
