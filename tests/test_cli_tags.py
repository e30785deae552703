"""``collab tags``: versions that have a name, and who gives it, on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli_helpers import Collab, done, objects, refused, words

# Named versions.


def test_a_version_is_named_renamed_and_forgotten(collab: Collab) -> None:
    assert done(collab("tags", "doc")) == ""
    named = done(collab("tags", "doc", "--add", "First  draft", "--at", "3", "--author", "ann"))
    assert named == "version 7: ann named version 3 “First draft”\n"
    done(collab("tags", "doc", "--add", "sent", "--author", "bob"))
    first, second = words(done(collab("tags", "doc")))
    assert re.fullmatch(r"7 \S+ \S+ ann version 3 First draft", first)
    assert re.fullmatch(r"8 \S+ \S+ bob version 7 sent", second)
    assert "renamed" in done(collab("tags", "doc", "--rename", "First draft", "draft"))
    assert "took the name" in done(collab("tags", "doc", "--delete", "8"))
    (tag,) = objects(done(collab("tags", "doc", "--json")))
    assert {**tag, "at": 0} == {"number": 7, "version": 3, "name": "draft", "author": "ann", "at": 0}
    assert "all is well" in done(collab("verify"))


def test_a_named_version_is_addressed_by_its_number_before_its_name(collab: Collab) -> None:
    done(collab("tags", "doc", "--add", "8", "--at", "1"))  # number 7
    done(collab("tags", "doc", "--add", "other", "--at", "2"))  # number 8
    done(collab("tags", "doc", "--delete", "8"))
    assert [tag["name"] for tag in objects(done(collab("tags", "doc", "--json")))] == ["8"]
    done(collab("tags", "doc", "--delete", "8"))
    assert done(collab("tags", "doc")) == ""


def test_tagging_as_json_prints_the_event(collab: Collab) -> None:
    (event,) = objects(done(collab("tags", "doc", "--add", "x", "--author", "zoe", "--json")))
    assert (event["seq"], event["type"], event["author"]) == (7, "tagged", "zoe")
    assert (event["of_version"], event["name"]) == (6, "x")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none"], "there is no document 'none'"),
        (["none", "--add", "x"], "there is no document 'none'"),
        (["doc", "--add", " "], "1 to 200 printable characters"),
        (["doc", "--add", "x", "--at", "7"], "there is no version 7, the newest is 6"),
        (["doc", "--delete", "x"], "there is no named version 'x'"),
        (["doc", "--rename", "3", "x"], "there is no named version '3'"),
        (["doc", "--add", "x", "--author", "\t"], "author: 1 to 200 printable characters"),
    ],
)
def test_tags_says_what_cannot_be_done(collab: Collab, arguments: list[str], reason: str) -> None:
    refused(collab("tags", *arguments), reason)
    assert '"version":6' in done(collab("show", "doc", "--json"))


def test_tags_takes_one_wish_at_a_time(collab: Collab) -> None:
    assert collab("tags", "doc", "--add", "x", "--delete", "x")[0] == 2
    assert collab("tags", "doc", "--at", "3")[0] == 2


def test_a_name_will_do_wherever_a_version_is_wanted(folder: Path, collab: Collab) -> None:
    done(collab("tags", "doc", "--add", "First draft", "--at", "2"))
    done(collab("tags", "doc", "--add", "two", "--at", "3"))
    assert done(collab("show", "doc", "--at", "First draft")) == "Hello"
    assert done(collab("show", "doc", "--at", " First   draft ")) == "Hello"
    assert "bob" not in done(collab("blame", "doc", "--at", "First draft"))
    assert done(collab("diff", "doc", "First draft", "two")) == "ann: +9 -0\nHello{+ wörld 😀+}\n"
    assert done(collab("export", "doc", "--at", "two")) == "Hello wörld 😀"
    assert "at version 3" in done(collab("fork", "doc", "new", "--at", "two"))
    preview = done(collab("undo", "doc", "--author-of", "ann", "--after", "First draft", "--until", "two"))
    assert preview.startswith("ann's 1 edit after version 2 up to 3 ")
    assert "content of version 2:" in done(collab("restore", "doc", "First draft"))
    refused(collab("show", "doc", "--at", "first draft"), "and no name of a version of 'doc'")


def test_what_looks_like_a_number_or_a_time_is_one_whatever_versions_are_called(collab: Collab) -> None:
    for name in ("2", "2023-11-14T22:13:22", "99"):
        done(collab("tags", "doc", "--add", name, "--at", "6"))
    assert done(collab("show", "doc", "--at", "2")) == "Hello"
    assert done(collab("show", "doc", "--at", "2023-11-14T22:13:22")) == "Hello wörld 😀"
    refused(collab("show", "doc", "--at", "99"), "there is no version 99, the newest is 9")


# Who does it.


def test_the_author_is_the_login_name_unless_it_is_said(collab: Collab) -> None:
    def author(*arguments: str, **env: str) -> str:
        event = objects(done(collab("tags", "doc", "--json", *arguments, **env)))[0]
        return str(event["author"])

    assert author("--add", "a", LOGNAME="mia") == "mia"
    assert author("--add", "b", LOGNAME="mia", COLLAB_AUTHOR="  Mia  K. ") == "Mia K."
    assert author("--add", "c", "--author", "[red]:smile:", COLLAB_AUTHOR="mia") == "[red]:smile:"
    lines = done(collab("log", "doc", "--after", "6")).splitlines()
    assert [re.split(r"  +", line.strip())[2] for line in lines] == ["mia", "Mia K.", "[red]:smile:"]
