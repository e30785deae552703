"""Texts for projections: those of the versions that are asked for, whatever is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from collab.events import Event, Renamed
from collab.operation import apply, plain_text
from collab.projections import texts as module
from collab.projections.projection import DocumentText
from collab.projections.texts import Texts
from collab.store.memory import MemoryStore
from tests.random_histories import RandomHistory


async def histories(seed: int) -> tuple[MemoryStore, list[Event]]:
    """Three documents that were edited in turns, and all of their events in order."""
    rng, store, log = Random(seed), MemoryStore(), list[Event]()
    made = [RandomHistory(rng, name, rich=True, asking=True) for name in ("one", "two", "three")]
    for _ in range(20):
        for history in made:
            for append in history.appends(3):
                await store.append(append)
                log += append.events
    return store, log


def expected(log: Sequence[Event], document: str, version: int) -> str:
    text: object = ""
    for event in log:
        if event.document == document and event.seq <= version and event.op:
            text = apply(text, event.op)  # type: ignore[arg-type]
    return plain_text(text)  # type: ignore[arg-type]


async def read(texts: Texts, events: Sequence[Event], *, newest_only: bool = False) -> list[DocumentText]:
    return [each async for part in texts.after(events, newest_only=newest_only) for each in part]


@pytest.mark.parametrize("kept", [0, 50, 10**6])
@pytest.mark.parametrize("seed", range(3))
async def test_texts_are_those_after_the_events(
    seed: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT", kept)
    store, log = await histories(seed)
    texts, rng, start = Texts(store), Random(seed), 0
    while start < len(log):
        if rng.random() < 0.2:
            start = max(0, start - rng.randint(0, 40))  # tried again, or by a projection that is behind
        end = start + rng.randint(1, 30)
        for found in await read(texts, log[start:end]):
            last = next(event for event in reversed(log[start:end]) if event.document == found.id)
            assert (found.version, found.author, found.at) == (last.seq, last.author, last.at)
            assert found.text == expected(log, found.id, last.seq)
        start = end
    assert texts._units == sum(state.content.length for state in texts._kept.values())
    assert texts._units <= kept or len(texts._kept) == 1


async def test_a_title_is_that_of_the_version_once_a_document_is_followed() -> None:
    store, log = await histories(1)
    texts = Texts(store)
    titles: dict[str, str] = {}
    followed: set[str] = set()
    for event in log:
        (found,) = await read(texts, [event])
        if isinstance(event.payload, Renamed):
            titles[event.document] = event.payload.title
            followed.add(event.document)
        if event.document in followed:
            assert found.title == titles[event.document]
    assert followed


async def test_what_is_soon_to_change_may_be_left_out() -> None:
    store, log = await histories(2)
    last = {event.document: event.seq for event in log}
    assert await read(Texts(store), log[:50], newest_only=True) == []
    found = await read(Texts(store), log, newest_only=True)
    assert {each.id: each.version for each in found} == last


async def test_many_large_texts_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 10)
    store, log = await histories(3)
    parts = [part async for part in Texts(store).after(log, newest_only=False)]
    assert [len(part) for part in parts] == [1, 1, 1]
