"""Who wrote what, and what happened between two versions, against a fold that labels every unit by itself."""

from __future__ import annotations

from random import Random

import pytest

from collab import weave
from collab.authorship import Credit, Credits, blame
from collab.chapters import Chapter, chapter_of
from collab.comparison import Comparison, Part, compare
from collab.events import Event, encode, name_of
from collab.operation import Operation, Text, apply, normalize, plain_text, span, text_length
from collab.runs import Stretch
from collab.segments import Row, SegmentBuilder, Unpacked
from collab.units import collapse, expand
from collab.weave import Weave
from tests.random_histories import RandomHistory


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weave._Labels, "CHUNK", 8)
    monkeypatch.setattr(weave._Labels, "GROUP", 3)


def history(seed: int, *, rich: bool = True) -> tuple[list[Event], list[Text]]:
    """Events, and the text at each version."""
    events = [e for a in RandomHistory(Random(seed), "doc", rich=rich).appends(60) for e in a.events]
    texts: list[Text] = [""]
    for event in events:
        texts.append(apply(texts[-1], event.op or []))
    return events, texts


def chapters(events: list[Event], *, after: int, packed: bool) -> list[Chapter]:
    """The events after a version, in several chapters: as segments give them, or as rows do."""
    if not packed:
        middle = (after + len(events)) // 2
        parts = (events[after:middle], events[middle:])
        return [chapter_of(part, first=part[0].seq) for part in parts if part]
    builder = SegmentBuilder("doc", 1)
    for event in events:
        type_, version = name_of(event.payload)
        stored = encode(event.payload)
        builder.add(
            Row(type_, version, event.client, event.author, event.client_seq, event.at, event.seq, stored)
        )
    return [Unpacked("doc", builder.finish()).chapter(after, len(events))]


def woven(events: list[Event], *, after: int, length: int, packed: bool) -> tuple[Weave, Credits]:
    weave, credits = Weave(length), Credits(after)
    for chapter in chapters(events, after=after, packed=packed):
        weave.add(chapter)
        credits.add(chapter)
    return weave, credits


class Labelled:
    """The slow way: a list with a label for each unit, edited event by event."""

    def __init__(self, length: int) -> None:
        self.labels = list(range(-length, 0))
        self.deleted: dict[int, int] = {}

    def apply(self, event: Event) -> None:
        place = 0
        for step in event.op or []:
            if isinstance(step, int) and step < 0:
                for label in self.labels[place : place - step]:
                    self.deleted[label] = event.seq
                del self.labels[place : place - step]
            elif (covered := span([step])[0]) > 0:
                place += covered
            else:
                growth = span([step])[1]
                self.labels[place:place] = [event.seq] * growth
                place += growth


@pytest.mark.parametrize("packed", [False, True])
def test_every_unit_is_credited_to_the_event_that_inserted_it(packed: bool) -> None:
    for seed in range(60):
        events, texts = history(seed)
        slow = Labelled(0)
        for event in events:
            slow.apply(event)
        credits = blame(*woven(events, after=0, length=0, packed=packed))
        seqs: list[int] = []
        for credit in credits:
            one_each = credit.last - credit.first + 1 == credit.length
            assert credit.first == credit.last or one_each
            mine = range(credit.first, credit.last + 1) if one_each else [credit.first] * credit.length
            seqs += mine
            assert {events[seq - 1].author for seq in mine} == {credit.author}
            assert (credit.began, credit.ended) == (events[credit.first - 1].at, events[credit.last - 1].at)
        assert seqs == slow.labels, seed
        assert sum(credit.length for credit in credits) == text_length(texts[-1])


@pytest.mark.parametrize("packed", [False, True])
def test_a_comparison_says_what_was_done_and_by_whom(packed: bool) -> None:
    for seed in range(60):
        events, texts = history(seed)
        after = Random(seed).randrange(len(events))
        old, new = texts[after], texts[-1]
        length = text_length(old)
        slow = Labelled(length)
        for event in events[after:]:
            slow.apply(event)
        weave, credits = woven(events, after=after, length=length, packed=packed)
        compared = compare(weave, credits, older=old, newer=new)
        assert rich(apply(old, compared.operation)) == rich(new), seed
        assert_parts_are_right(compared, slow, events, old, new)


def rich(text: Text) -> Operation:
    return normalize([text] if isinstance(text, str) else text)


def assert_parts_are_right(
    compared: Comparison, slow: Labelled, events: list[Event], old: Text, new: Text
) -> None:
    labels: list[int] = []
    deleted: dict[int, int] = {}
    before = after = ""
    base = -text_length(old)
    for part in compared.parts:
        if part.kind == "kept":
            labels += range(base, base + part.length)
            kept = expand(plain_text(old))[len(expand(before)) :][: part.length]
            before += collapse(kept)
            after += collapse(kept)
            base += part.length
            continue
        assert part.credit is not None
        credit = part.credit
        assert credit.length == part.length
        one_each = credit.first != credit.last
        mine = list(range(credit.first, credit.last + 1)) if one_each else [credit.first] * part.length
        assert {events[seq - 1].author for seq in mine} == {credit.author}
        if part.kind == "inserted":
            labels += mine
            after += part.text
        else:
            deleted |= {base + i: seq for i, seq in enumerate(mine)}
            before += part.text
            base += part.length
    assert labels == slow.labels
    assert deleted == {label: seq for label, seq in slow.deleted.items() if label < 0}
    assert (before, after) == (plain_text(old), plain_text(new))


def test_who_types_together_is_told_apart() -> None:
    typed = Chapter(1, [Stretch(["abcd"], 4)], [("ana", 2), ("bo", 2)], [10, 20, 30, 40])
    weave, credits = Weave(), Credits()
    weave.add(typed)
    credits.add(typed)
    assert blame(weave, credits) == [Credit(2, "ana", 1, 2, 10, 20), Credit(2, "bo", 3, 4, 30, 40)]


def test_who_deletes_backwards_is_told_from_who_goes_on() -> None:
    weave, credits = Weave(4), Credits(2)
    backwards = Chapter(3, [Stretch([2, -2], 2, True)], [("ana", 1), ("bo", 1)], [3, 4])
    weave.add(backwards)
    credits.add(backwards)
    assert compare(weave, credits, older="wxyz", newer="wx").parts == [
        Part("kept", 2),
        Part("deleted", 1, "y", Credit(1, "bo", 4, 4, 4, 4)),
        Part("deleted", 1, "z", Credit(1, "ana", 3, 3, 3, 3)),
    ]


def test_what_was_deleted_stands_before_what_was_typed_in_its_place() -> None:
    weave, credits = Weave(3), Credits(1)
    typed = Chapter(2, [Stretch([1, "X"]), Stretch([2, -1])], [("ana", 2)], [3, 4])
    weave.add(typed)
    credits.add(typed)
    compared = compare(weave, credits, older="abc", newer="aXc")
    assert [part.kind for part in compared.parts] == ["kept", "deleted", "inserted", "kept"]
    assert compared.operation == [1, -1, "X"]


def test_only_what_changed_of_the_formatting_is_in_the_operation() -> None:
    bold: Operation = [{"retain": 3, "attributes": {"bold": True}}]
    weave, credits = Weave(3), Credits(1)
    formatted = Chapter(2, [Stretch(bold)], [("ana", 1)], [3])
    weave.add(formatted)
    credits.add(formatted)
    compared = compare(weave, credits, older="abc", newer=apply("abc", bold))
    assert (compared.operation, compared.parts) == (bold, [Part("kept", 3)])
