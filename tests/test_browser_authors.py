"""Authors' colours in CodeMirror and Quill: windows of a real headless Chromium on a real server process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from collab.client import SharedDocument
from collab.local_server import LocalServer
from tests.browsing import EDITABLE, IN_BROWSER
from tests.browsing import editor as plain_editor
from tests.browsing import until_text as until_plain
from tests.browsing_rich import Open, quill, until_text

pytestmark = IN_BROWSER

RED, BLUE = "#d72f4b", "#2773ca"

# The page's own modules, which are others than those of the same files at another address.
OWN = """names => Promise.all(names.map(name =>
  import(new URL(`../${name}.js`, document.querySelector("script[type=module]").src))))"""
NAMES = '["vendor/codemirror", "editors/cm-authorship"]'

ON_IN_CODEMIRROR = f"""async ([red, blue]) => {{
  const [{{ Compartment, StateEffect }}, {{ authorColors }}] = await ({OWN})({NAMES});
  const {{ doc, view }} = window.collab;
  window.colours = new Compartment();
  const extension = authorColors(doc, author => author === doc.author ? red : blue);
  view.dispatch({{ effects: StateEffect.appendConfig.of(window.colours.of(extension)) }});
}}"""
OFF_IN_CODEMIRROR = "() => window.collab.view.dispatch({ effects: window.colours.reconfigure([]) })"

# What is coloured on the screen, in order, and how.
IN_CODEMIRROR = """() => Array.from(document.querySelectorAll(".cm-author"), each =>
  [each.textContent, each.style.getPropertyValue("--peer"), each.title])"""

ON_IN_QUILL = """([red, blue]) => {
  const { doc, editor } = window.collab;
  editor.showAuthors(author => author === doc.author ? red : blue);
}"""
IN_QUILL = """() => {
  const rules = document.adoptedStyleSheets.flatMap(sheet => [...sheet.cssRules]);
  const found = [...CSS.highlights].flatMap(([name, highlight]) => [...highlight].map(range => [range, name]));
  found.sort(([a], [b]) => a.compareBoundaryPoints(Range.START_TO_START, b));
  return found.filter(([range]) => range.toString()).map(([range, name]) => {
    const rule = rules.find(({ selectorText }) => selectorText === `::highlight(${name})`);
    return [range.toString(), rule.style.backgroundColor.match(/rgb\\([^)]*\\)|#[0-9a-f]{6}/)[0]];
  });
}"""
QUILL_COLOURS = {"rgb(215, 47, 75)": RED, "rgb(39, 115, 202)": BLUE, RED: RED, BLUE: BLUE}


async def author(page: Page) -> str:
    return str(await page.evaluate("() => window.collab.doc.author"))


async def until_coloured(page: Page, read: str, wanted: list[Any]) -> None:
    """Fails with what there is instead."""
    try:
        await page.wait_for_function(
            f"wanted => JSON.stringify(({read})()) === JSON.stringify(wanted)", arg=wanted, timeout=5000
        )
    except Exception:
        assert await page.evaluate(read) == wanted
        raise


async def test_codemirror_shows_whose_each_part_is_and_keeps_it_up(open_page: Open) -> None:
    ann, bo = await plain_editor(open_page, "notes"), await plain_editor(open_page, "notes")
    a, b = await author(ann), await author(bo)
    await ann.keyboard.type("ann here")
    await until_plain(bo, "ann here")
    await bo.keyboard.press("Control+End")
    await bo.keyboard.type(" bo")
    await until_plain(ann, "ann here bo")
    await ann.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
    await until_coloured(ann, IN_CODEMIRROR, [["ann here", RED, a], [" bo", BLUE, b]])
    await bo.evaluate("() => window.collab.doc.insert(3, '-')")
    await bo.evaluate("() => window.collab.doc.delete(9, 1)")
    await ann.keyboard.press("Home")
    await ann.keyboard.type(">")
    await until_coloured(
        ann, IN_CODEMIRROR, [[">ann", RED, a], ["-", BLUE, b], [" here", RED, a], ["bo", BLUE, b]]
    )
    await ann.evaluate(OFF_IN_CODEMIRROR)
    assert await ann.evaluate(IN_CODEMIRROR) == []
    await bo.keyboard.type("!")
    await until_plain(ann, ">ann- herebo!")
    assert await ann.evaluate(IN_CODEMIRROR) == []


class Gate:
    """Stands in the page's socket: keeps what the page sends, or joins what two frames of events say."""

    def __init__(self) -> None:
        self.shut = False
        self.joining = False
        self._events: list[Any] = []

    def stand_in(self, route: WebSocketRoute) -> None:
        there = route.connect_to_server()
        route.on_message(lambda message: None if self.shut else there.send(message))
        there.on_message(lambda message: self._pass_on(route, message))

    def _pass_on(self, route: WebSocketRoute, message: str | bytes) -> None:
        told = json.loads(message) if self.joining and isinstance(message, str) else {}
        if told.get("type") != "events":
            return route.send(message)
        self._events += told["events"]
        if len(self._events) < 2:
            return None
        self.joining = False
        return route.send(json.dumps({**told, "events": self._events}))


async def gated(browser: Browser, server: LocalServer) -> tuple[Page, Gate]:
    page = await (await browser.new_context()).new_page()
    gate = Gate()
    await page.route_web_socket("**/ws/**", gate.stand_in)
    await page.goto(f"{server.url}/d/notes")
    await page.click(EDITABLE)
    return page, gate


async def test_own_edits_that_are_not_saved_are_ones_own(browser: Browser, server: LocalServer) -> None:
    page, gate = await gated(browser, server)
    await page.keyboard.type("saved")
    await expect(page.locator("#status")).to_have_text("Saved")
    me = await author(page)
    gate.shut = True
    await page.keyboard.type(" and not")
    await page.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
    await until_coloured(page, IN_CODEMIRROR, [["saved and not", RED, me]])
    await page.keyboard.type("!")
    await until_coloured(page, IN_CODEMIRROR, [["saved and not!", RED, me]])
    assert await page.evaluate("() => window.collab.doc.pending") > 0


async def test_two_others_whose_edits_come_at_once_are_told_apart(
    browser: Browser, server: LocalServer
) -> None:
    page, gate = await gated(browser, server)
    async with (
        SharedDocument(server.url, "notes") as first,
        SharedDocument(server.url, "notes") as second,
    ):
        first.insert(0, "one")
        await first.saved()
        await until_plain(page, "one")
        await page.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
        await until_coloured(page, IN_CODEMIRROR, [["one", BLUE, first.author]])
        gate.joining = True
        first.insert(3, "two")
        await first.saved()
        second.insert(0, "zero")
        await second.saved()
        await until_plain(page, "zeroonetwo")
        wanted = [["zero", BLUE, second.author], ["onetwo", BLUE, first.author]]
        await until_coloured(page, IN_CODEMIRROR, wanted)


async def test_what_is_done_while_the_server_is_asked_is_taken_in(open_page: Open) -> None:
    ann, bo = await plain_editor(open_page, "notes"), await plain_editor(open_page, "notes")
    await ann.keyboard.type("ann")
    await until_plain(bo, "ann")
    asked: list[str] = []
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        asked.append(route.request.url)
        answer = await route.fetch()
        await released.wait()
        await route.fulfill(response=answer)

    await ann.route("**/blame*", hold)
    await ann.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
    await ann.keyboard.type("!")
    await bo.evaluate("() => window.collab.doc.insert(0, 'bo ')")
    await until_plain(ann, "bo ann!")
    assert await ann.evaluate(IN_CODEMIRROR) == []
    released.set()
    await until_coloured(
        ann, IN_CODEMIRROR, [["bo ", BLUE, await author(bo)], ["ann!", RED, await author(ann)]]
    )
    assert len(asked) == 1


async def test_colours_that_could_not_be_had_come_with_the_connection(open_page: Open) -> None:
    page = await plain_editor(open_page, "notes")
    await page.keyboard.type("saved")
    await expect(page.locator("#status")).to_have_text("Saved")
    await page.evaluate(f"() => ({OWN})({NAMES})")
    await page.context.set_offline(True)
    await page.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
    await page.wait_for_function("() => window.collab.doc.connection !== 'connected'")
    assert await page.evaluate(IN_CODEMIRROR) == []
    await page.context.set_offline(False)
    await until_coloured(page, IN_CODEMIRROR, [["saved", RED, await author(page)]])


async def test_a_long_document_is_marked_where_it_is_seen(open_page: Open, server: LocalServer) -> None:
    async with SharedDocument(server.url, "long") as other:
        other.insert(0, "A line of some length that is one of very many.\n" * 100_000)
        await other.saved()
        page = await plain_editor(open_page, "long")
        await page.evaluate(ON_IN_CODEMIRROR, [RED, BLUE])
        await expect(page.locator(".cm-author").first).to_be_visible()
        assert await page.locator(".cm-author").count() < 1_000
        await page.keyboard.press("Control+End")
        await page.keyboard.type("mine")
        await page.wait_for_function(f"() => ({IN_CODEMIRROR})().at(-1)[0] === 'mine'")


async def quill_colours(page: Page, wanted: list[list[str]]) -> None:
    """Neighbours of one colour count as one: Quill's elements may part them."""
    await page.wait_for_function(
        """([read, wanted, names]) => {
          const found = [];
          for (const [text, colour] of (0, eval)(read)()) {
            if (found.at(-1)?.[1] === names[colour]) found.at(-1)[0] += text;
            else found.push([text, names[colour]]);
          }
          return JSON.stringify(found) === JSON.stringify(wanted);
        }""".replace("(0, eval)(read)()", f"({IN_QUILL})()"),
        arg=[None, wanted, QUILL_COLOURS],
        timeout=8000,
    )


async def test_quill_shows_whose_each_part_is_and_nothing_of_it_gets_into_the_text(rich: Open) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("ann here")
    await until_text(bo, "ann here\n")
    await quill(bo, "insertText", 8, " bo", "bold", True)
    await until_text(ann, "ann here bo\n")
    html = await ann.locator(".ql-editor").inner_html()
    await ann.evaluate(ON_IN_QUILL, [RED, BLUE])
    await quill_colours(ann, [["ann here", RED], [" bo", BLUE]])
    assert await ann.locator(".ql-editor").inner_html() == html
    await quill(bo, "insertText", 3, "-", "bold", False)
    await ann.keyboard.press("Home")
    await ann.keyboard.type(">")
    await quill_colours(ann, [[">ann", RED], ["-", BLUE], [" here", RED], [" bo", BLUE]])
    await ann.hover(".ql-editor strong")
    await expect(ann.locator(".ql-editor")).to_have_attribute("title", await author(bo))
    await ann.evaluate("() => window.collab.editor.showAuthors(null)")
    assert await ann.evaluate(IN_QUILL) == []
    assert await ann.evaluate("() => CSS.highlights.size") == 0
    assert await ann.locator(".ql-editor").get_attribute("title") is None
    await bo.keyboard.type("!")
    await until_text(ann, await bo.evaluate("() => window.collab.view.getText()"))
    assert await ann.evaluate("() => CSS.highlights.size") == 0


async def test_quill_colours_what_is_scrolled_to(rich: Open) -> None:
    page = await rich()
    await page.evaluate("() => window.collab.doc.insert(0, 'a line\\n'.repeat(2000))")
    await until_text(page, "a line\n" * 2000)
    await expect(page.locator("#status")).to_have_text("Saved")
    await page.evaluate(ON_IN_QUILL, [RED, BLUE])
    await page.wait_for_function(f"() => ({IN_QUILL})().length > 0")
    length = await page.evaluate(f"() => ({IN_QUILL})().map(([text]) => text).join('').length")
    assert length < 1000
    await page.evaluate("() => window.collab.editor.reveal(7 * 1500)")
    await page.wait_for_function(
        """() => [...CSS.highlights.values()].some(highlight => [...highlight].some(range => {
          const lines = [...document.querySelectorAll(".ql-editor p")];
          return range.intersectsNode(lines[1500]) && !range.intersectsNode(lines[1400]);
        }))"""
    )
