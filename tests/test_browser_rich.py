"""The pages' editor for rich text, in a real headless Chromium on a real server process."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import FilePayload, Page, expect

from collab.local_server import LocalServer
from tests.browsing import IN_BROWSER
from tests.browsing_rich import (
    EDITOR,
    Open,
    shown,
    stored,
    until_equal,
    until_text,
)

pytestmark = IN_BROWSER

PASTE = """([html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  document.querySelector(".ql-editor").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""

GOOGLE_DOCS = """<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1">
<h1 dir="ltr" style="line-height:1.38;margin-top:20pt"><span style="font-size:20pt;font-weight:400">Head</span></h1>
<p dir="ltr"><span style="font-weight:400">plain </span><span style="font-weight:700;color:#000">bold</span><span
style="font-weight:400;font-style:italic"> slanted</span></p></b>"""

WORD = """<html xmlns:w="urn:schemas-microsoft-com:office:word"><head><style>
<!-- @list l0:level1 {mso-level-number-format:bullet; mso-level-text:x;} p.x {margin:0} --></style></head><body>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><span
style='font-family:Symbol'><span style='mso-list:Ignore'>o<span style='font:7.0pt "Times"'>  </span></span></span><b
style='mso-bidi-font-weight:normal'>item</b></p></body></html>"""


async def paste(page: Page, html: str, text: str = "") -> None:
    await page.evaluate(PASTE, [html, text])


@pytest.mark.parametrize(
    ("html", "text", "step"),
    [
        ("<p>a <b>fat</b> word</p>", "a fat word", {"insert": "fat", "attributes": {"bold": True}}),
        ("<h1>Head</h1><p>x</p>", "Head\nx", {"insert": "\n", "attributes": {"header": 1}}),
        ("<ul><li>one</li></ul>", "one", {"insert": "\n", "attributes": {"list": "bullet"}}),
        (
            '<a href="https://example.org/a?style=b">go</a>',
            "go",
            {"insert": "go", "attributes": {"link": "https://example.org/a?style=b"}},
        ),
        ('<span style="font-weight:bold">fat</span>', "fat", {"insert": "fat", "attributes": {"bold": True}}),
        ("<p STYLE = 'font-style: italic'>x</p>", "x", {"insert": "x", "attributes": {"italic": True}}),
        (GOOGLE_DOCS, "Head\nplain bold slanted", {"insert": "bold", "attributes": {"bold": True}}),
        (GOOGLE_DOCS, "Head\nplain bold slanted", {"insert": " slanted", "attributes": {"italic": True}}),
        (WORD, "item", {"insert": "\n", "attributes": {"list": "bullet"}}),
        (WORD, "item", {"insert": "item", "attributes": {"bold": True}}),
    ],
)
async def test_pasted_formats_are_kept_without_a_complaint(
    rich: Open, html: str, text: str, step: dict[str, object]
) -> None:
    page = await rich()
    await paste(page, html)
    await page.wait_for_function("text => window.collab.view.getText().trim() === text", arg=text)
    assert step in await shown(page)


async def test_pasted_scripts_do_nothing_and_are_not_stored(rich: Open, server: LocalServer) -> None:
    page = await rich()
    await paste(
        page,
        """<base href="https://evil.example/"><style>p { color: red }</style>
        <p onclick="window.hurt = 1" style="color:red">a<a href="javascript:window.hurt=1">b</a>
        <img src=x onerror="window.hurt = 1" alt="c"><img src="https://evil.example/x.png" alt="d">
        <svg onload="window.hurt = 1"><script>window.hurt = 1</script></svg></p>
        <iframe srcdoc="<script>parent.hurt = 1</script>"></iframe>
        <a href=" jAvAscript:window.hurt=1">e</a>""",
    )
    await expect(page.locator(".rich-news")).to_contain_text("An image from elsewhere was left out")
    await expect(page.locator("#status")).to_have_text("Saved")
    await page.click(".ql-editor p >> nth=0")
    content = json.dumps(await stored(server))
    assert "script:" not in content.lower()
    assert "evil" not in content
    assert await page.evaluate("() => window.hurt") is None
    await expect(page.locator(".ql-editor a")).to_have_count(0)


async def test_a_small_image_is_put_into_the_document_and_a_large_one_is_refused_in_words(
    rich: Open, server: LocalServer
) -> None:
    ann, bo = await rich(), await rich()
    await ann.keyboard.type("ab")
    await ann.keyboard.press("ArrowLeft")
    async with ann.expect_file_chooser() as chooser:
        await ann.get_by_role("button", name="Image").click()
    small: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG" * 100}
    large: FilePayload = {"name": "b.png", "mimeType": "image/png", "buffer": b"\x89PNG" * 100_000}
    await (await chooser.value).set_files([small, large])
    await expect(ann.locator(".rich-news")).to_have_text(
        "This image is too large: at most 150 kB can be put into a document."
    )
    await expect(bo.locator(".ql-editor img")).to_have_count(1)
    steps = await until_equal(server, ann, bo)
    assert [step["insert"] for step in steps if isinstance(step["insert"], str)] == ["a", "b\n"]
    # The next letter is no part of the same step of undo.
    await ann.keyboard.type("!")
    await ann.keyboard.press("Control+z")
    await expect(ann.locator(".ql-editor img")).to_have_count(1)
    await ann.keyboard.press("Control+z")
    await expect(bo.locator(".ql-editor img")).to_have_count(0)


@pytest.mark.parametrize("how", ["paste", "drop"])
async def test_an_image_is_pasted_or_dropped_where_one_points(
    rich: Open, server: LocalServer, how: str
) -> None:
    page = await rich()
    await page.keyboard.type("ab")
    await page.evaluate("() => window.collab.view.setSelection(1, 0)")
    await page.evaluate(
        """how => {
          const data = new DataTransfer(), text = document.querySelector(".ql-editor");
          data.items.add(new File([new Uint8Array(9)], "a.gif", { type: "image/gif" }));
          data.items.add(new File(["hurt()"], "a.html", { type: "text/html" }));
          const init = { bubbles: true, cancelable: true };
          if (how === "paste") text.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }));
          const { right: clientX, top } = window.collab.view.selection.getBounds(1);
          const at = { clientX, clientY: top + 5 };
          if (how === "drop") text.dispatchEvent(new DragEvent("drop", { ...init, ...at, dataTransfer: data }));
        }""",
        how,
    )
    await expect(page.locator(".ql-editor img")).to_have_count(1)
    image = {"image": "data:image/gif;base64,AAAAAAAAAAAA"}
    assert await until_equal(server, page) == [{"insert": "a"}, {"insert": image}, {"insert": "b\n"}]


async def test_images_from_elsewhere_are_not_asked_for_and_keep_their_address(
    rich: Open, server: LocalServer
) -> None:
    page = await rich()
    far = {"image": "https://elsewhere.example/x.png"}
    await page.evaluate("image => window.collab.doc.edit([{ insert: image }, 'x\\n'])", far)
    await expect(page.locator(".ql-editor img")).to_have_attribute("title", "Image from elsewhere, not shown")
    assert await page.locator(".ql-editor img").get_attribute("src") is None
    await page.keyboard.press("Control+End")
    await page.keyboard.type("!")
    await expect(page.locator("#status")).to_have_text("Saved")
    assert (await stored(server))[0] == {"insert": far}
    assert (await shown(page))[0] == {"insert": far}


async def test_every_tool_has_a_name_and_is_reached_by_keys(rich: Open, server: LocalServer) -> None:
    page = await rich()
    await page.keyboard.type("word")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+Tab")
    kind = page.get_by_role("combobox", name="Kind of line")
    await expect(kind).to_be_focused()
    names = ["Bold", "Italic", "Underline", "Strike through", "Numbered list", "Bullet list"]
    names += ["Check list", "Quotation", "Code", "Link", "Image", "Clear formatting"]
    for name in names:
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
    assert await page.locator(".rich-tools button, .rich-tools select").count() == len(names) + 1
    await page.keyboard.press("ArrowRight")
    await expect(kind).to_be_focused()
    await kind.select_option("Heading 2")
    await expect(page.locator(".ql-editor h2")).to_have_text("word")
    bold = page.get_by_role("button", name="Bold")
    await bold.click()
    await expect(bold).to_have_attribute("aria-pressed", "true")
    assert await until_equal(server, page) == [
        {"insert": "word", "attributes": {"bold": True}},
        {"insert": "\n", "attributes": {"header": 2}},
    ]
    await page.get_by_role("button", name="Clear formatting").click()
    assert await until_equal(server, page) == [{"insert": "word\n"}]
    await expect(bold).to_have_attribute("aria-pressed", "false")


async def test_tab_indents_and_after_escape_leaves(rich: Open) -> None:
    page = await rich()
    await page.evaluate("() => document.body.append(document.createElement('button'))")
    await page.keyboard.press("Tab")
    await until_text(page, "\t\n")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(page.locator("body > button")).to_be_focused()


async def test_a_link_is_made_changed_and_removed_by_keys(rich: Open, server: LocalServer) -> None:
    page = await rich()
    await page.keyboard.type("go")
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+k")
    field = page.get_by_role("textbox", name="Address of the link")
    await expect(field).to_be_focused()
    for wrong in ("", "javascript:alert(1)", "data:text/html,x", "no address"):
        await field.fill(wrong)
        await page.keyboard.press("Enter")
        await expect(page.locator(".rich-wrong")).to_have_text("This is no address of a page or of mail.")
    await field.fill("example.org/a")
    await page.keyboard.press("Enter")
    await expect(page.locator(EDITOR)).to_be_focused()
    await expect(page.locator(".ql-editor a")).to_have_attribute("href", "https://example.org/a")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Control+k")
    await expect(field).to_have_value("https://example.org/a")
    await expect(page.get_by_role("link", name="Open")).to_have_attribute("href", "https://example.org/a")
    await page.keyboard.press("Escape")
    await expect(field).to_be_hidden()
    await expect(page.locator(EDITOR)).to_be_focused()
    await page.get_by_role("button", name="Link", exact=True).click()
    await page.get_by_role("button", name="Remove link").click()
    assert await until_equal(server, page) == [{"insert": "go\n"}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_tools_and_link_form_fit_a_small_screen(rich: Open, scheme: str) -> None:
    page = await rich()
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await page.keyboard.type("word")
    await page.keyboard.press("Control+k")
    width = await page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 360
    for control in await page.locator(".rich button:visible, .rich select, .rich input:visible").all():
        box = await control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert await control.evaluate(CONTRAST) >= 4.5
    assert await page.locator(".ql-editor").evaluate(CONTRAST) >= 4.5


CONTRAST = """element => {
  const number = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  let ground = element;
  while ((number(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(c => light(number(c)));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


async def test_a_place_is_revealed_and_caret_and_focus_stay(rich: Open) -> None:
    page = await rich()
    await page.evaluate("() => window.collab.doc.insert(0, 'line\\n'.repeat(300))")
    await until_text(page, "line\n" * 300)
    await page.evaluate("() => window.collab.view.setSelection(2, 0)")
    await page.evaluate("() => window.collab.editor.reveal(5 * 150)")
    box = await page.locator(".ql-editor p").nth(150).bounding_box()
    height = await page.evaluate("() => innerHeight")
    assert box is not None
    assert abs(box["y"] + box["height"] / 2 - height / 2) < 20
    assert await page.evaluate("() => window.collab.view.getSelection().index") == 2
    await expect(page.locator(EDITOR)).to_be_focused()


async def test_tools_stay_in_view_and_the_caret_before_them(rich: Open) -> None:
    page = await rich()
    await page.set_viewport_size({"width": 360, "height": 500})
    await page.evaluate("() => window.collab.doc.insert(0, 'line\\n'.repeat(60))")
    await until_text(page, "line\n" * 60)
    await page.evaluate("() => window.collab.view.setSelection(300, 0)")
    for _ in range(30):
        await page.keyboard.press("ArrowUp")
    await page.keyboard.type("x")
    await page.wait_for_function("() => window.collab.doc.text.includes('x')")
    tools = await page.locator(".rich-tools").bounding_box()
    caret = await page.evaluate(
        "() => { const { view } = window.collab; return view.selection.getBounds(view.getSelection().index).top; }"
    )
    assert tools is not None
    assert tools["y"] == 0
    assert tools["y"] + tools["height"] <= caret < 500


async def test_an_editor_that_is_destroyed_leaves_nothing(rich: Open) -> None:
    ann, bo = await rich(), await rich()
    await bo.keyboard.type("bo")
    await until_text(ann, "bo\n")
    await expect(ann.locator(".ql-peer-caret")).to_have_count(1)
    await ann.evaluate("() => { window.collab.editor.destroy(); window.collab.editor.destroy(); }")
    assert await ann.locator("#editor > *").count() == 0
    await expect(bo.locator(".ql-peer-caret")).to_have_count(0)
    await ann.evaluate("() => window.collab.view.insertText(0, 'lost', 'user')")
    await bo.keyboard.type("!")
    await ann.wait_for_function("() => window.collab.doc.text === 'bo!\\n'")
    assert await ann.evaluate("() => window.collab.view.getText()") == "lostbo\n"
