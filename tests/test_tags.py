"""Named versions: what the events about them leave, and which names there may be."""

from __future__ import annotations

import pytest

from collab.errors import InvalidName, TagExists, TooManyTags, UnknownTag
from collab.events import Edited, Event, Payload, Tagged, TagRenamed, Untagged
from collab.tags import MAX_NAME, MOST_TAGS, Tag, Tags


def happen(tags: Tags, seq: int, payload: Payload, author: str = "ann") -> None:
    tags.evolve(Event("d", seq, payload, author, "server", 0, at=seq * 10))


def tags_of(*names: str) -> Tags:
    """Tags of these names, numbered from 1."""
    return Tags(Tag(number, 1, name, "ann", 0) for number, name in enumerate(names, 1))


def test_a_tag_has_the_number_the_author_and_the_time_of_its_event() -> None:
    tags = Tags()
    happen(tags, 7, Tagged(3, "draft"), "bob")
    assert tags.all() == [Tag(7, 3, "draft", "bob", 70)]


def test_a_renamed_tag_keeps_its_number_version_author_and_time() -> None:
    tags = Tags()
    happen(tags, 7, Tagged(3, "draft"))
    happen(tags, 8, Tagged(4, "other"))
    happen(tags, 9, TagRenamed(7, "final"), "bob")
    assert tags.all() == [Tag(7, 3, "final", "ann", 70), Tag(8, 4, "other", "ann", 80)]


def test_an_untagged_version_loses_only_its_name() -> None:
    tags = Tags()
    happen(tags, 7, Tagged(3, "draft"))
    happen(tags, 8, Tagged(3, "the same version"))
    happen(tags, 9, Untagged(7))
    assert [tag.number for tag in tags.all()] == [8]


def test_what_is_not_about_tags_changes_none() -> None:
    tags = tags_of("draft")
    happen(tags, 9, Edited(["x"]))
    assert tags.all() == tags_of("draft").all()


def test_a_number_is_known_until_it_is_untagged() -> None:
    tags = tags_of("draft")
    tags.check_number(1)
    happen(tags, 9, Untagged(1))
    for number in (1, 9):
        with pytest.raises(UnknownTag):
            tags.check_number(number)


def test_spaces_around_and_between_words_do_not_count() -> None:
    assert Tags().check_name("  the \t final\n draft ") == "the final draft"
    with pytest.raises(TagExists):
        tags_of("final draft").check_name(" final   draft ")


@pytest.mark.parametrize("name", ["", "   ", "\n", "bell\a", "zero\u200bwidth", "x" * (MAX_NAME + 1), "a\0"])
def test_names_are_short_printable_and_not_empty(name: str) -> None:
    with pytest.raises(InvalidName):
        Tags().check_name(name)


@pytest.mark.parametrize("name", ["x", "x" * MAX_NAME, "Größe 😀", "x" * MAX_NAME + "   "])
def test_any_other_name_will_do(name: str) -> None:
    assert Tags().check_name(name) == name.strip()


def test_no_two_versions_have_one_name() -> None:
    tags = tags_of("draft", "final")
    with pytest.raises(TagExists) as exists:
        tags.check_name("draft")
    assert exists.value.name == "draft"
    with pytest.raises(TagExists):
        tags.check_name("draft", of=2)


def test_a_tag_may_keep_its_name_and_a_name_that_is_free_again_may_be_given() -> None:
    tags = tags_of("draft", "final")
    assert tags.check_name("draft", of=1) == "draft"
    assert tags.check_name("Draft") == "Draft"
    happen(tags, 8, TagRenamed(1, "older"))
    assert tags.check_name("draft") == "draft"
    happen(tags, 9, Untagged(2))
    assert tags.check_name("final") == "final"


def test_there_are_only_so_many_and_one_of_them_may_be_renamed() -> None:
    tags = tags_of(*(f"n° {i}" for i in range(MOST_TAGS - 1)))
    assert tags.check_name("the last")
    happen(tags, 5_000, Tagged(1, "the last"))
    with pytest.raises(TooManyTags) as many:
        tags.check_name("one more")
    assert many.value.limit == MOST_TAGS
    assert tags.check_name("renamed", of=1) == "renamed"
    happen(tags, 5_001, Untagged(1))
    assert tags.check_name("one more")
