"""The end of the log, at hand."""

from __future__ import annotations

from collab.events import Edited, Event
from collab.tail import Tail


def events(count: int) -> list[Event]:
    return [Event("doc", seq, Edited(["x"]), "ann", "c", seq, seq) for seq in range(1, count + 1)]


def positions(tail: Tail, after: int, most: int = 100) -> list[int]:
    return [event.position for event in tail.after(after, most=most)]


def test_events_come_with_their_positions_whatever_order_they_were_committed_in() -> None:
    tail = Tail()
    tail.add(14, events(3))
    tail.add(11, events(3))
    assert positions(tail, 10) == [11, 12, 13, 14, 15, 16]
    assert positions(tail, 12) == [13, 14, 15, 16]
    assert positions(tail, 10, most=2) == [11, 12]


def test_nothing_is_told_across_a_gap() -> None:
    tail = Tail()
    tail.add(11, events(2))
    tail.add(14, events(2))
    assert positions(tail, 10) == [11, 12]
    assert positions(tail, 12) == []
    assert positions(tail, 9) == []
    assert positions(tail, 15) == []


def test_the_oldest_are_let_go_of() -> None:
    tail = Tail(most=10)
    for position in range(1, 101):
        tail.add(position, events(1))
        assert len(tail._events) <= 10
        assert positions(tail, position - 1) == [position]
    assert positions(tail, 90) == list(range(91, 101)) or positions(tail, 95) == list(range(96, 101))
    assert positions(tail, 80) == []
