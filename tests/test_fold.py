"""Folding many operations gives what applying them one by one gives."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from collab import content as content_module
from collab.content import Content
from collab.fold import fold
from collab.operation import Operation, Text, apply, normalize, text_length
from tests.random_operations import boundaries, random_operation, random_rich_text, random_text

TRACES = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_module, "BLOCK", 2)
    monkeypatch.setattr(content_module, "PIECE", 3)


def random_edit(rng: Random, text: Text, *, rich: bool) -> Operation:
    """Mostly single edits near one place, sometimes anything."""
    offsets = boundaries(text)
    place = rng.randrange(max(0, len(offsets) - 4), len(offsets))
    kind = rng.random()
    if kind < 0.4:
        return normalize([offsets[place], random_text(rng, 2)])
    if kind < 0.7 and place > 0:
        return normalize([offsets[place - 1], offsets[place - 1] - offsets[place]])
    return random_operation(rng, text, rich=rich)


@pytest.mark.usefixtures("small_blocks")
def test_fold_equals_applying_one_by_one() -> None:
    for seed in range(400):
        rng = Random(seed)
        rich = seed % 2 == 0
        start: Text = random_rich_text(rng, 6) if rich else random_text(rng, 20)
        text, ops = start, []
        content = Content(start)
        for _ in range(20):
            op = random_edit(rng, text, rich=rich)
            text = apply(text, op)
            content.check(op)
            content.apply(op)
            ops.append(op)
            assert content.value() == text, seed
            assert content.length == text_length(text), seed
        assert fold(ops, start) == text, seed


def test_fold_of_nothing_is_the_text_itself() -> None:
    assert fold([]) == ""
    assert fold([[], []], "abc") == "abc"


def test_a_document_becomes_rich_with_its_first_format() -> None:
    content = Content("hello")
    content.apply([5, "!"])
    assert content.value() == "hello!"
    content.apply([{"retain": 5, "attributes": {"bold": True}}])
    assert content.value() == [{"insert": "hello", "attributes": {"bold": True}}, "!"]
    assert content.plain_text() == "hello!"


@pytest.mark.parametrize("name", ["automerge-paper", "rustcode", "sveltecomponent", "friendsforever_flat"])
def test_real_histories_fold_to_their_recorded_end(name: str) -> None:
    path = TRACES / f"{name}.json.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    trace = json.loads(gzip.decompress(path.read_bytes()))
    ops = [
        normalize([place, -removed, inserted])
        for transaction in trace["txns"]
        for place, removed, inserted in transaction["patches"]
    ]
    assert fold(ops) == trace["endContent"]
