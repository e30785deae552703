"""What tests of papers share: a page with nothing else on it, and changes to be shown."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

from tests.browsing import Open

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
    """A plain paper at `window.my.paper`, beside what tests need; with `scroller` it has a frame to scroll in."""
    page = await open_page("/", **options)
    await page.evaluate(OPEN, {"kind": "text", "content": content, "scroller": scroller})
    return page


async def rich_paper(open_page: Open, content: list[Any], **options: Any) -> Page:
    """A rich paper at `window.my.paper`."""
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
