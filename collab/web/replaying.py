"""A part of a document's history in few bytes, for whoever plays it: a content, and what was done to it, in runs."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collab.errors import InvalidName
from collab.explaining import chapters
from collab.hub import Hub
from collab.reading import document_at, record_of
from collab.runs import Stretch
from collab.shapes import ReplayPage, Turn
from collab.store.base import EventStore
from collab.web import queries
from collab.web.caching import tag_of, tagged, unchanged
from collab.web.endpoints import Endpoint, Parameter

MOST_EVENTS = 5_000
"""Events of a page."""

MOST_BYTES = 1024 * 1024
"""A page ends with the event with which its operations weigh more than this."""

CONTENT = Parameter(
    "content",
    "`false` leaves the content at `after` out, for whoever has it.",
    {"type": "string", "enum": ["true", "false"]},
)


async def read_replay(request: Request) -> Response:
    """What it takes to play the history after version ``?after=``, up to ``?until=`` or less."""
    hub: Hub = request.app.state.hub
    record = await record_of(hub.store, request.path_params["document"])
    after = queries.version(request, "after", 0, newest=record.version)
    until = queries.version(request, "until", record.version, newest=record.version)
    if after > until:
        raise InvalidName("versions", f"{after} comes after {until}")
    with_content = request.query_params.get("content", "true")
    if with_content not in ("true", "false"):
        raise InvalidName("content", "`true` or `false`")
    tag = tag_of(record, after, until, request=request, named_by="until")
    if known := unchanged(request, tag):
        return known
    content = None
    if with_content == "true":
        content = (await document_at(hub.store, record.id, after)).content.value()
    steps, turns, times = await _played(hub.store, record.id, after, until)
    page = ReplayPage(
        *(record.id, record.kind, record.epoch, after, after + len(times)),
        content=content,
        steps=steps,
        turns=[Turn(*turn) for turn in turns],
        times=differences(times),
    )
    return tagged(page, tag)


async def _played(
    store: EventStore, document: str, after: int, until: int
) -> tuple[list[Any], list[tuple[str, int]], list[int]]:
    """Steps, turns and times of as many events as a page has."""
    steps: list[Any] = []
    turns: list[tuple[str, int]] = []
    times: list[int] = []
    weight = 0
    async for chapter in chapters(store, document, after=after, until=min(until, after + MOST_EVENTS)):
        events = 0
        for stretch in chapter.stretches:
            if weight > MOST_BYTES:
                break
            part = within(stretch, MOST_BYTES - weight)
            step = step_of(part)
            steps.append(step)
            events += part.count
            weight += _weight(step)
            if part.count < stretch.count:
                break
        times += chapter.times[:events]
        turns += _first(chapter.turns, events)
        if events < len(chapter.times):
            break
    return steps, turns, times


def within(stretch: Stretch, room: int) -> Stretch:
    """The first events of ``stretch``, up to the one with which they weigh more than ``room`` bytes.

    >>> within(Stretch([3, "abcdef"], 3), 7)
    Stretch(op=[3, 'abcd'], count=2, backwards=False)
    """
    text = stretch.op[-1] if stretch.count > 1 else None
    if not isinstance(text, str) or _weight(text) <= room:
        return stretch
    each = len(text) // stretch.count
    weights = accumulate(_weight(text[start : start + each]) for start in range(0, len(text), each))
    taken = next((count for count, weight in enumerate(weights, 1) if weight > room), stretch.count)
    return Stretch([*stretch.op[:-1], text[: taken * each]], taken)


def _weight(value: object) -> int:
    return len(msgspec.json.encode(value))


def step_of(stretch: Stretch) -> list[Any]:
    """``stretch`` as short as it goes.

    >>> step_of(Stretch(["hi"])), step_of(Stretch([3, "hi"], 2)), step_of(Stretch([3, -2], 2, backwards=True))
    ([['hi']], [[3, 'hi'], 2], [[3, -2], 2, True])
    """
    if stretch.count == 1:
        return [stretch.op]
    return [stretch.op, stretch.count, True] if stretch.backwards else [stretch.op, stretch.count]


def _first(turns: list[tuple[str, int]], events: int) -> list[tuple[str, int]]:
    """The turns of so many events."""
    found = []
    for author, count in turns:
        if events <= 0:
            break
        found.append((author, min(count, events)))
        events -= count
    return found


def differences(times: list[int]) -> list[int]:
    """Times in microseconds as milliseconds: the first, and how much later each of the others is.

    Each is rounded down by itself, so that errors don't add up.

    >>> differences([5_000_900, 5_001_000, 4_999_999])
    [5000, 1, -2]
    """
    milliseconds = [time // 1000 for time in times]
    return [later - earlier for earlier, later in zip([0, *milliseconds], milliseconds, strict=False)]


ENDPOINTS = [
    Endpoint(
        "GET",
        "/api/documents/{document}/replay",
        read_replay,
        {200: ReplayPage, 304: None},
        parameters=[queries.DOCUMENT, queries.AFTER, queries.UNTIL, CONTENT, queries.EPOCH],
        failures=[400, 404],
    )
]
