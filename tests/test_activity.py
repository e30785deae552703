"""A document's life at a glance."""

from __future__ import annotations

from collections import Counter
from random import Random

from collab.activity import LONGEST, MOST_AUTHORS, PAUSE, ByTime, ByVersion, Session, Sessions
from collab.chapters import Chapter, chapter_of
from collab.events import Event
from collab.operation import span
from collab.runs import Stretch
from tests.random_histories import RandomHistory


def history(seed: int) -> list[Event]:
    return [e for a in RandomHistory(Random(seed), "doc").appends(300) for e in a.events]


def typed(*deeds: tuple[str, int]) -> Chapter:
    """One letter by each of these authors at these times."""
    return Chapter(
        1,
        [Stretch(["x"]) for _ in deeds],
        [(author, 1) for author, _ in deeds],
        [at for _, at in deeds],
    )


def test_a_timeline_adds_up_to_what_was_done() -> None:
    for seed in range(10):
        events = history(seed)
        for buckets in (1, 7, 100):
            timeline = ByTime(events[0].at, events[-1].at, buckets)
            middle = len(events) // 2
            timeline.add(chapter_of(events[:middle], first=1))
            timeline.add(chapter_of(events[middle:], first=middle + 1))
            found = timeline.buckets()
            assert len(found) <= buckets
            assert [bucket.first for bucket in found[1:]] == [bucket.last + 1 for bucket in found[:-1]]
            assert sum(bucket.edits for bucket in found) == sum(bool(event.op) for event in events)
            growth = sum(span(event.op or [])[1] for event in events)
            assert sum(bucket.inserted - bucket.deleted for bucket in found) == growth
            for bucket in found:
                mine = events[bucket.first - 1 : bucket.last]
                assert all(bucket.began <= event.at < bucket.ended for event in mine)
                assert bucket.authors == Counter(event.author for event in mine if event.op)


def test_a_timeline_by_version_has_equally_many_events_in_each_bucket() -> None:
    events = history(3)
    for buckets in (1, 7, 100, 2 * len(events)):
        timeline = ByVersion(len(events), buckets)
        timeline.add(chapter_of(events, first=1))
        found = timeline.buckets()
        assert [bucket.first for bucket in found] == [1, *(bucket.last + 1 for bucket in found[:-1])]
        assert found[-1].last == len(events)
        sizes = [bucket.last - bucket.first + 1 for bucket in found]
        assert len(sizes) == min(buckets, len(events))
        assert max(sizes) - min(sizes) <= 1
        assert [(b.began, b.ended) for b in found] == [
            (events[b.first - 1].at, events[b.last - 1].at) for b in found
        ]


def test_characters_that_are_typed_one_by_one_are_counted_in_units() -> None:
    timeline = ByTime(0, 9, 1)
    timeline.add(Chapter(1, [Stretch(["a😀"], 2), Stretch([1, -2], 1)], [("ana", 3)], [1, 2, 3]))
    assert [(b.edits, b.inserted, b.deleted) for b in timeline.buckets()] == [(3, 3, 2)]


def test_a_moment_is_one_bucket() -> None:
    timeline = ByTime(5, 5, 100)
    timeline.add(typed(("ana", 5), ("bo", 5)))
    assert [(b.edits, b.authors) for b in timeline.buckets()] == [(2, {"ana": 1, "bo": 1})]


def test_a_crowd_is_counted_and_the_most_active_are_named() -> None:
    timeline = ByTime(0, 9, 1)
    timeline.add(typed(("ana", 1), ("ana", 2), *((f"guest {i}", 3) for i in range(30))))
    (bucket,) = timeline.buckets()
    assert (len(bucket.authors), bucket.authors["ana"]) == (MOST_AUTHORS, 2)
    assert sum(bucket.authors.values()) + bucket.others == bucket.edits == 32


def test_a_session_ends_with_a_pause() -> None:
    sessions = Sessions()
    sessions.add(typed(("ana", 0), ("ana", PAUSE - 1), ("ana", 2 * PAUSE - 1)))
    assert [(s.first, s.last, s.began, s.ended) for s in sessions.found] == [
        (1, 2, 0, PAUSE - 1),
        (3, 3, 2 * PAUSE - 1, 2 * PAUSE - 1),
    ]


def test_a_session_that_goes_on_and_on_is_cut() -> None:
    sessions = Sessions()
    step = PAUSE // 2
    sessions.add(typed(*(("ana", at) for at in range(0, 2 * LONGEST + 1, step))))
    assert [(s.began, s.ended) for s in sessions.found] == [
        (0, LONGEST),
        (LONGEST + step, 2 * LONGEST),
    ]


def test_each_author_has_sessions_of_their_own() -> None:
    sessions = Sessions()
    sessions.add(typed(("ana", 0), ("bo", 1), ("ana", 2)))
    assert sessions.found == [Session("ana", 1, 3, 0, 2, 2, 2, 0), Session("bo", 2, 2, 1, 1, 1, 1, 0)]
