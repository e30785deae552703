"""What is measured: each scenario has cases, and each case gives figures for one server in one round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.peers import load
from benchmarks.peers.crash import kill_while_typing, leave_at_once
from benchmarks.peers.history import join_history, store_history
from benchmarks.peers.peers import Peer
from benchmarks.peers.server import Server

Figures = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """``run`` measures one server; ``name`` starts with the scenario's.

    ``stored`` ones ask for a server that keeps its documents. Long ones that hardly vary are run in
    fewer ``rounds`` than are asked for.
    """

    name: str
    run: Callable[[Peer], Figures]
    stored: bool = False
    rounds: int = 9


def loaded(name: str, *, rounds: int = 9, **options: object) -> Case:
    """A case that is one run of the load generator against a fresh server."""

    def run(peer: Peer) -> Figures:
        with Server(peer) as server:
            unanswered = {"in_flight": peer.window} if options["mode"] == "rate" else {}
            return load.run(peer.protocol, server.port, server.pid, **unanswered, **options)

    return Case(name, run, rounds=rounds)


IDLE_CLIENTS, IDLE_FIRST = 5_000, 100
"""Idle connections, and those among them that came before the first look at the memory (`load/modes.c`)."""


def stay_idle(peer: Peer) -> Figures:
    with Server(peer) as server:
        documents = IDLE_CLIENTS // 100
        figures = load.run(
            *(peer.protocol, server.port, server.pid), mode="idle", documents=documents, clients=100
        )
        phase = figures["phases"][0]
        figures["idle_kilobytes"] = (phase["rss_after"] - phase["rss_before"]) / (IDLE_CLIENTS - IDLE_FIRST)
        return figures


SCENARIOS: dict[str, list[Case]] = {
    "S1": [loaded("S1", mode="rate", clients=2, writers=1, rate=50, seconds=6)],
    "S2": [
        *(loaded(f"S2/{n}", mode="closed", clients=n, writers=n, seconds=4) for n in (4, 16, 64)),
        loaded("S2/16x8", mode="closed", clients=16, writers=16, in_flight=8, seconds=4),
    ],
    "S3": [loaded("S3", mode="rate", documents=200, clients=2, writers=2, rate=5, seconds=12)],
    "S4": [
        loaded(f"S4/{n}", mode="rate", clients=n + 1, writers=1, rate=20, seconds=4) for n in (10, 100, 500)
    ],
    "S5": [Case("S5", join_history, stored=True, rounds=1)],
    "S6": [
        Case("S6", kill_while_typing, stored=True, rounds=1),
        Case("S6/b", leave_at_once, stored=True, rounds=1),
    ],
    "S7": [Case("S7", store_history, stored=True, rounds=1)],
    "S8": [loaded("S8", mode="rate", clients=15, writers=4, rate=50, size=2000, stall=10, seconds=16)],
    "idle": [Case("idle", stay_idle, rounds=1)],
}
