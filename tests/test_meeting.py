"""Edits that meet: ties by client id, and what was typed behind a word stays behind it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from collab.bridge import Bridge, ForeignEdit
from collab.meeting import cross, meet
from collab.operation import Operation, apply
from tests.random_operations import random_operation, random_text
from tests.test_convergence import Peer, Server, settle

CASES = json.loads(Path(__file__).parent.joinpath("vectors", "meeting.json").read_text())


def test_both_ways_round_end_in_the_same_text_however_the_edits_lean() -> None:
    rng = Random(11)
    for _ in range(5_000):
        text = random_text(rng, 8)
        left, right = random_operation(rng, text), random_operation(rng, text)
        leans, others_lean = rng.random() < 0.5, rng.random() < 0.5
        met = meet(left, right, left_leans=leans, right_leans=others_lean)
        assert apply(apply(text, left), met.right) == apply(apply(text, right), met.left), (text, left, right)


def test_cross_is_meet_from_either_side() -> None:
    rng = Random(12)
    for _ in range(1_000):
        text = random_text(rng, 8)
        a, b = random_operation(rng, text), random_operation(rng, text)
        leans, others_lean = rng.random() < 0.5, rng.random() < 0.5
        met = meet(a, b, left_leans=leans, right_leans=others_lean)
        assert tuple(cross(a, b, mine_left=True, mine_leans=leans, theirs_leans=others_lean)) == tuple(met)
        seen = cross(b, a, mine_left=False, mine_leans=others_lean, theirs_leans=leans)
        assert (seen.theirs, seen.mine, seen.theirs_leans, seen.mine_leans) == tuple(met)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shared_vectors(case: dict[str, Any]) -> None:
    """Edits of two clients on one text, meeting as on the server; read by the JavaScript tests too."""
    mine, theirs = ("a", "b") if case["mineLeft"] else ("b", "a")
    bridge = Bridge(mine)
    text = case["text"]
    for seq, op in enumerate(case["theirs"], 1):
        bridge.append(ForeignEdit(seq, theirs, op))
        text = apply(text, op)
    for op in case["mine"]:
        crossing = bridge.cross(op)
        bridge.accept(crossing)
        text = apply(text, crossing.op)
    assert text == case["result"]


@pytest.mark.parametrize(("retyping", "typing"), [("client-a", "client-z"), ("client-z", "client-a")])
def test_what_is_typed_behind_a_word_stays_behind_it_while_the_word_is_retyped(
    retyping: str, typing: str
) -> None:
    for seed in range(200):
        rng = Random(seed)
        server = Server()
        ann, bo = (Peer(server, name, rng, coalesce=False) for name in (retyping, typing))
        ann.replica.edit(["the 90s."])
        settle_all(ann, bo)
        ann_types: list[Operation] = [[7, -1]]
        ann_types += [[7 + place, letter] for place, letter in enumerate(", huh?")]
        bo_types: list[Operation] = [[8 + place, letter] for place, letter in enumerate(" The")]
        for peer, keys in ((ann, ann_types), (bo, bo_types)):
            for key in keys:
                peer.replica.edit(key)
            peer.send()
        while ann.up or bo.up:
            peer = rng.choice([ann, bo])
            if peer.up:
                peer.serve()
            elif rng.random() < 0.5:
                peer.receive()
        settle_all(ann, bo)
        assert server.document.content.value() == "the 90s, huh? The", seed
        assert ann.diverged == bo.diverged == 0, seed


def settle_all(*peers: Peer) -> None:
    settle(list(peers))
    for peer in peers:
        assert peer.replica.shown.value() == peer.server.document.content.value()
