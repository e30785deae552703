"""The laws that operations keep, on random texts with astral characters, attributes and embeds."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.operation import (
    Operation,
    Side,
    Text,
    apply,
    coalesce,
    compose,
    diff,
    invert,
    normalize,
    plain_text,
    span,
    text_length,
    transform,
    transform_pair,
    validate,
)
from collab.operation.transform import transform_general
from tests.random_operations import random_operation, random_rich_text, random_text

SEEDS = st.integers(min_value=0, max_value=2**32)

FUZZ_CASES = 20_000
FUZZ_SEED = 20261123


def random_case(rng: Random) -> tuple[Text, bool]:
    rich = rng.random() < 0.5
    return (random_rich_text(rng, 4) if rich else random_text(rng, 10)), rich


def check_all_laws(rng: Random) -> None:
    text, rich = random_case(rng)
    a = random_operation(rng, text, rich=rich)
    b = random_operation(rng, text, rich=rich)
    after_a = apply(text, a)

    a_over_b, b_over_a = transform_pair(a, b)
    assert apply(after_a, b_over_a) == apply(apply(text, b), a_over_b), ("TP1", text, a, b)

    undone = apply(after_a, invert(a, text))
    assert normalize(as_components(undone)) == normalize(as_components(text)), ("invert", text, a)

    c = random_operation(rng, after_a, rich=rich or not isinstance(after_a, str))
    assert apply(after_a, c) == apply(text, compose(a, c)), ("compose", text, a, c)

    assert text_length(after_a) == text_length(text) + span(a)[1], ("span", text, a)
    assert validate(a, text) == a, ("normal form", a)


def as_components(text: Text) -> Operation:
    return text if isinstance(text, list) else [text] if text else []


@given(SEEDS)
def test_laws_hold_on_generated_cases(seed: int) -> None:
    check_all_laws(Random(seed))


def test_laws_hold_in_a_large_fuzz() -> None:
    for case in range(FUZZ_CASES):
        check_all_laws(Random(FUZZ_SEED + case))


@pytest.mark.soak
def test_laws_hold_in_a_very_large_fuzz() -> None:
    for case in range(500_000):
        check_all_laws(Random(10**9 + case))


@given(SEEDS, st.sampled_from(["left", "right"]))
def test_fast_and_general_transform_agree(seed: int, side: Side) -> None:
    rng = Random(seed)
    text = random_text(rng, 10)
    op, other = random_single(rng, text), random_single(rng, text)
    assert transform(op, other, side) == transform_general(op, other, side)


def random_single(rng: Random, text: str) -> Operation:
    length = text_length(text)
    place = rng.randint(0, length)
    if rng.random() < 0.5 or place == length:
        return normalize([place, rng.choice(["x", "yz", "😀"])])
    return normalize([place, -rng.randint(1, length - place)])


@settings(deadline=None)  # the first call loads rapidfuzz
@given(st.text(max_size=60), st.text(max_size=60))
def test_diff_leads_from_one_text_to_the_other(old: str, new: str) -> None:
    assert apply(old, diff(old, new)) == new


def test_diff_is_small() -> None:
    old = "the quick brown fox jumps over the lazy dog\n" * 50
    new = old.replace("lazy", "sleepy", 1) + "the end"
    op = diff(old, new)
    assert apply(old, op) == new
    changed = sum(abs(step) if isinstance(step, int) and step < 0 else len(str(step)) for step in op[1:-1:2])
    assert changed < 20


def test_diff_of_huge_texts_compares_lines() -> None:
    rng = Random(1)
    lines = [random_text(rng, 60) + "\n" for _ in range(3000)]
    changed = [line for line in lines if rng.random() > 0.1]
    changed[100] = "something else\n"
    op = diff("".join(lines), "".join(changed))
    assert apply("".join(lines), op) == "".join(changed)
    assert len(op) < 2000


@given(SEEDS)
def test_coalesced_runs_have_the_effect_of_their_parts(seed: int) -> None:
    text, ops = random_typing(Random(seed))
    coalesced = coalesce(ops)
    assert apply_all(text, coalesced) == apply_all(text, ops)
    assert len(coalesced) <= len(ops)


@pytest.mark.parametrize(
    "ops",
    [
        [[5, -1], [3, -1]],
        [[5, -1], [6, -1]],
        [[5, "a"], [7, "b"]],
        [[5, "a"], [4, "b"]],
        [[5, "a"], [4, -1]],
        [[5, "a"], [5, -2]],
        [[5, "a"], [6, -1]],
        [[5, -1], [5, "a"]],
        [[5, -1, "a"], [6, "b"]],
        [[5, {"insert": "a", "attributes": {"bold": True}}], [6, "b"]],
    ],
)
def test_what_is_not_done_at_one_caret_stays_apart(ops: list[Operation]) -> None:
    assert coalesce(ops) == ops


@given(SEEDS, st.booleans())
def test_coalescing_is_exact_under_transform(seed: int, mine_left: bool) -> None:
    """What another author did meanwhile meets a run as it would have met the single edits."""
    rng = Random(seed)
    text, ops = random_typing(rng)
    others = [rest for rest in random_typing(rng, text)[1] if rest]
    assert rebase(text, ops, others, mine_left) == rebase(text, coalesce(ops), others, mine_left)


def rebase(text: str, ops: list[Operation], others: list[Operation], mine_left: bool) -> tuple[Text, Text]:
    """The texts that both orders of meeting end in, which must be one."""
    mine: Side = "left" if mine_left else "right"
    other: Side = "right" if mine_left else "left"
    result = apply_all(text, others)
    bridge = list(others)
    for op in ops:
        for place, foreign in enumerate(bridge):
            op, bridge[place] = transform(op, foreign, mine), transform(foreign, op, other)
        result = apply(result, op)
    seen = apply_all(apply_all(text, ops), bridge)
    assert seen == result
    return seen, result


def apply_all(text: Text, ops: list[Operation]) -> Text:
    for op in ops:
        text = apply(text, op)
    return text


def random_typing(rng: Random, text: str | None = None) -> tuple[str, list[Operation]]:
    """Single edits of one author around a caret that seldom jumps, on a text without astral characters."""
    start = text if text is not None else "".join(rng.choice("abcde") for _ in range(rng.randint(0, 10)))
    length, caret = len(start), rng.randint(0, len(start))
    ops: list[Operation] = []
    for _ in range(rng.randint(1, 10)):
        if rng.random() < 0.15:
            caret = rng.randint(0, length)
        kind = rng.random()
        if kind < 0.5:
            ops.append(normalize([caret, rng.choice("XYZ")]))
            caret, length = caret + 1, length + 1
        elif kind < 0.8 and caret:
            caret, length = caret - 1, length - 1
            ops.append(normalize([caret, -1]))
        elif caret < length:
            length -= 1
            ops.append(normalize([caret, -1]))
    return start, ops


def test_composites_of_delete_and_insert_are_not_coalesced() -> None:
    """On "eaa" one deletes all and types B, another types C before it: with events the smaller id wins the gap,
    with a composite the place of B beside what was deleted would decide."""
    assert coalesce([[-3], ["B"]]) == [[-3], ["B"]]
    other = transform(["C"], [-3], "right")
    assert apply(apply(apply("eaa", [-3]), ["B"]), transform(other, ["B"], "right")) == "BC"
    composed = compose([-3], ["B"])
    assert apply(apply("eaa", composed), transform(["C"], composed, "right")) == "CB"


def test_operations_are_never_changed_in_place() -> None:
    rng = Random(7)
    for _ in range(300):
        text, rich = random_case(rng)
        a, b = (random_operation(rng, text, rich=rich) for _ in range(2))
        before = repr((text, a, b))
        transform(a, b, "left")
        compose(a, random_operation(rng, apply(text, a), rich=rich))
        invert(a, text)
        normalize(a)
        assert repr((text, a, b)) == before


def test_plain_text_of_rich_content_shows_embeds_as_one_unit() -> None:
    content: Text = ["a", {"insert": {"image": "x"}}, {"insert": "b", "attributes": {"bold": True}}]
    assert plain_text(content) == "a\ufffcb"
    assert text_length(content) == 3
