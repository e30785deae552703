"""Carets: last one wins, carried over events, told once."""

from __future__ import annotations

from collab.events import Edited, Event
from collab.messages import Cursor, Peer
from collab.operation import Operation
from collab.presence import Presence
from collab.recent import Recent

ANN, BO = "client-ann", "client-bo"


def recent_with(*edits: tuple[str, Operation]) -> Recent:
    recent = Recent(0)
    for seq, (client, op) in enumerate(edits, start=1):
        recent.append(Event("d", seq, Edited(op), "x", client, seq, 0))
    return recent


def carets(peers: list[Peer]) -> dict[str, object]:
    return {peer.client: peer.cursor for peer in peers}


def test_news_are_told_once() -> None:
    presence, recent = Presence(), recent_with()
    presence.enter(ANN, "ann", {"name": "Ann"}, 0)
    assert presence.news(0, recent) == [Peer(ANN, author="ann", user={"name": "Ann"}, cursor=None)]
    assert presence.news(0, recent) == []


def test_the_last_caret_wins() -> None:
    presence, recent = Presence(), recent_with()
    presence.enter(ANN, "ann", None, 0)
    presence.move(ANN, Cursor(1, 1), None, 0)
    presence.move(ANN, Cursor(2, 4), None, 0)
    assert carets(presence.news(0, recent)) == {ANN: Cursor(2, 4)}


def test_carets_are_carried_to_the_version_they_are_told_at() -> None:
    presence, recent = Presence(), recent_with((BO, ["> "]), (BO, [2, -1]))
    presence.enter(ANN, "ann", None, 0)
    presence.move(ANN, Cursor(3, 5), None, 0)
    assert carets(presence.everybody(1, recent)) == {ANN: Cursor(5, 7)}
    assert carets(presence.everybody(2, recent)) == {ANN: Cursor(4, 6)}


def test_own_typing_pushes_the_caret_and_others_typing_there_does_not() -> None:
    presence, recent = Presence(), recent_with((ANN, [3, "x"]), (BO, [4, "y"]))
    presence.enter(ANN, "ann", None, 0)
    presence.move(ANN, Cursor(3, 3), None, 0)
    assert carets(presence.everybody(2, recent)) == {ANN: Cursor(4, 4)}


def test_a_caret_ahead_of_what_may_be_shown_waits() -> None:
    presence, recent = Presence(), recent_with((ANN, ["x"]))
    presence.enter(ANN, "ann", None, 0)
    presence.news(0, recent)
    presence.move(ANN, Cursor(1, 1), None, 1)
    assert presence.news(0, recent) == []
    assert carets(presence.everybody(0, recent)) == {ANN: None}
    assert carets(presence.news(1, recent)) == {ANN: Cursor(1, 1)}


def test_who_left_is_told_once_and_forgotten() -> None:
    presence, recent = Presence(), recent_with()
    presence.enter(ANN, "ann", None, 0)
    presence.leave(ANN)
    presence.leave(ANN)
    assert presence.news(0, recent) == [Peer(ANN, left=True)]
    assert presence.news(0, recent) == []
    presence.move(ANN, Cursor(1, 1), None, 0)
    assert presence.everybody(0, recent) == []


def test_who_comes_back_at_once_has_not_left() -> None:
    presence, recent = Presence(), recent_with()
    presence.enter(ANN, "ann", None, 0)
    presence.leave(ANN)
    presence.enter(ANN, "ann", None, 0)
    assert presence.news(0, recent) == [Peer(ANN, author="ann", user=None, cursor=None)]


def test_carets_survive_the_forgetting_of_events() -> None:
    dot: Operation = ["."]
    recent = recent_with(*[(BO, dot)] * 10)
    recent.capacity = 2
    presence = Presence()
    presence.enter(ANN, "ann", None, 0)
    presence.move(ANN, Cursor(0, 3), None, 0)
    presence.carry(10, recent)
    recent.trim(10)
    assert carets(presence.everybody(10, recent)) == {ANN: Cursor(0, 13)}
