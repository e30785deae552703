"""Papers of plain text: versions to be read in the editor's own look. In a real Chromium, on a real server's files."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browsing import IN_BROWSER, Open
from tests.browsing_papers import CHANGES, plain_paper
from tests.test_pages_access import complaints

pytestmark = IN_BROWSER

RED, BLUE = "#d72f4b", "#2773ca"

LINES = "\n".join(f"Line {number}" for number in range(2000))

SCROLLED = "() => window.my.frame().then(() => window.my.paper.view.scrollDOM.scrollTop || scrollY)"
TOP_LINE = """() => window.my.frame().then(() => {
  const { paper: { view, top } } = window.my;
  return view.state.doc.lineAt(top).text;
})"""


async def test_a_plain_paper_is_read_and_not_written(open_page: Open) -> None:
    page = await plain_paper(open_page, "one\r\ntwo\nthree")
    region = page.get_by_role("region", name="The text")
    await expect(region.locator(".cm-line")).to_have_text(["one", "two", "three"])
    await page.keyboard.press("Tab")
    await expect(region).to_be_focused()
    await page.keyboard.type("nothing")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Control+a")
    copied = await page.evaluate(
        """() => new Promise(resolve => {
          addEventListener("copy", ({ clipboardData }) => resolve(clipboardData.getData("text/plain")));
          document.execCommand("copy");
        })"""
    )
    assert copied == "one\r\ntwo\nthree"


@pytest.mark.parametrize("scroller", [False, True], ids=["window", "frame"])
async def test_an_operation_above_leaves_what_is_read_in_its_place(open_page: Open, scroller: bool) -> None:
    page = await plain_paper(open_page, LINES, scroller=scroller)
    await page.evaluate("() => window.my.paper.top = window.my.content.indexOf('Line 700')")
    assert await page.evaluate(TOP_LINE) == "Line 700"
    await page.evaluate(
        """() => {
          const { paper, content } = window.my;
          window.my.kept = [...document.querySelectorAll(".cm-line")].find(line => line.textContent === "Line 705");
          paper.show("new\\n".repeat(20) + content, ["new\\n".repeat(20)]);
        }"""
    )
    assert await page.evaluate(TOP_LINE) == "Line 700"
    assert await page.evaluate("() => window.my.kept.isConnected")


@pytest.mark.parametrize("scroller", [False, True], ids=["window", "frame"])
async def test_another_text_is_shown_where_the_one_before_was_left(open_page: Open, scroller: bool) -> None:
    page = await plain_paper(open_page, LINES, scroller=scroller)
    await page.evaluate("() => window.my.paper.top = window.my.content.indexOf('Line 700')")
    before = await page.evaluate(SCROLLED)
    for text in [LINES.replace("Line 1999", "end"), LINES.upper(), LINES]:
        await page.evaluate("text => window.my.paper.show(text)", text)
        assert (await page.evaluate(TOP_LINE)).lower() == "line 700"
    assert await page.evaluate(SCROLLED) == pytest.approx(before, abs=2)
    await page.evaluate("() => window.my.paper.show('short')")
    assert await page.evaluate(TOP_LINE) == "short"


async def test_authors_keep_their_text_under_an_operation(open_page: Open) -> None:
    page = await plain_paper(open_page, "ann and bo")
    await page.evaluate(
        """() => {
          const { paper, colorOf } = window.my;
          const runs = [["ann", 4], ["", 4], ["bo", 2]].map(([author, length]) => ({ author, length }));
          paper.showAuthors(runs, colorOf);
          paper.show("ann, and bo", [3, ","]);
        }"""
    )
    read = """() => Array.from(document.querySelectorAll(".cm-author"), each =>
      [each.textContent, each.style.getPropertyValue("--peer"), each.title])"""
    assert await page.evaluate(read) == [["ann", RED, "ANN"], [" ", RED, "ANN"], ["bo", BLUE, "BO"]]
    await page.evaluate("() => window.my.paper.showAuthors(null)")
    assert await page.evaluate(read) == []


async def test_changes_are_insertions_and_deletions_with_their_authors(open_page: Open) -> None:
    page = await plain_paper(open_page, "one two\nthree")
    parts = [
        {"kind": "kept", "length": 4},
        {"kind": "deleted", "length": 4, "text": "two\n", "credit": "ann"},
        {"kind": "inserted", "length": 2, "text": "2 ", "credit": "bo"},
        {"kind": "kept", "length": 5},
    ]
    await page.evaluate(CHANGES, [[4, -4, "2 "], parts])
    deleted, inserted = page.locator("del"), page.locator("ins")
    await expect(deleted).to_have_text("two")
    await expect(deleted).to_have_attribute("title", "ANN")
    await expect(inserted).to_have_text("2 ")
    await expect(inserted).to_have_attribute("title", "BO")
    await expect(page.locator("del .cm-break")).to_have_count(1)  # the line break, which has no text
    await expect(deleted).to_have_css("text-decoration-line", "line-through")
    await expect(inserted).to_have_css("text-decoration-line", "underline")
    tree = await page.locator("main").aria_snapshot()
    assert "deletion" in tree
    assert 'insertion: "2"' in tree
    await page.evaluate("() => window.my.paper.showChanges(null)")
    await expect(page.locator(".cm-line")).to_have_text(["one 2 three"])
    await expect(page.locator("ins, del")).to_have_count(0)


async def test_an_empty_line_that_came_or_went_is_seen(open_page: Open) -> None:
    page = await plain_paper(open_page, "one\n\ntwo")
    await page.evaluate(CHANGES, [[4, -1, 3, "\n"], None])
    await expect(page.locator(".cm-line")).to_have_count(4)
    await expect(page.locator(".cm-line:nth-child(2) > del > .cm-break")).to_be_visible()
    await expect(page.locator(".cm-line:nth-child(3) > ins > .cm-break")).to_be_visible()


async def test_pieces_of_another_text_are_refused_and_nothing_changes(open_page: Open) -> None:
    page = await plain_paper(open_page, "text")
    error = await page.evaluate(
        """() => {
          const { paper, changesOf } = window.my;
          try { paper.showChanges(changesOf("another text", [-1])); } catch (error) { return String(error); }
        }"""
    )
    assert error == "RangeError: the pieces lead to 11 units, and 4 are shown"
    await expect(page.locator(".cm-line")).to_have_text("text")


@pytest.mark.parametrize("scroller", [False, True], ids=["window", "frame"])
async def test_a_change_is_scrolled_to_and_marked(open_page: Open, scroller: bool) -> None:
    page = await plain_paper(open_page, LINES, scroller=scroller)
    far = LINES.index("Line 1500")
    await page.evaluate(CHANGES, [["first\n", far, -4, "Row"], None])
    await page.evaluate("() => window.my.paper.revealChange(1)")
    current = page.locator("[aria-current]")
    await expect(current).to_have_text(["Line", "Row"])
    await expect(current.first).to_have_css("outline-style", "solid")
    await expect(current.first).to_be_in_viewport()
    await page.evaluate("() => window.my.paper.revealChange(0)")
    await expect(page.locator("[aria-current]")).to_have_text(["first"])
    await expect(current.first).to_be_in_viewport()
    await page.evaluate("() => window.my.paper.reveal(window.my.content.indexOf('Line 999'))")
    await expect(page.get_by_text("Line 999")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_a_plain_paper(open_page: Open, scheme: str) -> None:
    page = await plain_paper(open_page, "one two\nthree", color_scheme=scheme)
    await page.evaluate(
        "() => window.my.paper.showAuthors([{ length: 13, author: 'ann' }], window.my.colorOf)"
    )
    assert await complaints(page) == []
    await page.evaluate(CHANGES, [[4, -4, "2 and more "], None])  # single letters are not judged
    await page.evaluate("() => window.my.paper.revealChange(0)")
    assert await complaints(page) == []


async def test_a_large_text_takes_a_small_operation_whole_and_quickly(open_page: Open) -> None:
    """Its figures are printed, not judged: see what they are with ``-s``."""
    page = await plain_paper(open_page, "")
    figures = await page.evaluate(
        """async () => {
          const { paper, frame } = window.my;
          const text = "A line of some forty letters, as they are.\\n".repeat(120_000);
          const timed = async (act) => {
            const times = [];
            for (let turn = 0; turn < 9; turn += 1) {
              const start = performance.now();
              act(turn);
              times.push(performance.now() - start);
              await frame();
            }
            return times.sort((a, b) => a - b)[4];
          };
          const { changesOf, apply } = window.my;
          paper.show(text);
          let now = text;
          const operation = await timed(turn => {
            const op = [2_000_000, String(turn)];
            now = apply(now, op);
            paper.show(now, op);
          });
          const pieces = changesOf(text, [2_000_000, "012345678", -500]);
          paper.show(apply(text, [2_000_000, "012345678", -500]));
          const changes = await timed(turn => paper.showChanges(turn % 2 ? null : pieces));
          const hundred = text.slice(0, 100_000);
          paper.show(hundred);
          const whole = await timed(turn => paper.show(turn % 2 ? hundred : hundred.toUpperCase()));
          return { units: text.length, operation, changes, whole, shown: paper.view.state.doc.length };
        }"""
    )
    print(figures)
    assert figures["units"] > 5_000_000
    assert figures["shown"] == 100_000
