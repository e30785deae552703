"""Every order in which two people's messages can cross, not a sample of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from collab.events import Edited
from collab.operation import Operation, span
from tests.test_convergence import Peer, Server

SMALL, GREAT = "client-a", "client-z"

Step = tuple[str, str]
"""What happens (types, is served, receives), and to whom."""


def schedules(edits: dict[str, int]) -> Iterator[list[Step]]:
    """All orders in which clients type so many edits, the server takes them, and each takes in all events."""
    total = sum(edits.values())

    def extend(
        done: list[Step], typed: dict[str, int], served: dict[str, int], got: dict[str, int]
    ) -> Iterator[list[Step]]:
        if all(got[name] == total for name in edits):
            yield list(done)
            return
        for name in edits:
            moves = (
                ("types", typed, typed[name] < edits[name]),
                ("served", served, served[name] < typed[name]),
                ("receives", got, got[name] < sum(served.values())),
            )
            for move, counter, possible in moves:
                if possible:
                    counter[name] += 1
                    done.append((move, name))
                    yield from extend(done, typed, served, got)
                    done.pop()
                    counter[name] -= 1

    zero = dict.fromkeys(edits, 0)
    yield from extend([], dict(zero), dict(zero), dict(zero))


def run(schedule: list[Step], typing: dict[str, list[Operation]]) -> None:
    server = Server()
    rng = Random(0)
    server.commit("someone", 1, Edited(["abc"]))
    peers = {name: Peer(server, name, rng, coalesce=False) for name in typing}
    left = {name: list(ops) for name, ops in typing.items()}
    for move, name in schedule:
        peer = peers[name]
        if move == "types":
            # What was meant for the text as it was at first is done at that place of what is shown now.
            op = left[name].pop(0)
            if span(op)[0] <= peer.replica.shown.length:
                peer.replica.edit(op)
                peer.send()
        elif move == "served" and peer.up:
            peer.serve()
        elif move == "receives" and peer.replica.version < len(server.log):
            peer.take_event()
    for peer in peers.values():
        while peer.up:
            peer.serve()
    for peer in peers.values():
        while peer.replica.version < len(server.log):
            peer.take_event()
        assert peer.diverged == 0
        assert peer.replica.shown.value() == server.document.content.value()
        assert peer.replica.pending == []


SINGLE: list[Operation] = [["X"], [1, "X"], [2, "X"], [3, "X"], [-1], [1, -1], [2, -1], [-3], [1, -2]]


def test_two_edits_meet_in_one_text_in_every_order() -> None:
    orders = list(schedules({SMALL: 1, GREAT: 1}))
    assert len(orders) == 124
    for mine, theirs in product(SINGLE, SINGLE):
        for order in orders:
            run(order, {SMALL: [mine], GREAT: [theirs]})


RETYPING: list[list[Operation]] = [
    [[1, -1], [1, "Y"]],
    [[2, "Y"], [3, "Z"]],
    [[2, "Y"], [2, -1]],
    [[1, -1], [-1]],
]


@pytest.mark.parametrize("retyping", RETYPING, ids=str)
@pytest.mark.parametrize("first", [SMALL, GREAT])
def test_two_edits_and_another_meet_in_one_text_in_every_order(retyping: list[Operation], first: str) -> None:
    second = GREAT if first == SMALL else SMALL
    orders = list(schedules({first: 2, second: 1}))
    assert len(orders) == 11_434
    for order in orders:
        run(order, {first: retyping, second: [[2, "X"]]})
