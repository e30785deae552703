"""A bot that keeps the table of contents of a Markdown document up to date while people type.

    python examples/table_of_contents.py http://127.0.0.1:8000 notes

It writes between the lines ``<!-- contents -->`` and ``<!-- /contents -->``, where people have put them, and nowhere
else.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Iterator

import collab
from collab.client import SharedDocument
from collab.operation import diff

BEGIN, END = "<!-- contents -->", "<!-- /contents -->"
HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
FENCE = re.compile(r" {0,3}(```|~~~)")


def with_contents(text: str) -> str:
    """``text`` with the contents that it ought to have: the same again for what comes out.

    >>> with_contents("<!-- contents -->\\n<!-- /contents -->\\n# Plan\\n## What if?\\n").split("\\n")[1:3]
    ['- [Plan](#plan)', '  - [What if?](#what-if)']
    """
    lines = text.split("\n")
    places = [line.strip() for line in lines]
    if BEGIN not in places or END not in places[places.index(BEGIN) :]:
        return text
    begin = places.index(BEGIN)
    end = places.index(END, begin)
    contents = entries(headings([*lines[:begin], *lines[end + 1 :]]))
    return "\n".join([*lines[: begin + 1], *contents, *lines[end:]])


def headings(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Level and title of each heading; what is in a fence of code is none."""
    fence = ""
    for line in lines:
        opened = FENCE.match(line)
        if opened and fence in ("", opened[1]):
            fence = "" if fence else opened[1]
        elif not fence and (heading := HEADING.fullmatch(line.rstrip("\r"))) and heading[2]:
            yield len(heading[1]), heading[2]


def entries(found: Iterator[tuple[int, str]]) -> Iterator[str]:
    """A line of the list for each heading, with the anchor that Markdown renderers give it."""
    seen: Counter[str] = Counter()
    for level, title in found:
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = f"-{seen[anchor]}" if seen[anchor] else ""
        seen[anchor] += 1
        yield f"{'  ' * (level - 1)}- [{title}](#{anchor}{number})"


async def keep_contents(doc: SharedDocument) -> None:
    """Put the contents right after every change, until ``doc`` is closed.

    Its own edits are changes too, after which there is nothing to put right. The next edit waits until the last one is
    in the log: what people type in the meantime, however much, is answered by one.
    """
    put_right(doc)
    async for _ in doc.changes():
        await doc.saved()
        put_right(doc)


def put_right(doc: SharedDocument) -> None:
    text = doc.text
    wanted = with_contents(text)
    if wanted != text:
        doc.edit(diff(text, wanted))


async def main(url: str, document: str) -> None:
    async with collab.connect(url, document, user={"name": "Contents"}) as doc:
        await keep_contents(doc)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
