"""Papers: versions to be read in the editors' own look. In a real Chromium, on a real server's files."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browsing import Open
from tests.test_pages_access import complaints

pytestmark = pytest.mark.browser

RED, BLUE = "#d72f4b", "#2773ca"

LINES = "\n".join(f"Line {number}" for number in range(2000))

# A page of which only its styles are left, and a paper. What scrolls is the window, as around the live editor.
OPEN = """async ({ kind, scroller, content }) => {
  const styles = ["document"];
  if (kind === "rich") styles.push("../vendor/quill", "rich-editor", "history-paper");
  for (const name of styles) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = `/static/pages/${name}.css`;
    const loaded = new Promise(resolve => sheet.addEventListener("load", resolve));
    document.head.append(sheet);
    await loaded;
  }
  const { plainPaper } = await import("/static/editors/cm-paper.js");
  const { richPaper } = await import("/static/editors/quill-paper.js");
  const { pageImage } = await import("/static/pages/rich-images.js");
  const { changesOf } = await import("/static/editors/changes-shown.js");
  const { apply } = await import("/static/client/operation.js");
  const main = document.createElement("main");
  main.append(document.createElement("h1"));
  main.firstChild.textContent = "A version";
  const host = main.appendChild(document.createElement("div"));
  if (!scroller) host.className = "editor";
  document.body.replaceChildren(main);
  const colorOf = author => author === "ann" ? "#d72f4b" : "#2773ca";
  const options = { label: "The text", nameOf: author => author.toUpperCase(), imageOf: pageImage };
  const paper = (kind === "rich" ? richPaper : plainPaper)(host, options);
  if (scroller) paper.view.dom.style.height = "300px";
  paper.show(content);
  const at = "2026-01-01T00:00:00Z";
  const credit = author => ({ author, first: 1, last: 1, began: at, ended: at });
  const frame = () => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  window.my = { paper, host, changesOf, apply, colorOf, credit, frame, content };
}"""


async def plain_paper(open_page: Open, content: str, *, scroller: bool = False, **options: Any) -> Page:
    page = await open_page("/", **options)
    await page.evaluate(OPEN, {"kind": "text", "content": content, "scroller": scroller})
    return page


async def rich_paper(open_page: Open, content: list[Any], **options: Any) -> Page:
    page = await open_page("/", **options)
    await page.evaluate(OPEN, {"kind": "rich", "content": content, "scroller": False})
    return page


# Shows what an operation does to the content shown.
CHANGES = """([operation, parts]) => {
  const { paper, content, apply, changesOf, colorOf, credit } = window.my;
  paper.show(apply(content, operation), operation);
  const told = parts?.map(part => part.credit ? { ...part, credit: credit(part.credit) } : part);
  paper.showChanges(changesOf(content, operation, told), colorOf);
}"""

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
