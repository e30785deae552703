"""When a text was in a document: held to what one finds by looking at every version."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from collab.chapters import Chapter, chapter_of
from collab.operation import Operation, apply, plain_text
from collab.runs import Runs, RunsBuilder, Stretch
from collab.sightings import Sighting, Sightings
from collab.units import expand, length
from tests.random_histories import RandomHistory


def naively(versions: list[str], wanted: str) -> list[tuple[str, int]]:
    """By looking into each version, of which the first is 0."""
    found = []
    for seq in range(1, len(versions)):
        was, is_ = wanted in versions[seq - 1], wanted in versions[seq]
        if was != is_:
            found.append(("appeared" if is_ else "disappeared", seq))
    return found


def check(sightings: list[Sighting], versions: list[str], wanted: str) -> None:
    assert [(each.kind, each.seq) for each in sightings] == naively(versions, wanted)
    for each in sightings:
        text = expand(versions[each.seq if each.kind == "appeared" else each.seq - 1])
        assert text[each.offset :].startswith(expand(wanted)), each


def typing(rng: Random, letters: str, events: int) -> list[Operation]:
    """Somebody who types and deletes at a caret, backwards and forwards, and sometimes moves."""
    ops: list[Operation] = []
    length = 0
    while len(ops) < events:
        place = rng.randint(0, length)
        kind = rng.choice(["type", "type", "back", "forwards", "replace"])
        for _ in range(rng.randint(1, 6)):
            at: Operation = [place] if place else []
            if kind == "type":
                ops.append([*at, rng.choice(letters)])
                place, length = place + 1, length + 1
            elif kind == "back" and place:
                place, length = place - 1, length - 1
                ops.append([place, -1] if place else [-1])
            elif kind == "forwards" and place < length:
                ops.append([*at, -1])
                length -= 1
            elif kind == "replace" and place + 2 < length:
                ops.append([*at, -1, rng.choice(letters), 1, rng.choice(letters)])
                length += 1
    return ops


def chapter_in_runs(ops: list[Operation]) -> Chapter:
    """As a store that has packed them tells it."""
    builder = RunsBuilder()
    for op in ops:
        builder.add("edited", 1, msgspec.json.encode([op]))
    stretches = [
        each if isinstance(each, Stretch) else Stretch(msgspec.json.decode(each[2])[0])
        for each in Runs(builder.finish()).stretches(0, len(ops))
    ]
    return Chapter(1, stretches, [("ana", len(ops))], list(range(len(ops))))


def typing_emoji(rng: Random, events: int) -> list[Operation]:
    """The same, where some letters are two units long, and no pair is cut in two."""
    letters: list[str] = []
    ops: list[Operation] = []
    while len(ops) < events:
        index = rng.randint(0, len(letters))
        kind = rng.choice(["type", "type", "back", "forwards"])
        for _ in range(rng.randint(1, 6)):
            if kind == "type":
                step: str | int = rng.choice("a😀😁")
                place = length("".join(letters[:index]))
                letters.insert(index, str(step))
                index += 1
            elif index and kind == "back" or index < len(letters) and kind == "forwards":
                index -= kind == "back"
                step = -length(letters.pop(index))
                place = length("".join(letters[:index]))
            else:
                break
            ops.append([place, step] if place else [step])
    return ops


@pytest.mark.parametrize("seed", range(60))
def test_in_runs_of_typing_it_is_seen_whenever_it_is_there(seed: int) -> None:
    rng = Random(seed)
    emoji = seed % 2
    ops = typing_emoji(rng, 150) if emoji else typing(rng, "ab", 150)
    versions = [""]
    for op in ops:
        versions.append(plain_text(apply(versions[-1], op)))
    chapter = chapter_in_runs(ops)
    assert len(chapter.stretches) < len(ops)
    for wanted in ("a", "ab", "aba", "bbaa", "ababa", "aabbaab"):
        wanted = wanted.replace("b", "😀") if emoji else wanted
        sightings = Sightings(wanted)
        sightings.add(chapter)
        check(sightings.found, versions, wanted)


@pytest.mark.parametrize("seed", range(30))
def test_in_whole_histories_it_is_seen_whenever_it_is_there(seed: int) -> None:
    history = RandomHistory(Random(seed), "doc", asking=True)
    events = [event for append in history.appends(200) for event in append.events]
    contents = [""]
    text = ""
    for event in events:
        text = apply(text, event.op or [])  # type: ignore[assignment]
        contents.append(plain_text(text))
    piece = contents[len(contents) // 2][3:7].partition("\ufffc")[0]
    for wanted in ("a", "b", "😀", "ab", "a\n", piece or "x"):
        sightings = Sightings(wanted)
        middle = len(events) // 2
        sightings.add(chapter_of(events[:middle], first=1))
        sightings.add(chapter_of(events[middle:], first=middle + 1))
        check(sightings.found, contents, wanted)
        for each in sightings.found:
            assert (each.author, each.at) == (events[each.seq - 1].author, events[each.seq - 1].at)


def test_it_may_come_and_go_within_one_run() -> None:
    sightings = Sightings("ac")
    sightings.add(Chapter(1, [Stretch(["c"]), Stretch(["ab"], 2)], [("ana", 1), ("bo", 2)], [5, 6, 7]))
    assert sightings.found == [
        Sighting(2, "bo", 6, "appeared", 0),
        Sighting(3, "bo", 7, "disappeared", 0),
    ]


def test_each_sighting_has_its_author_where_authors_take_turns_event_by_event() -> None:
    stretches = [Stretch(["x"]), Stretch([-1])] * 3
    turns = [("ana", 1), ("bo", 2), ("ana", 1), ("cy", 1), ("bo", 1)]
    sightings = Sightings("x")
    for first, half in ((1, stretches), (7, stretches)):
        sightings.add(Chapter(first, half, turns, list(range(first, first + 6))))
    assert [each.author for each in sightings.found] == ["ana", "bo", "bo", "ana", "cy", "bo"] * 2
    assert [each.at for each in sightings.found] == list(range(1, 13))


def test_an_embed_is_one_unit_in_which_nothing_is_found() -> None:
    embed: Operation = ["a", {"insert": {"image": "x"}}, "b😀"]
    for wanted, offsets in (("\ufffc", []), ("ab", []), ("b", [2]), ("😀", [3])):
        sightings = Sightings(wanted)
        sightings.add(Chapter(1, [Stretch(embed)], [("ana", 1)], [0]))
        assert [each.offset for each in sightings.found] == offsets, wanted
    sightings = Sightings("\ufffc")
    sightings.add(Chapter(1, [Stretch(["\ufffc"])], [("ana", 1)], [0]))
    assert [each.offset for each in sightings.found] == [0]  # somebody's letter
