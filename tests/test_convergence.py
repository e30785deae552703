"""Server sessions and client replicas under any network order: one text, and every prediction right.

A seeded simulation of the protocol with 2 to 4 clients: messages are delayed at will, connections break and are
taken up again, edits are refused, and refused edits have others in flight behind them.
"""

from __future__ import annotations

from random import Random

import pytest

from collab import units
from collab.document import Document
from collab.events import Created, Event, Payload
from collab.limits import Limits
from collab.messages import Edit, EventRow, Refused, Resend, event_row
from collab.operation import Operation
from collab.recent import Recent
from collab.replica import Replica
from collab.session import Accepted, Session
from tests.merges import KINDS, Author, Kind
from tests.random_operations import random_operation

UNLIMITED = Limits(edit_burst=10**9)
RUNS = 250


class Server:
    """The ordering part of a room, without sockets and disk."""

    def __init__(self) -> None:
        self.document = Document("d")
        self.recent = Recent(0)
        self.log: list[EventRow] = []
        self.commit("server", 0, Created("epoch"))

    def commit(self, client: str, id_: int, payload: Payload) -> None:
        event = Event("d", self.document.version + 1, payload, "author", client, id_, 0)
        self.document.evolve(event)
        self.recent.append(event)
        self.log.append(event_row(event))


class Peer:
    """One client, its session on the server, and the messages under way between them."""

    def __init__(self, server: Server, client: str, rng: Random, *, coalesce: bool) -> None:
        self.server = server
        self.rng = rng
        self.replica = Replica(client, coalesce=coalesce)
        self.up: list[Edit] = []
        self.down: list[Refused | Resend] = []
        self.accepted = 0
        self.diverged = 0
        self.refused: list[int] = []
        self.at_once = rng.random() < 0.5
        self.connect()

    def connect(self) -> None:
        """A new socket: all that was under way is lost, and the stream is taken in up to the newest event."""
        self.up.clear()
        self.down.clear()
        server = self.server
        self.session = Session(
            self.replica.client,
            joined=server.document.version,
            accepted=self.accepted,
            limits=UNLIMITED,
            now=0,
        )
        self.replica.resume(self.accepted)
        self.take_everything()

    def take_event(self) -> None:
        change = self.replica.integrate(self.server.log[self.replica.version])
        self.diverged += change is not None and change.diverged

    def take_everything(self) -> None:
        """Catch up: event by event, or all at once."""
        if self.at_once:
            steps = self.replica.integrate_all(self.server.log[self.replica.version :])
            self.diverged += sum(step.change is not None and step.change.diverged for step in steps)
        while self.replica.version < len(self.server.log):
            self.take_event()

    def send(self, *, broken: float = 0.0) -> None:
        for edit in self.replica.unsent():
            self.replica.mark_sent(edit)
            op: Operation = [10**6, "x"] if self.rng.random() < broken else edit.op
            self.up.append(Edit(edit.id, self.replica.version, op, self.replica.refusals))

    def serve(self) -> None:
        """The server takes the next message of this client."""
        outcome = self.session.edit(
            self.up.pop(0),
            document=self.server.document,
            recent=self.server.recent,
            seen=self.server.document.version,
            now=0,
        )
        if isinstance(outcome, Accepted):
            self.accepted = outcome.id
            self.server.commit(self.replica.client, outcome.id, outcome.payload)
        elif outcome is not None:
            self.down.append(outcome)

    def receive(self) -> None:
        """The client takes an answer or an event, in an order of the network's choice."""
        if self.down and self.rng.random() < 0.5:
            message = self.down.pop(0)
            if isinstance(message, Refused):
                self.replica.refuse(message.id)
                self.refused.append(message.id)
        elif self.rng.random() < 0.2:
            self.take_everything()
        elif self.replica.version < len(self.server.log):
            self.take_event()

    @property
    def settled(self) -> bool:
        under_way = self.up or self.down or self.replica.pending
        return not under_way and self.replica.version == len(self.server.log)


def settle(peers: list[Peer]) -> None:
    while not all(peer.settled for peer in peers):
        for peer in peers:
            peer.send()
            if peer.up:
                peer.serve()
            peer.receive()


def simulate(
    seed: int, *, rich: bool, broken: float = 0.0, breaks: float = 0.0, steps: int = 120
) -> list[Peer]:
    rng = Random(seed)
    server = Server()
    names = [f"client-{rng.randint(0, 999):03}-{number}" for number in range(rng.randint(2, 4))]
    peers = [Peer(server, name, rng, coalesce=rng.random() < 0.5) for name in names]
    for _ in range(steps):
        peer = rng.choice(peers)
        chance = rng.random()
        if chance < breaks:
            peer.connect()
        elif chance < 0.4:
            peer.replica.edit(random_operation(rng, peer.replica.shown.value(), rich=rich))
            if rng.random() < 0.8:
                peer.send(broken=broken)
        elif chance < 0.65 and peer.up:
            peer.serve()
        else:
            peer.receive()
    settle(peers)
    return peers


def assert_one_text(peers: list[Peer], seed: int) -> None:
    expected = peers[0].server.document.content.value()
    for peer in peers:
        assert peer.replica.confirmed.value() == expected, seed
        assert peer.replica.shown.value() == expected, seed


@pytest.mark.parametrize("rich", [False, True])
def test_bridge_and_pending_meet_in_the_same_text(rich: bool) -> None:
    for seed in range(RUNS):
        peers = simulate(seed, rich=rich)
        assert_one_text(peers, seed)
        assert sum(peer.diverged for peer in peers) == 0, seed


def test_they_meet_across_broken_connections() -> None:
    for seed in range(RUNS):
        peers = simulate(seed, rich=seed % 3 == 0, breaks=0.03)
        assert_one_text(peers, seed)
        assert sum(peer.diverged for peer in peers) == 0, seed


def test_they_meet_when_edits_are_refused_with_others_in_flight() -> None:
    refused = 0
    for seed in range(RUNS):
        peers = simulate(seed, rich=seed % 3 == 0, broken=0.15, breaks=0.01)
        assert_one_text(peers, seed)
        assert sum(peer.diverged for peer in peers) == 0, seed
        refused += sum(len(peer.refused) for peer in peers)
    assert refused > RUNS


def test_every_edit_is_in_the_log_exactly_once() -> None:
    for seed in range(RUNS):
        peers = simulate(seed, rich=False, broken=0.05, breaks=0.05)
        edits = [(row.client, row.id) for row in peers[0].server.log if row.id]
        assert len(edits) == len(set(edits)), seed
        for peer in peers:
            ids = [id_ for client, id_ in edits if client == peer.replica.client]
            assert ids == sorted(ids), seed


@pytest.mark.soak
def test_they_meet_in_thousands_of_longer_runs() -> None:
    for seed in range(10_000, 20_000):
        peers = simulate(seed, rich=seed % 3 == 0, broken=0.05, breaks=0.02, steps=300)
        assert_one_text(peers, seed)
        assert sum(peer.diverged for peer in peers) == 0, seed


def simulate_absence(seed: int, kind: Kind) -> list[Peer]:
    """Some go away with edits under way, type on for long, and come back one after the other; the others go on."""
    rng = Random(seed)
    server = Server()
    names = [f"client-{rng.randint(0, 999):03}-{number}" for number in range(rng.randint(2, 4))]
    peers = [Peer(server, name, rng, coalesce=rng.random() < 0.5) for name in names]
    authors = {name: Author(rng, kind) for name in names}

    def type_(peer: Peer, most: int) -> None:
        for _ in range(rng.randint(1, most)):
            peer.replica.edit(authors[peer.replica.client].edit(peer.replica.shown.value()))

    def talk(peers: list[Peer], steps: int) -> None:
        for _ in range(steps):
            peer = rng.choice(peers)
            type_(peer, 2)
            peer.send()
            while peer.up and rng.random() < 0.7:
                peer.serve()
            if rng.random() < 0.7:
                peer.receive()

    talk(peers, 20)
    away = peers[: rng.randint(1, len(peers) - 1)]
    for peer in away:
        type_(peer, 30)
    talk([peer for peer in peers if peer not in away], 30)
    for peer in away:
        peer.connect()
        if rng.random() < 0.5:
            settle([peer])
    settle(peers)
    return peers


@pytest.mark.parametrize("kind", KINDS)
def test_they_meet_when_some_were_away_for_long(kind: Kind) -> None:
    for seed in range(RUNS // 5):
        peers = simulate_absence(seed, kind)
        assert_one_text(peers, seed)
        assert sum(peer.diverged for peer in peers) == 0, seed


def test_hundreds_of_edits_made_away_meet_hundreds_of_others() -> None:
    for seed in range(3):
        rng = Random(seed)
        server = Server()
        here, away = (Peer(server, name, rng, coalesce=False) for name in ("client-h", "client-a"))
        away.at_once = True
        for peer in (here, away):
            author = Author(rng, "scattered")
            for _ in range(300):
                peer.replica.edit(author.edit(peer.replica.shown.value()))
        settle([here])
        away.connect()
        assert away.replica.version == 301
        settle([here, away])
        assert_one_text([here, away], seed)
        assert away.diverged == 0


def type_words_at_one_place(seed: int, backspaces: bool) -> tuple[str, list[str]]:
    """2 to 5 clients, each of whom types one word at the start of an empty line, all at once."""
    rng = Random(seed)
    server = Server()
    words = ["Anna", "Bo😀b", "Clara", "Dora", "Emil"][: rng.randint(2, 5)]
    names = [f"client-{rng.randint(0, 999):03}-{number}" for number in range(len(words))]
    peers = [Peer(server, name, rng, coalesce=False) for name in names]
    typed = [0] * len(words)
    while not all(peer.settled for peer in peers) or any(
        done < len(word) for done, word in zip(typed, words, strict=True)
    ):
        number = rng.randrange(len(peers))
        peer, word = peers[number], words[number]
        chance = rng.random()
        if chance < 0.4 and typed[number] < len(word):
            caret = own_end(peer, word[: typed[number]])
            if backspaces and rng.random() < 0.2:
                peer.replica.edit(list(filter(None, [caret, "!"])))
                peer.send()
                peer.replica.edit(list(filter(None, [caret, -1])))
            peer.replica.edit(list(filter(None, [caret, word[typed[number]]])))
            typed[number] += 1
            peer.send()
        elif chance < 0.7 and peer.up:
            peer.serve()
        else:
            peer.receive()
    return server.document.content.plain_text(), words


def own_end(peer: Peer, typed: str) -> int:
    """Where the client's own word ends in what it sees: it goes on typing there."""
    shown = peer.replica.shown.plain_text()
    return units.length(shown[: shown.index(typed) + len(typed)]) if typed else 0


@pytest.mark.parametrize("backspaces", [False, True])
def test_nobodys_word_is_split_when_all_type_at_one_place(backspaces: bool) -> None:
    for seed in range(RUNS):
        text, words = type_words_at_one_place(seed, backspaces)
        for word in words:
            assert word in text, (seed, text)
        assert len(text) == sum(map(len, words)), (seed, text)
