"""The examples, each run for real: on real servers, and in a real headless Chromium where there is a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from websockets.exceptions import InvalidStatus

from collab.cli.serve import bind
from collab.client import SharedDocument
from collab.hub import Hub
from collab.store.memory import MemoryStore
from collab.web.pages import static_directory
from collab.web.server import Server, configure
from examples.own_login import COOKIE, application
from examples.table_of_contents import keep_contents, with_contents
from examples.task_list import Tasks
from tests.helpers import Peer, Serving, agree, eventually, within

EXAMPLES = Path(__file__).parent.parent / "examples"


@asynccontextmanager
async def running(server: uvicorn.Server, port: int = 0) -> AsyncIterator[str]:
    """A uvicorn server of an example in this event loop; gives its URL."""
    listener = bind("127.0.0.1", port)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listener])
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.shutdown([listener])


# A plain page.


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[str]:
    """Somebody's web site, on another origin than the collab server."""
    pages = [
        Mount("/static", StaticFiles(directory=static_directory())),
        Mount("/", StaticFiles(directory=EXAMPLES / "textarea", html=True)),
    ]
    async with running(uvicorn.Server(uvicorn.Config(Starlette(routes=pages), log_level="critical"))) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def collab_server(site: str) -> AsyncIterator[Serving]:
    async with Serving(origins=[site]) as serving:
        yield serving


async def guest_book(browser: Browser, site: str, serving: Serving) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{site}/?server={serving.url}")
    await expect(page.locator("#entries")).to_be_editable()
    return page


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_a_plain_field_is_edited_by_two_who_keep_their_carets(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    ann, bo = [await guest_book(browser, site, collab_server) for _ in range(2)]
    await ann.locator("#entries").focus()
    await ann.keyboard.type("Ann 😀")
    await expect(bo.locator("#entries")).to_have_value("Ann 😀")
    await bo.locator("#entries").focus()
    await bo.keyboard.press("Control+Home")
    await asyncio.gather(bo.keyboard.type("Bo. ", delay=5), ann.keyboard.type(" was here", delay=5))
    for page in (ann, bo):
        await expect(page.locator("#entries")).to_have_value("Bo. Ann 😀 was here")
    await ann.keyboard.type("!")
    await expect(bo.locator("#entries")).to_have_value("Bo. Ann 😀 was here!")
    await ann.locator("#heading").fill("Guests")
    await expect(bo.locator("#heading")).to_have_value("Guests")
    await expect(ann.locator("#state")).to_have_text("Saved")


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_undo_in_a_plain_field_takes_back_ones_own_edits_only(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    ann, bo = [await guest_book(browser, site, collab_server) for _ in range(2)]
    await ann.locator("#entries").focus()
    await ann.keyboard.type("ann")
    await expect(bo.locator("#entries")).to_have_value("ann")
    await bo.locator("#entries").focus()
    await bo.keyboard.press("Control+Home")
    await bo.keyboard.type("bo ")
    await expect(ann.locator("#entries")).to_have_value("bo ann")
    await ann.keyboard.press("Control+z")
    await expect(bo.locator("#entries")).to_have_value("bo ")
    await ann.keyboard.press("Control+y")
    await expect(bo.locator("#entries")).to_have_value("bo ann")


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_what_others_do_waits_for_an_input_method(
    browser: Browser, site: str, collab_server: Serving
) -> None:
    page = await guest_book(browser, site, collab_server)
    async with SharedDocument(collab_server.url, "guest-book-entries") as other:
        other.insert(0, "one\r\n")
        await expect(page.locator("#entries")).to_have_value("one\n")
        await page.locator("#entries").focus()
        await page.keyboard.press("Control+End")
        ime = await page.context.new_cdp_session(page)
        await ime.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
        await eventually(lambda: other.text == "one\r\nに")
        other.insert(0, "Zero, ")
        await other.saved()
        await ime.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
        await eventually(lambda: other.text == "Zero, one\r\nにほ")
        assert await page.locator("#entries").input_value() == "one\nにほ"
        await ime.send("Input.insertText", {"text": "日本"})
        await expect(page.locator("#entries")).to_have_value("Zero, one\n日本")
        await eventually(lambda: other.text == "Zero, one\r\n日本")
        assert await agree(other) == "Zero, one\r\n日本"


# A login of its own.


@asynccontextmanager
async def own_login(*, plain_asgi: bool = False) -> AsyncIterator[str]:
    hub = Hub(MemoryStore())
    app = application(hub)
    config = configure(app, host="127.0.0.1", port=0, plain_asgi=plain_asgi, log_level="critical")
    async with running(Server(config, hub)) as url:
        yield url


async def logged_in(url: str, name: str) -> str:
    """The cookie that somebody gets who logs in."""
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.post("/login", data={"name": name})
        assert answer.status_code == 303
        return f"{COOKIE}={client.cookies[COOKIE]}"


@pytest.mark.parametrize("plain_asgi", [False, True])
async def test_the_author_in_the_log_is_who_logged_in(plain_asgi: bool) -> None:
    async with own_login(plain_asgi=plain_asgi) as url:
        headers = {"Cookie": await logged_in(url, "Zoë")}
        peer = await Peer.joined(f"{url}/collab", "notes", options={"additional_headers": headers})
        assert (await peer.confirmed(await peer.edit(["Hello"])))["author"] == "Zoë"
        async with httpx.AsyncClient(base_url=f"{url}/collab", headers=headers) as client:
            assert (await client.post("/api/documents/notes/edits", json={"op": [5, "!"]})).is_success
            events = (await client.get("/api/documents/notes/events")).json()["events"]
            assert [event["author"] for event in events] == ["Zoë"] * 3
            made = await client.post("/api/documents", json={"id": "plan"})
            assert made.headers["location"] == "/collab/api/documents/plan"
            for path in ("/", "/d/plan", "/static/client/index.js"):
                assert (await client.get(path)).headers["cache-control"] == "no-cache"
        await peer.close()


@pytest.mark.parametrize("cookie", ["", "session=Bo", "session=Bo.0123", f"session=Bo.{'é' * 64}"])
async def test_who_is_not_logged_in_gets_nothing_of_collab(cookie: str) -> None:
    headers = {b"Cookie": cookie.encode()}
    async with own_login() as url, httpx.AsyncClient(headers=headers) as client:
        for path in ("/collab/", "/collab/api/documents", "/collab/static/client/index.js"):
            assert (await client.get(url + path)).headers["location"] == "/login"
        with pytest.raises(InvalidStatus, match="403"):
            await Peer.open(
                f"{url}/collab", "notes", additional_headers={"Cookie": cookie.encode().decode("latin-1")}
            )


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_the_pages_work_under_a_path_behind_a_login(browser: Browser) -> None:
    async with own_login() as url:
        page = await (await browser.new_context()).new_page()
        await page.goto(url)
        await page.get_by_label("Name").fill("Ann")
        await page.get_by_role("button").click()
        await page.get_by_placeholder("Title, if you like").fill("Plan")
        await page.get_by_role("button", name="New document").click()
        await page.click(".cm-content[contenteditable=true]")
        await page.keyboard.type("Written by Ann")
        await expect(page.locator("#status")).to_have_text("Saved")
        assert await page.evaluate("window.collab.doc.author") == "Ann"
        await page.get_by_role("link", name="Documents").click()
        await page.locator(".entry", has_text="Plan").click()
        await expect(page.locator(".cm-content")).to_have_text("Written by Ann")


# A bot.

PLAN = "# Plan 😀\n<!-- contents -->\nold\n<!-- /contents -->\n## First\n```\n# no heading\n```\n"


async def test_a_bot_keeps_the_contents_while_people_type() -> None:
    async with (
        Serving() as serving,
        SharedDocument(serving.url, "plan") as ann,
        SharedDocument(serving.url, "plan") as bot,
    ):
        ann.insert(0, PLAN)
        keeping = asyncio.create_task(keep_contents(bot))
        for letter in "## Second\nIts text.\n## First\n":
            ann.insert(len(ann.text), letter)
            await ann.saved()
        wanted = with_contents(ann.text)
        assert (
            "- [Plan 😀](#plan-)\n  - [First](#first)\n  - [Second](#second)\n  - [First](#first-1)\n"
            in wanted
        )
        await eventually(lambda: ann.text == wanted)
        assert await agree(ann, bot) == with_contents(wanted) == wanted
        assert wanted.endswith("# no heading\n```\n## Second\nIts text.\n## First\n")
        settled = bot.version
        ann.insert(len(ann.text), "No heading.")
        await agree(ann, bot)
        await bot.saved()
        assert bot.version == settled + 1  # it has nothing to say to that
        await bot.close()
        await within(keeping)


def test_a_document_without_the_two_lines_is_left_alone() -> None:
    for text in (
        "",
        "# Plan\n",
        "# Plan\n<!-- contents -->\n",
        "<!-- /contents -->\n<!-- contents -->\n# A\n",
    ):
        assert with_contents(text) == text


def test_contents_are_made_anew_each_time_and_of_nothing_that_stood_among_them() -> None:
    text = "<!-- contents -->\n# typed here by mistake\n- [Old](#old)\n<!-- /contents -->\n# New\n"
    wanted = "<!-- contents -->\n- [New](#new)\n<!-- /contents -->\n# New\n"
    assert with_contents(text) == with_contents(wanted) == wanted


# A read model of one's own.


async def test_tasks_of_all_documents_are_listed_as_they_are_typed() -> None:
    async with Serving(projections=[Tasks()]) as serving, httpx.AsyncClient(base_url=serving.url) as http:

        async def tasks(after: str, **parameters: str) -> list[tuple[str, int, bool, str]]:
            answer = await http.get("/api/projections/tasks/rows", params={"after": after, **parameters})
            return [(row["document"], row["line"], row["done"], row["task"]) for row in answer.json()["rows"]]

        for document, text in (("house", "Plants\n- [ ] water\n- [x] sow"), ("work", "* [ ] write")):
            await http.post("/api/documents", json={"id": document, "content": text})
        everything = [("house", 2, False, "water"), ("house", 3, True, "sow"), ("work", 1, False, "write")]
        assert await tasks("work:1") == everything
        assert await tasks("work:1", done="1") == everything[1:2]
        async with SharedDocument(serving.url, "house") as house:
            house.edit([10, -1, "x"])
            await house.saved()
            assert await tasks(f"house:{house.version}", done="0") == everything[2:]
