"""The newest events, at hand."""

from __future__ import annotations

import pytest

from collab.errors import FellBehind
from collab.events import Edited, Event
from collab.recent import Recent


def recent_with(count: int, *, base: int = 10, capacity: int = 4) -> Recent:
    recent = Recent(base, capacity=capacity)
    for seq in range(base + 1, base + count + 1):
        recent.append(Event("d", seq, Edited(["x"]), "ann", "c", seq, 0))
    return recent


def seqs(recent: Recent, after: int, until: int | None = None) -> list[int]:
    return [event.seq for event in recent.after(after, until)]


def test_events_after_a_version_come_in_order() -> None:
    recent = recent_with(3)
    assert recent.newest == 13
    assert seqs(recent, 10) == [11, 12, 13]
    assert seqs(recent, 12) == [13]
    assert seqs(recent, 13) == []
    assert seqs(recent, 10, 12) == [11, 12]
    assert seqs(recent, 11, 11) == []


def test_what_is_older_than_what_is_kept_is_refused() -> None:
    with pytest.raises(FellBehind):
        recent_with(3).after(9)


def test_trimming_keeps_the_newest() -> None:
    recent = recent_with(7)
    recent.trim(17)
    assert recent.base == 13
    assert seqs(recent, 13) == [14, 15, 16, 17]


def test_it_is_time_to_trim_when_a_quarter_too_many_are_kept() -> None:
    assert not recent_with(5).overfull
    assert recent_with(6).overfull


def test_trimming_keeps_whatever_is_not_committed_yet() -> None:
    recent = recent_with(7)
    recent.trim(11)
    assert seqs(recent, 11) == [12, 13, 14, 15, 16, 17]


def test_trimming_a_short_list_does_nothing() -> None:
    recent = recent_with(2)
    recent.trim(12)
    assert seqs(recent, 10) == [11, 12]
