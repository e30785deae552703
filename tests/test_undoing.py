"""Undoing one author's edits: laws over random histories, and what is said to be in the way."""

from __future__ import annotations

from random import Random

import pytest

from collab.chapters import Chapter, chapter_of
from collab.content import Content
from collab.events import Edited, Event, Renamed, encode, name_of
from collab.operation import Operation, Text, apply, normalize, plain_text, text_length
from collab.segments import Row, SegmentBuilder, Unpacked
from collab.undoing import Obstacle, Undoing, deleted, formatted
from tests.random_histories import RandomHistory
from tests.random_operations import random_operation, random_rich_text, random_text


def event(seq: int, author: str, op: Operation) -> Event:
    return Event("doc", seq, Edited(op), author, f"client of {author}", seq, at=seq)


def events_of(*edits: tuple[str, Operation]) -> list[Event]:
    return [event(seq, author, op) for seq, (author, op) in enumerate(edits, 1)]


def random_events(rng: Random, text: Text, authors: str, count: int) -> tuple[list[Event], Text]:
    """``count`` edits of ``text`` by random ones of ``authors``, a letter each, and what they lead to."""
    events = []
    for seq in range(1, count + 1):
        op = random_operation(rng, text, rich=not isinstance(text, str))
        events.append(event(seq, rng.choice(authors), op))
        text = apply(text, op)
    return events, text


def random_base(rng: Random, *, rich: bool) -> Text:
    return random_rich_text(rng, 8) if rich else random_text(rng, 20)


def rich(text: Text) -> Operation:
    return normalize([text] if isinstance(text, str) and text else [] if isinstance(text, str) else text)


def packed(events: list[Event]) -> Chapter:
    """The chapter that a segment of these events gives."""
    builder = SegmentBuilder("doc", events[0].seq)
    for e in events:
        type_, version = name_of(e.payload)
        builder.add(Row(type_, version, e.client, e.author, e.client_seq, e.at, e.seq, encode(e.payload)))
    return Unpacked("doc", builder.finish()).chapter(events[0].seq - 1, events[-1].seq)


# Laws.


@pytest.mark.parametrize("formatted_", [False, True])
def test_undoing_all_that_the_only_author_did_gives_the_base_content_exactly(formatted_: bool) -> None:
    for seed in range(200):
        rng = Random(seed)
        base = random_base(rng, rich=formatted_)
        events, text = random_events(rng, base, "a", 12)
        undoing = Undoing("a", base)
        undoing.take(events)
        assert rich(apply(text, undoing.op)) == rich(base), seed
        assert undoing.edits == sum(bool(e.op) for e in events)
        assert undoing.obstacles == []


def test_undoing_the_last_edits_gives_what_was_before_them() -> None:
    for seed in range(100):
        rng = Random(seed)
        base = random_base(rng, rich=True)
        before, middle = random_events(rng, base, "ab", 8)
        events, text = random_events(rng, middle, "a", 8)
        undoing = Undoing("a", middle)
        undoing.take(events)
        assert rich(apply(text, undoing.op)) == rich(middle), seed


WALL = "||||"


@pytest.mark.parametrize("formatted_", [False, True])
def test_where_authors_work_apart_undoing_one_is_the_history_without_that_one(formatted_: bool) -> None:
    """Each has a part of the text, with a wall that nobody touches between one and the next."""
    for seed in range(150):
        rng = Random(seed)
        parts = {author: rich(random_base(rng, rich=formatted_)) for author in "abc"}
        base = normalize([c for author in "abc" for c in [*parts[author], WALL]])
        now = dict(parts)
        events = []
        for seq in range(1, 25):
            author = rng.choice("abc")
            op = random_operation(rng, now[author], rich=formatted_)
            start = sum(text_length(now[a]) + len(WALL) for a in "abc" if a < author)
            now[author] = rich(apply(now[author], op))
            events.append(event(seq, author, normalize([start, *op] if start else op)))
        text = apply(base, normalize([]))
        for e in events:
            text = apply(text, e.op or [])
        for author in "abc":
            undoing = Undoing(author, base)
            split = rng.randint(0, len(events))
            undoing.take(events[:split])
            undoing.take(events[split:])
            without = now | {author: parts[author]}
            expected = normalize([c for a in "abc" for c in [*without[a], WALL]])
            assert rich(apply(text, undoing.op)) == expected, seed
            assert undoing.obstacles == []


@pytest.mark.parametrize("formatted_", [False, True])
def test_the_operation_always_fits_the_newest_text(formatted_: bool) -> None:
    for seed in range(300):
        rng = Random(seed)
        base = random_base(rng, rich=formatted_)
        events, text = random_events(rng, base, "abc", 20)
        for author in "abc":
            undoing = Undoing(author, base)
            now = Content(base)
            for e in events:
                undoing.take([e])
                now.apply(e.op or [])
                now.check(undoing.op)
            undone = Content(text)
            undone.check(undoing.op)
            undone.apply(undoing.op)
            assert text_length(undone.value()) >= 0


@pytest.mark.parametrize("seed", range(60))
def test_the_operation_fits_whole_documents_too(seed: int) -> None:
    """With typing at a caret, renaming, restoring and naming in between."""
    rng = Random(seed)
    history = RandomHistory(rng, "doc", rich=seed % 2 == 0, asking=True)
    events = [e for append in history.appends(80) for e in append.events]
    after, until = sorted((rng.randrange(len(events)), rng.randrange(1, len(events) + 1)))
    base: Text = ""
    for e in events[:after]:
        base = apply(base, e.op or [])
    for author in ("ann", "bob", "eve"):
        undoing = Undoing(author, base)
        undoing.take(events[after:until])
        if until < len(events):
            undoing.pass_over(packed(events[until:]))
        content = Content(history.text)
        content.check(undoing.op)
        content.apply(undoing.op)


def test_what_an_author_inserted_is_gone_and_all_that_others_inserted_is_there() -> None:
    """Letters tell who inserted them; the base has none."""
    for seed in range(200):
        rng = Random(seed)
        text = base = "." * rng.randint(0, 9)
        events = []
        for seq in range(1, 25):
            author = rng.choice("abc")
            place = rng.randint(0, len(text))
            if rng.random() < 0.7:
                op: Operation = [place, author * rng.randint(1, 3)]
            else:
                op = [place, -min(len(text) - place, rng.randint(1, 3))]
            op = normalize([step for step in op if step])
            op = [] if op and isinstance(op[-1], int) and op[-1] > 0 else op
            text = plain_text(apply(text, op))
            events.append(event(seq, author, op))
        undoing = Undoing("a", base)
        undoing.take(events)
        undone = plain_text(apply(text, undoing.op))
        assert "a" not in undone.replace(".", ""), seed
        kept = [c for c in text if c in "bc"]
        assert len([c for c in undone if c in "bc"]) >= len(kept)
        others = [c for c in undone if c in "bc"]
        rest = iter(others)
        assert all(c in rest for c in kept), seed


# What comes later.


@pytest.mark.parametrize("formatted_", [False, True])
def test_passing_over_a_chapter_is_taking_in_what_others_did(formatted_: bool) -> None:
    for seed in range(150):
        rng = Random(seed)
        history = RandomHistory(rng, "doc", rich=formatted_)
        events = [e for append in history.appends(70) for e in append.events]
        middle = rng.randint(5, len(events) - 5)
        later = [e.__replace__(author=f"{e.author}!") for e in events[middle:]]
        for author in ("ann", "bob"):
            one_by_one, by_rows, by_segments = (Undoing(author, "") for _ in range(3))
            for undoing in (one_by_one, by_rows, by_segments):
                undoing.take(events[:middle])
            one_by_one.take(later)
            split = rng.randint(1, len(later) - 1)
            for part in (later[:split], later[split:]):
                by_rows.pass_over(chapter_of(part, first=part[0].seq))
                by_segments.pass_over(packed(part))
            assert by_rows.op == by_segments.op == one_by_one.op, seed
            assert by_rows.edits == by_segments.edits == one_by_one.edits
            assert by_rows.obstacles == one_by_one.obstacles, seed
            assert amounts(by_segments) == amounts(one_by_one), seed


def amounts(undoing: Undoing) -> list[tuple[str, int, int]]:
    """The obstacles without the events, of which a segment tells those in a row together."""
    return [(o.author, o.deleted, o.formatted) for o in undoing.obstacles]


def test_the_authors_own_later_edits_are_passed_over_like_any_others() -> None:
    events = events_of(("ann", ["abc"]), ("bob", [3, "x"]), ("ann", [4, "later"]))
    undoing = Undoing("ann", "")
    undoing.take(events[:2])
    undoing.pass_over(chapter_of(events[2:], first=3))
    assert (undoing.op, undoing.edits) == ([-3], 1)
    assert apply("abcxlater", undoing.op) == "xlater"


# What is in the way.


def test_obstacles_name_who_deleted_what_was_to_go_and_how_much() -> None:
    undoing = Undoing("ann", "")
    undoing.take(events_of(("ann", ["abcdef"]), ("bob", [1, -2]), ("cy", [3, -1])))
    assert undoing.obstacles == [Obstacle("bob", 2, 2, 2, 0), Obstacle("cy", 3, 3, 1, 0)]
    assert undoing.op == [-3]


def test_obstacles_name_who_changed_the_formatting_since() -> None:
    bold: Operation = [{"retain": 4, "attributes": {"bold": True}}]
    unbold: Operation = [1, {"retain": 2, "attributes": {"bold": None}}]
    undoing = Undoing("ann", ["abcd"])
    undoing.take(events_of(("ann", bold), ("bob", unbold)))
    assert undoing.obstacles == [Obstacle("bob", 2, 2, 0, 2)]
    plain = {"bold": None}
    assert undoing.op == [{"retain": 1, "attributes": plain}, 2, {"retain": 1, "attributes": plain}]


def test_what_one_author_did_in_a_row_is_one_obstacle() -> None:
    undoing = Undoing("ann", "")
    edits: list[tuple[str, Operation]] = [
        ("ann", ["abcdefgh"]),
        ("bob", [-1]),
        ("bob", [7, "mine"]),
        ("bob", [1, -1]),
        ("cy", [-1]),
        ("bob", [-1]),
    ]
    undoing.take(events_of(*edits))
    assert undoing.obstacles == [
        Obstacle("bob", 2, 4, 2, 0),
        Obstacle("cy", 5, 5, 1, 0),
        Obstacle("bob", 6, 6, 1, 0),
    ]


def test_who_deletes_alternately_in_one_place_is_told_apart_in_a_segment_too() -> None:
    """A segment has them as one stretch."""
    events = events_of(
        ("ann", ["abcdef"]), ("bob", [-1]), ("bob", [-1]), ("cy", [-1]), ("cy", [-1]), ("bob", [-1])
    )
    assert len(packed(events[1:]).stretches) == 1
    undoing = Undoing("ann", "")
    undoing.take(events[:1])
    undoing.pass_over(packed(events[1:]))
    assert undoing.obstacles == [
        Obstacle("bob", 2, 3, 2, 0),
        Obstacle("cy", 4, 5, 2, 0),
        Obstacle("bob", 6, 6, 1, 0),
    ]


STRETCHES: list[tuple[Text, list[Operation]]] = [
    ("abcdef", [[5, -1], [4, -1], [3, -1], [2, -1]]),
    ("abcdef", [[2, -1], [2, -1], [2, -1], [2, -1]]),
    ("ab😀😀😀cd", [[6, -2], [4, -2], [2, -2]]),
    ("abcd", [[2, "😀"], [4, "x"], [5, "😀"], [7, "y"]]),
    ("abcdef", [[-1], [-1], [-1]]),
    ("abc", [["x"], [1, "y"], [2, "z"]]),
]


@pytest.mark.parametrize(("text", "ops"), STRETCHES)
def test_a_stretch_that_several_made_is_passed_over_as_one_after_the_other(
    text: Text, ops: list[Operation]
) -> None:
    """Whoever of them did which part, and wherever what is undone lies beside it."""
    for seed in range(40):
        rng = Random(seed)
        undo = random_operation(rng, text)
        undoings = [Undoing("ann", text), Undoing("ann", text)]
        for undoing in undoings:
            undoing.op = undo
        later = [event(seq, rng.choice(["bob", "cy", "dee"]), op) for seq, op in enumerate(ops, 2)]
        chapter = packed(later)
        assert len(chapter.stretches) == 1
        undoings[0].pass_over(chapter)
        undoings[1].take(later)
        assert undoings[0].op == undoings[1].op, seed
        assert amounts(undoings[0]) == amounts(undoings[1]), seed


def test_what_others_put_between_or_did_elsewhere_is_no_obstacle() -> None:
    undoing = Undoing("ann", "base")
    undoing.take(events_of(("ann", [4, "abcd"]), ("bob", [6, "x"]), ("bob", [-2]), ("cy", [4, "y"])))
    assert undoing.obstacles == []
    assert apply("seabyxcd", undoing.op) == "seyx"


def test_what_the_author_deleted_comes_back_where_it_was() -> None:
    undoing = Undoing("ann", "abcdef")
    undoing.take(events_of(("ann", [2, -2]), ("bob", ["x"]), ("bob", [5, "y"])))
    assert apply("xabefy", undoing.op) == "xabcdefy"
    assert undoing.obstacles == []


def test_what_changes_nothing_is_no_edit() -> None:
    undoing = Undoing("ann", "abc")
    undoing.take([Event("doc", 1, Renamed("x"), "ann", "server", 0, 1), event(2, "ann", [])])
    assert (undoing.edits, undoing.op) == (0, [])


def test_amounts_are_units() -> None:
    op: Operation = [1, -3, "abc", {"retain": 4, "attributes": {"bold": True}}, -2]
    assert (deleted(op), formatted(op)) == (5, 4)
