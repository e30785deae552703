"""Own edits carried over all that others did meanwhile: in pairs, and over all of it as one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab import rebase as module
from collab.operation import Operation, plain_text
from collab.rebase import Foreign, as_one, in_pairs, rebase, runs
from tests.merges import KINDS, ME, PLAIN, Kind, Merge, listed, random_merge

VECTORS = json.loads(Path(__file__).parent.joinpath("vectors", "rebase.json").read_text())

SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_shared_vectors(number: int) -> None:
    case = VECTORS[number]
    leans = {True: (ME,), False: ()}
    theirs = runs(
        Foreign(seq, event["client"], event["op"], leans[event["leans"]])
        for seq, event in enumerate(case["theirs"])
    )
    for name, method in (("pairs", in_pairs), ("one", as_one)):
        assert method(ME, case["mine"], theirs)._asdict() == case[name], name


@given(SEEDS, st.sampled_from(KINDS), st.sampled_from([3, 12, 40]))
def test_both_ways_to_merge_end_in_one_text(seed: int, kind: Kind, length: int) -> None:
    merge = random_merge(Random(seed), kind, length=length)
    for method in (in_pairs, as_one):
        seen, newest = merge.ends(method(ME, merge.mine, merge.theirs))
        assert listed(seen) == listed(newest)


@given(SEEDS, st.sampled_from(PLAIN))
def test_nothing_typed_is_lost_and_nothing_deleted_comes_back(seed: int, kind: Kind) -> None:
    merge = random_merge(Random(seed), kind, mine="ABC", theirs="xyz")
    expected = Counter(survivors(merge))
    for method in (in_pairs, as_one):
        text = plain_text(merge.ends(method(ME, merge.mine, merge.theirs))[0])
        assert Counter(text) == expected


def survivors(merge: Merge) -> str:
    """The letters of the text that neither side deleted, and those that either side typed and left there."""
    numbered = "".join(chr(0x4E00 + i) for i in range(len(plain_text(merge.text).encode("utf-16-le")) // 2))
    mine = apply_units(numbered, merge.mine)
    theirs = apply_units(numbered, [foreign.op for foreign in merge.theirs])
    kept = [unit for unit in numbered if unit in mine and unit in theirs]
    units = plain_text(merge.text).encode("utf-16-le")
    base = b"".join(units[2 * i : 2 * i + 2] for i in (ord(unit) - 0x4E00 for unit in kept)).decode(
        "utf-16-le"
    )
    return base + "".join(unit for unit in mine + theirs if unit not in numbered)


def apply_units(text: str, ops: list[Operation]) -> str:
    for op in ops:
        place, step = (op[0], op[1]) if len(op) == 2 else (0, op[0])
        assert isinstance(place, int)
        if isinstance(step, int):
            text = text[:place] + text[place - step :]
        else:
            assert isinstance(step, str)
            text = text[:place] + step + text[place:]
    return text


def differing(kind: Kind, others: list[str], *, length: int) -> int:
    """In how many of 800 merges the two methods end in different texts."""
    different = 0
    for seed in range(800):
        merge = random_merge(Random(seed), kind, length=length, others=others)
        one, pairs = (merge.ends(method(ME, merge.mine, merge.theirs))[0] for method in (as_one, in_pairs))
        different += listed(one) != listed(pairs)
    return different


@pytest.mark.parametrize("kind", PLAIN)
def test_both_methods_nearly_always_give_the_same_text(kind: Kind) -> None:
    # In so short a text most edits meet in a few gaps. The order differs where somebody types in the place of
    # what a third one deleted, or where both sides deleted around the gap.
    assert differing(kind, ["client-a"], length=40) <= 12
    assert differing(kind, ["client-z"], length=40) <= 12
    assert differing(kind, ["client-a", "client-p", "client-z"], length=40) <= 32
    assert differing(kind, ["client-a", "client-p", "client-z"], length=400) <= 6


def test_merging_the_runs_of_others_is_exact_but_where_all_typed_is_taken_back() -> None:
    different = 0
    for seed in range(3_000):
        merge = random_merge(Random(seed), "one caret", length=20)
        exact = in_pairs(ME, merge.mine, merge.theirs)
        different += merge.ends(exact) != merge.ends(in_pairs(ME, merge.mine, runs(merge.theirs)))
    assert different <= 6


def test_runs_end_where_the_client_or_the_lean_changes() -> None:
    events = [
        Foreign(1, "a", ["x"]),
        Foreign(2, "a", [1, "y"]),
        Foreign(3, "b", [2, "z"]),
        Foreign(4, "b", [3, "z"], (ME,)),
        Foreign(5, "b", [3, -1], (ME,)),
        Foreign(6, "b", [1, -1, "q"], (ME,)),
    ]
    assert runs(events) == [Foreign(2, "a", ["xy"]), *events[2:]]


@pytest.mark.parametrize("method", [in_pairs, as_one])
@pytest.mark.parametrize("other", ["client-a", "client-z"])
def test_words_typed_at_one_place_are_never_interleaved(method: object, other: str) -> None:
    assert callable(method)
    for seed in range(300):
        rng = Random(seed)
        mine, theirs = typed("Mi😀ne", rng), typed("Th😀eirs", rng)
        rebased = method(ME, mine, [Foreign(seq, other, op) for seq, op in enumerate(theirs)])
        text = plain_text(Merge("", mine, [Foreign(0, other, op) for op in theirs]).ends(rebased)[0])
        assert text in ("Mi😀neTh😀eirs", "Th😀eirsMi😀ne"), seed


def typed(word: str, rng: Random) -> list[Operation]:
    """``word``, letter by letter, with slips that are taken back."""
    ops: list[Operation] = []
    place = 0
    for letter in word:
        if rng.random() < 0.3:
            ops += [step(place, "?"), step(place, -1)]
        ops.append(step(place, letter))
        place += len(letter.encode("utf-16-le")) // 2
    return ops


def step(place: int, what: int | str) -> Operation:
    return [place, what] if place else [what]


def test_few_edits_are_carried_in_pairs_and_many_over_all_as_one() -> None:
    # One of the cases in which the methods differ, and edits far away from it.
    mine: list[Operation] = [[2, "X"]]
    theirs = [Foreign(1, "client-z", [2, -1]), Foreign(2, "client-a", [-2]), Foreign(3, "client-z", ["b"])]
    while len(theirs) < module.MOST_PAIRS:
        theirs.append(Foreign(len(theirs) + 1, "client-a", [1_000 + 2 * len(theirs), "y"]))
    one = [Foreign(0, "client-a", [900_000, "y"])]
    assert in_pairs(ME, mine, theirs[:3]) != as_one(ME, mine, theirs[:3])
    assert rebase(ME, mine, theirs) == in_pairs(ME, mine, theirs)
    assert rebase(ME, mine, theirs + one) == as_one(ME, mine, theirs + one)


@pytest.mark.parametrize("kind", KINDS)
def test_hundreds_of_edits_meet_in_one_text(kind: Kind) -> None:
    for seed in range(2):
        merge = random_merge(Random(seed), kind, length=300, edits=400)
        seen, newest = merge.ends(as_one(ME, merge.mine, merge.theirs))
        assert listed(seen) == listed(newest)
