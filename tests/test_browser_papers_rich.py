"""Papers of rich text: versions to be read in the editor's own look. In a real Chromium, on a real server's files."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browsing import IN_BROWSER, Open
from tests.browsing_papers import CHANGES, rich_paper
from tests.test_pages_access import complaints

pytestmark = IN_BROWSER

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HEADING = {"attributes": {"header": 1}}
BOLD = {"attributes": {"bold": True}}
LETTER = [
    "Title",
    {"insert": "\n", **HEADING},
    "one ",
    {"insert": "two", **BOLD},
    {"insert": {"image": PIXEL}},
    " end\n",
]
RICH_LINES: list[Any] = [f"Line {number}\n" for number in range(600)]
HELD = "() => window.my.paper.view.getContents().ops"
HTML = "() => window.my.paper.view.root.innerHTML"
RICH_TOP_LINE = """() => window.my.frame().then(() => {
  const { paper } = window.my;
  return paper.view.getLine(paper.top)[0].domNode.textContent;
})"""


async def test_a_rich_paper_is_read_and_not_written(open_page: Open) -> None:
    page = await rich_paper(open_page, LETTER)
    region = page.get_by_role("region", name="The text")
    await expect(region.get_by_role("heading", name="Title")).to_be_visible()
    await expect(region.locator("strong")).to_have_text("two")
    before = await page.evaluate(HTML)
    await page.keyboard.press("Tab")
    await expect(region).to_be_focused()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("nothing")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Control+b")
    await region.locator("strong").dblclick()
    await page.keyboard.press("Delete")
    await page.keyboard.press("Tab")
    await expect(region).not_to_be_focused()
    assert await page.evaluate(HTML) == before


async def test_images_from_elsewhere_are_not_asked_for(open_page: Open) -> None:
    page = await rich_paper(open_page, [{"insert": {"image": "https://elsewhere.example/x.png"}}, "\n"])
    await expect(page.locator("img[data-address]")).to_have_count(1)


async def test_an_operation_changes_only_what_it_changes_of_a_rich_paper(open_page: Open) -> None:
    page = await rich_paper(open_page, RICH_LINES)
    offset = sum(len(line) for line in RICH_LINES[:300])
    await page.evaluate("offset => window.my.paper.top = offset", offset)
    assert await page.evaluate(RICH_TOP_LINE) == "Line 300"
    place = """() => {
      window.my.kept ??= window.my.paper.view.getLine(window.my.paper.top)[0].domNode;
      return window.my.kept.getBoundingClientRect().top;
    }"""
    before = await page.evaluate(place)
    await page.evaluate(
        """() => {
          const { paper, content, apply } = window.my;
          const operation = ["new\\n".repeat(20)];
          paper.show(apply(content, operation), operation);
        }"""
    )
    assert await page.evaluate(RICH_TOP_LINE) == "Line 300"
    assert await page.evaluate(place) == pytest.approx(before, abs=1)
    await page.evaluate("() => window.my.paper.show(window.my.content)")
    await page.evaluate("() => window.my.paper.show(['short'])")
    assert await page.evaluate(HELD) == [{"insert": "short\n"}]


async def test_a_rich_paper_has_a_last_line_where_the_document_has_none(open_page: Open) -> None:
    page = await rich_paper(open_page, ["one"])
    await page.evaluate("() => void (window.my.kept = document.querySelector('.ql-editor p'))")
    await page.evaluate("() => window.my.paper.show(['one\\ntwo\\n'], [3, '\\ntwo\\n'])")
    assert await page.evaluate(HELD) == [{"insert": "one\ntwo\n"}]
    await page.evaluate("() => window.my.paper.show(['one\\nt'], [5, -3])")
    assert await page.evaluate(HELD) == [{"insert": "one\nt\n"}]
    assert await page.evaluate("() => window.my.kept.isConnected")  # not all was shown anew


async def test_rich_changes_are_insertions_and_deletions_and_go_without_a_trace(open_page: Open) -> None:
    page = await rich_paper(open_page, LETTER)
    before = await page.evaluate(HTML)
    await page.evaluate(
        "() => window.my.paper.show(window.my.apply(window.my.content, [4, 'X', -5]), [4, 'X', -5])"
    )
    await page.evaluate("() => window.my.paper.show(window.my.content)")
    # The heading and the image are deleted, two bold letters and a plain one are inserted, and a word is formatted.
    operation = [-6, 4, {"insert": "2", **BOLD}, "!", 3, -1, 1, {"retain": 3, **BOLD}]
    parts = [
        {"kind": "deleted", "length": 6, "text": "Title\n", "credit": "ann"},
        {"kind": "kept", "length": 4},
        {"kind": "inserted", "length": 2, "text": "2!", "credit": "bo"},
    ]
    await page.evaluate(CHANGES, [operation, parts])
    await expect(page.locator("h1 > del")).to_have_text("Title")
    await expect(page.locator("h1 > del")).to_have_attribute("title", "ANN")
    await expect(page.locator(".ql-editor h1")).to_have_attribute("data-break", "deleted 0")
    await expect(page.locator("ins")).to_have_text(["2!"])  # one, although half of it is bold
    await expect(page.locator("ins > strong")).to_have_text("2")
    await expect(page.locator("ins")).to_have_attribute("title", "BO")
    await expect(page.locator("del img")).to_have_count(1)
    await expect(page.locator(".ql-formatted")).to_have_text("end")
    await expect(page.locator("h1 > del")).to_have_css("text-decoration-line", "line-through")
    tree = await page.locator("main").aria_snapshot()
    assert "deletion: Title" in tree
    assert "insertion" in tree
    await page.evaluate("() => window.my.paper.revealChange(0)")
    await expect(page.locator("[aria-current]")).to_have_count(2)  # the heading's letters, and its end
    await page.evaluate("() => window.my.paper.showChanges(null)")
    after = await page.evaluate(HTML)
    await page.evaluate("() => window.my.paper.show([])")
    await page.evaluate(
        "operation => window.my.paper.show(window.my.apply(window.my.content, operation))", operation
    )
    assert after == await page.evaluate(HTML)
    await page.evaluate("() => window.my.paper.show(window.my.content)")
    assert await page.evaluate(HTML) == before


async def test_changes_in_code_lists_and_empty_lines_are_shown(open_page: Open) -> None:
    code, item = {"attributes": {"code-block": "plain"}}, {"attributes": {"list": "bullet"}}
    content = ["let x", {"insert": "\n", **code}, "item", {"insert": "\n", **item}, "\nend\n"]
    page = await rich_paper(open_page, content)
    await page.evaluate(CHANGES, [[-3, "var", 3, -5, -1], None])
    await expect(page.locator(".ql-code-block > del")).to_have_text("let")
    await expect(page.locator(".ql-code-block > ins")).to_have_text("var")
    await expect(page.locator("li[data-break] > del")).to_have_text("item")
    await expect(page.locator("p[data-break='deleted 1']")).to_have_count(1)


async def test_formats_of_a_document_named_like_the_papers_own_are_none(open_page: Open) -> None:
    attributes = {"paper-piece": "0", "paper-break": "deleted 0"}
    page = await rich_paper(open_page, [{"insert": "text\n", "attributes": attributes}])
    await expect(page.locator("[data-break], [data-piece]")).to_have_count(0)
    await page.evaluate(CHANGES, [["new "], None])
    await expect(page.locator("ins")).to_have_text("new ")
    await page.evaluate("() => window.my.paper.showChanges(null)")
    await expect(page.locator("[data-break], [data-piece], ins")).to_have_count(0)


async def test_other_editors_of_the_page_know_nothing_of_changes(open_page: Open) -> None:
    page = await rich_paper(open_page, LETTER)
    held = await page.evaluate(
        """async () => {
          const { default: Quill } = await import("/static/vendor/quill.js");
          const quill = new Quill(document.querySelector("main").appendChild(document.createElement("div")));
          return quill.clipboard.convert({ html: "<p data-break='deleted 0'><ins data-piece='0'>new</ins></p>" }).ops;
        }"""
    )
    assert held == [{"insert": "new"}]


RICH_AUTHORS = """() => window.my.frame().then(() =>
  [...CSS.highlights.values()].flatMap(highlight => [...highlight]).map(String).filter(Boolean).sort())"""


async def test_authors_of_a_rich_paper_go_while_changes_are_shown(open_page: Open) -> None:
    page = await rich_paper(open_page, ["ann and bo\n"])
    await page.evaluate(
        """() => {
          const { paper, colorOf } = window.my;
          const runs = [["ann", 4], ["", 4], ["bo", 3]].map(([author, length]) => ({ author, length }));
          paper.showAuthors(runs, colorOf);
        }"""
    )
    assert await page.evaluate(RICH_AUTHORS) == ["ann ", "bo"]
    await page.evaluate(CHANGES, [[1, "-"], None])
    assert await page.evaluate(RICH_AUTHORS) == []
    await page.evaluate("() => window.my.paper.showChanges(null)")
    assert await page.evaluate(RICH_AUTHORS) == ["a", "bo", "nn "]
    await page.evaluate("() => window.my.paper.destroy()")
    assert await page.evaluate("() => CSS.highlights.size") == 0


async def test_a_change_of_a_rich_paper_is_scrolled_to_and_marked(open_page: Open) -> None:
    page = await rich_paper(open_page, RICH_LINES, reduced_motion="reduce")
    far = sum(len(line) for line in RICH_LINES[:500])
    await page.evaluate(CHANGES, [["first ", far, -4, "Row"], None])
    await page.evaluate("() => window.my.paper.revealChange(1)")
    await expect(page.locator("[aria-current]")).to_have_text(["Line", "Row"])
    await expect(page.locator("[aria-current]").first).to_be_in_viewport()
    await expect(page.locator("[aria-current]").first).to_have_css("outline-style", "solid")
    await page.evaluate("() => window.my.paper.reveal(0)")
    await expect(page.locator("ins").first).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_a_rich_paper(open_page: Open, scheme: str) -> None:
    letter = [
        "Title",
        {"insert": "\n", **HEADING},
        "a ",
        {"insert": "link", "attributes": {"link": "/x"}},
        " code ",
    ]
    letter += [{"insert": "let", "attributes": {"code": True}}, "\n"]
    page = await rich_paper(open_page, letter, color_scheme=scheme)
    assert await complaints(page) == []
    for operation in ([-6, "New\n", 2, -4, 6, -3], [-17], ["New "]):
        await page.evaluate(CHANGES, [operation, None])
        await page.evaluate("() => window.my.paper.revealChange(0)")
        assert await complaints(page) == []


async def test_whatever_changed_in_a_rich_text_is_merged_and_goes_again(open_page: Open) -> None:
    """Random contents and operations on them; a failure names its seed."""
    page = await rich_paper(open_page, [])
    wrong = await page.evaluate(
        """() => {
          const { paper, apply, changesOf } = window.my;
          let state = 0;
          const below = most => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return Math.floor(state / 2 ** 32 * most);
          };
          const pick = list => list[below(list.length)];
          const letters = () => pick(["one", "two ", "x", "\U0001f600"]);
          const inline = () => pick([{}, {}, { bold: true }, { italic: true }, { link: "/x" }, { code: true }]);
          const kinds = [{ header: 1 }, { list: "bullet" }, { blockquote: true }, { "code-block": "plain" }];
          const line = () => pick([{}, {}, ...kinds]);
          const insert = () => {
            const chance = below(8);
            if (chance === 0) return { insert: { image: "/static/pages/icon.svg" }, attributes: inline() };
            return chance < 4 ? { insert: "\\n", attributes: line() } : { insert: letters(), attributes: inline() };
          };
          const length = ({ insert }) => typeof insert === "string" ? insert.length : 1;
          const wrong = [];
          for (let seed = 1; seed <= 300; seed += 1) {
            state = seed;
            const parts = Array.from({ length: 1 + below(12) }, insert);
            // Only whole parts are kept or deleted, so that no pair is cut in two.
            const operation = parts.flatMap(part => {
              const steps = below(4) === 0 ? [insert()] : [];
              if (below(3) === 0) return [...steps, -length(part)];
              const bold = part.insert !== "\\n" && below(5) === 0;
              return [...steps, bold ? { retain: length(part), attributes: { bold: true } } : length(part)];
            });
            const before = apply("", parts);
            const after = apply(before, operation);
            paper.show(after);
            const held = JSON.stringify(paper.view.getContents());
            const pieces = changesOf(before, operation);
            paper.showChanges(pieces);
            const merged = paper.view.getContents().ops.map(({ insert }) => insert.image ? "\ufffc" : insert).join("");
            const wanted = pieces.flatMap(({ content }) => content)
              .map(part => typeof part === "string" ? part : part.insert.image ? "\ufffc" : part.insert).join("");
            if (merged !== wanted && merged !== wanted + "\\n") wrong.push([seed, "merged", merged, wanted]);
            const shown = tag => [...document.querySelectorAll(tag)].map(each => each.textContent).join("");
            for (const [kind, tag] of [["inserted", "ins"], ["deleted", "del"]]) {
              const text = pieces.filter(piece => piece.kind === kind).flatMap(({ content }) => content)
                .map(part => typeof part === "string" ? part : part.insert.image ? "" : part.insert).join("");
              if (shown(tag) !== text.replaceAll("\\n", "")) wrong.push([seed, kind, shown(tag), text]);
            }
            paper.showChanges(null);
            if (JSON.stringify(paper.view.getContents()) !== held) wrong.push([seed, "back"]);
          }
          return wrong;
        }"""
    )
    assert wrong == []
