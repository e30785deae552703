"""Segments: every event comes back as it was, and whatever is wrong with one is noticed."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

import pytest

from collab.events import Edited, Event, encode, name_of
from collab.fold import fold
from collab.operation import Text, apply
from collab.segments import BadSegment, OperationsPart, Row, Segment, SegmentBuilder, Unpacked
from tests.random_histories import RandomHistory


def history(seed: int, count: int = 150) -> list[Event]:
    rng = Random(seed)
    random_history = RandomHistory(rng, "d", rich=seed % 2 == 0)
    position = 0
    events = []
    for append in random_history.appends(count):
        position += rng.choice([0, 0, 5, 10_000])
        for event in append.events:
            position += 1
            events.append(event.__replace__(position=position))
    return events


def row(event: Event) -> Row:
    type_, version = name_of(event.payload)
    return Row(
        type_,
        version,
        event.client,
        event.author,
        event.client_seq,
        event.at,
        event.position,
        encode(event.payload),
    )


def packed(events: list[Event]) -> Segment:
    builder = SegmentBuilder("d", events[0].seq)
    for event in events:
        builder.add(row(event))
    return builder.finish()


@pytest.mark.parametrize("seed", range(60))
def test_events_come_back_from_anywhere(seed: int) -> None:
    rng = Random(seed)
    events = history(seed)
    first = rng.randrange(len(events))
    segment = packed(events[first:])
    assert (segment.first, segment.last) == (first + 1, len(events))
    unpacked = Unpacked("d", segment)
    for _ in range(5):
        after, until = rng.randint(0, len(events)), rng.randint(0, len(events) + 2)
        expected = events[max(first, after) : max(first, after, until)]
        assert unpacked.events(after, until) == expected
        assert unpacked.rows(after, until) == list(map(row, expected))


@pytest.mark.parametrize("seed", range(60))
def test_operations_lead_from_any_version_to_any_later_one(seed: int) -> None:
    rng = Random(seed)
    events = history(seed)
    texts: list[Text] = [""]
    for event in events:
        texts.append(apply(texts[-1], event.op) if event.op is not None else texts[-1])
    segment = packed(events)
    part = OperationsPart("d", segment.first, segment.last, segment.operations)
    for _ in range(10):
        after, until = sorted((rng.randint(0, len(events)), rng.randint(0, len(events))))
        assert fold(part.operations(after, until), texts[after]) == (texts[until] or "")


@pytest.mark.parametrize("seed", range(20))
def test_any_moment_has_its_version(seed: int) -> None:
    rng = Random(seed)
    events = history(seed)
    first = rng.randrange(len(events))
    unpacked = Unpacked("d", packed(events[first:]))
    times = [event.at for event in events[first:]]
    for at in [times[0] - 1, times[-1] + 1, *(time + d for time in times for d in (-1, 0))]:
        assert unpacked.version_at(at) == first + bisect_right(times, at)


def flipped(part: bytes, place: int) -> bytes:
    return part[:place] + bytes([part[place] ^ 1 << place % 8]) + part[place + 1 :]


def test_every_flipped_byte_is_noticed() -> None:
    segment = packed(history(1, 30))
    for place in range(len(segment.operations)):
        with pytest.raises(BadSegment):
            Unpacked("d", segment._replace(operations=flipped(segment.operations, place)))
    for place in range(len(segment.envelopes)):
        with pytest.raises(BadSegment):
            Unpacked("d", segment._replace(envelopes=flipped(segment.envelopes, place)))


@pytest.mark.parametrize("length", [0, 1, 4, 5, 50])
def test_a_torn_segment_is_noticed(length: int) -> None:
    segment = packed(history(1, 30))
    for torn in (
        segment._replace(operations=segment.operations[:length]),
        segment._replace(envelopes=segment.envelopes[:length]),
    ):
        with pytest.raises(BadSegment):
            Unpacked("d", torn)


def test_a_segment_in_the_wrong_place_is_noticed() -> None:
    segment = packed(history(1, 30))
    moved = segment._replace(first=segment.first + 1, last=segment.last + 1)
    for document, wrong in (
        ("other", segment),
        ("d", moved),
        ("d", segment._replace(last=segment.last + 1)),
        ("d", segment._replace(began=segment.began + 1)),
        ("d", segment._replace(operations=segment.envelopes)),
        ("d", segment._replace(envelopes=packed(history(2, 30)).envelopes)),
    ):
        with pytest.raises(BadSegment):
            Unpacked(document, wrong)


def test_another_format_is_not_read() -> None:
    segment = packed(history(1, 30))
    with pytest.raises(BadSegment, match="format 9, not 1"):
        Unpacked("d", segment._replace(operations=b"\x09" + segment.operations[1:]))


def test_events_that_only_a_newer_program_knows_survive_and_are_named() -> None:
    rows = list(map(row, history(3, 20)))
    rows[7] = rows[7]._replace(type="painted", version=3, payload=b"\xff\0")
    builder = SegmentBuilder("d", 1)
    for each in rows:
        builder.add(each)
    segment = builder.finish()
    unpacked = Unpacked("d", segment)
    assert unpacked.rows(0, 99) == rows
    assert len(unpacked.events(0, 7)) == 7
    with pytest.raises(BadSegment, match="painted") as bad:
        unpacked.events(0, 9)
    assert bad.value.index == 7
    with pytest.raises(BadSegment, match="painted") as bad:
        OperationsPart("d", segment.first, segment.last, segment.operations).operations(0, 9)
    assert bad.value.index == 7


def test_what_never_happens_in_a_log_is_refused() -> None:
    events = history(1, 30)
    for wrong in (
        events[9].__replace__(at=events[8].at - 1),
        events[9].__replace__(position=events[8].position),
    ):
        with pytest.raises(OverflowError):
            packed([*events[:9], wrong])


def test_an_edit_keeps_its_leans() -> None:
    edit = Event("d", 1, Edited(["x"], ("c1", "c2")), "ann", "c1", 1, 5, 1)
    assert Unpacked("d", packed([edit])).events(0, 1) == [edit]
