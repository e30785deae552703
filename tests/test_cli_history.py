"""The commands that name, bring back, take back, copy, carry away and prove histories."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from collab.chain import MARK_EVERY, Chain, beginning
from collab.cli import main, writing
from collab.cli.main import app
from collab.client import SharedDocument
from collab.errors import StoreBusy, VersionConflict
from collab.events import Created, Edited
from collab.hub import Hub
from collab.local_server import LocalServer
from collab.moving import exported
from collab.operation import inserted_text
from collab.revising import Reviser
from collab.store import rows, sealing
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import Collab, in_terminal, objects, run
from tests.golden.make import GOLDEN
from tests.helpers import agree, within
from tests.store_helpers import SECOND, T0, append_of, created, rewrite

VERIFIER = Path(__file__).parent.parent / "collab" / "cli" / "verify_proof.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose collab.db has a document "doc" of six versions, by ann, bob and ann."""

    async def fill() -> None:
        async with await SQLiteStore.open(tmp_path / "collab.db", packs=False) as store:
            await store.append(append_of("doc", 0, [Created("e1", title="Notes")], client_seq=0))
            await store.append(append_of("doc", 1, [Edited(["Hello"]), Edited([5, " wörld 😀"])]))
            bobs = [Edited([5, -2, ","]), Edited(["Oh. "])]
            await store.append(append_of("doc", 3, bobs, client="c2", author="bob", client_seq=1))
            await store.append(append_of("doc", 5, [Edited([17, "!"])]))

    asyncio.run(fill())
    return tmp_path


TEXT = "Oh. Hello,örld 😀!"


@pytest.fixture
def collab(folder: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> Collab:
    """Runs a command in `folder`, in this process; its exit code, output and errors."""
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("COLLAB_")]:
        monkeypatch.delenv(name)

    def call(*arguments: str | Path, stdin: bytes = b"", **env: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["collab", *map(str, arguments)])
            patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
            for name, value in env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        output, errors = capsysbinary.readouterr()
        assert ended.value.code is None or isinstance(ended.value.code, int)
        return ended.value.code or 0, output.decode(), errors.decode()

    return call


def done(result: tuple[int, str, str]) -> str:
    """The output of a command that did what it should."""
    code, output, errors = result
    assert (code, errors) == (0, "")
    return output


def refused(result: tuple[int, str, str], reason: str) -> None:
    """A command said in one line why it did nothing."""
    code, output, errors = result
    assert (code, output) == (1, "")
    assert errors.startswith("collab: ")
    assert reason in errors
    assert errors.count("\n") == 1


def words(output: str) -> list[str]:
    return [" ".join(line.split()) for line in output.splitlines()]


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


# restore


def test_restore_brings_a_version_back_and_says_how_to_go_back(collab: Collab) -> None:
    said = done(collab("restore", "doc", "3", "--author", "zoe"))
    assert said.splitlines() == [
        "version 7 of doc has the content of version 3: 2 units inserted, 6 deleted",
        "Nothing is lost: collab restore doc 6 goes back.",
    ]
    assert done(collab("show", "doc")) == "Hello wörld 😀"
    (event,) = objects(done(collab("log", "doc", "--after", "6", "--json")))
    assert (event["type"], event["of_version"], event["author"]) == ("restored", 3, "zoe")
    assert words(done(collab("log", "doc", "--type", "restored")))[0].startswith("7 ")
    back = re.search(r"collab (.*) goes back", said)
    assert back is not None
    done(collab(*shlex.split(back[1])))
    assert done(collab("show", "doc")) == TEXT
    assert "all is well" in done(collab("verify"))


def test_the_way_back_names_another_database(folder: Path, collab: Collab) -> None:
    (folder / "collab.db").rename(folder / "my notes.db")
    assert "collab restore doc 6 --db 'my notes.db' goes" in done(
        collab("restore", "doc", "3", "--db", "my notes.db")
    )
    assert "collab restore doc 7 goes" in done(collab("restore", "doc", "2", COLLAB_DB="my notes.db"))


def test_restore_says_what_cannot_be_done(collab: Collab) -> None:
    refused(collab("restore", "doc", "6"), "version 6 has the content of version 6")
    refused(collab("restore", "doc", "7"), "there is no version 7, the newest is 6")
    refused(collab("restore", "none", "1"), "there is no document 'none'")
    refused(collab("restore", "doc", "soon"), "'soon' is no number")


# undo


def test_undo_without_yes_only_shows_what_it_would_do(collab: Collab) -> None:
    lines = done(collab("undo", "doc", "--author-of", "ann")).splitlines()
    assert lines == [
        "ann's 3 edits after version 0 up to 6 can be taken back in version 6 like this: 13 units deleted",
        "Oh. [-Hello-],[-örld 😀!-]",
        "2 units of ann were deleted already by bob in event 4",
        "Nothing was changed: this is what --yes would do.",
    ]
    assert done(collab("show", "doc")) == TEXT


def test_undo_takes_back_one_authors_edits_and_no_others(collab: Collab) -> None:
    lines = done(collab("undo", "doc", "--author-of", "bob", "--yes", "--author", "zoe")).splitlines()
    said = "bob's 2 edits after version 0 up to 6 can be taken back in version 6 like this"
    assert lines == [
        f"{said}: 2 units inserted, 5 deleted",
        "[-Oh. -]Hello{+ w+}[-,-]örld 😀!",
        "version 7 of doc: 2 units inserted, 5 deleted",
        "Nothing is lost: collab restore doc 6 goes back.",
    ]
    assert done(collab("show", "doc")) == "Hello wörld 😀!"
    (line,) = words(done(collab("log", "doc", "--after", "6")))
    assert re.fullmatch(r"7 \S+ \S+ zoe undid bob's edits 1 to 6: .*", line)
    assert "all is well" in done(collab("verify"))


def test_undo_can_be_confined_to_a_part_of_the_history(collab: Collab) -> None:
    done(collab("undo", "doc", "--author-of", "bob", "--after", "4", "--until", "5", "--yes"))
    assert done(collab("show", "doc")) == "Hello,örld 😀!"


def test_undo_as_json_has_the_plan_and_the_event_if_there_is_one(collab: Collab) -> None:
    (looked,) = objects(done(collab("undo", "doc", "--author-of", "ann", "--json")))
    assert looked["event"] is None
    assert (looked["plan"]["edits"], looked["plan"]["version"]) == (3, 6)
    assert looked["plan"]["obstacles"] == [
        {"author": "bob", "first": 4, "last": 4, "deleted": 2, "formatted": 0}
    ]
    (acted,) = objects(done(collab("undo", "doc", "--author-of", "ann", "--json", "--yes")))
    assert acted["plan"] == looked["plan"]
    assert (acted["event"]["seq"], acted["event"]["of_author"]) == (7, "ann")
    assert acted["event"]["op"] == looked["plan"]["op"]
    assert done(collab("show", "doc")) == "Oh. ,"


def test_undo_asks_in_a_terminal_and_takes_no_for_an_answer(folder: Path, collab: Collab) -> None:
    code, seen = in_terminal("undo", "doc", "--author-of", "ann", cwd=folder, answer="n\n")
    assert code == 1
    assert "Do it? [y/N]" in seen
    assert "\x1b[" in seen
    assert done(collab("show", "doc")) == TEXT
    code, seen = in_terminal("undo", "doc", "--author-of", "ann", cwd=folder, answer="y\n")
    assert code == 0
    assert done(collab("show", "doc")) == "Oh. ,"


def test_undo_says_when_nothing_is_left_to_undo(folder: Path, collab: Collab) -> None:
    refused(collab("undo", "doc", "--author-of", "nobody"), "no edits of nobody after version 0 up to 6")
    refused(collab("undo", "doc", "--author-of", "ann", "--after", "6"), "6 doesn't come before 6")
    done(collab("restore", "doc", "1", "--author", "carl"))
    code, output, errors = collab("undo", "doc", "--author-of", "ann", "--yes")
    assert code == 1
    assert "13 units of ann were deleted already by carl in event 7" in output
    assert errors == "collab: nothing is left of ann's edits\n"
    assert '"version":7' in done(collab("show", "doc", "--json"))


# fork


def test_fork_makes_a_document_of_a_version(collab: Collab) -> None:
    assert done(collab("fork", "doc", "new", "--at", "3", "--author", "zoe")) == (
        "new “Notes” is a fork of doc at version 3\n"
    )
    (record,) = objects(done(collab("fork", "doc", "newer", "--title", "Other", "--json")))
    assert (record["id"], record["title"], record["version"]) == ("newer", "Other", 1)
    assert done(collab("show", "new")) == "Hello wörld 😀"
    assert done(collab("show", "newer")) == TEXT
    (line,) = words(done(collab("log", "new")))
    assert "zoe created the document “Notes” as a fork of “doc” at version 3: inserted" in line
    assert "all is well" in done(collab("verify"))


def test_fork_says_what_cannot_be_done(collab: Collab) -> None:
    refused(collab("fork", "doc", "doc"), "document 'doc' exists already")
    refused(collab("fork", "doc", "a b"), "document id: ")
    refused(collab("fork", "none", "new"), "there is no document 'none'")
    refused(collab("fork", "doc", "new", "--at", "7"), "there is no version 7")
    refused(collab("show", "new"), "there is no document 'new'")


# export


def test_export_prints_or_writes_the_text_of_any_version(folder: Path, collab: Collab) -> None:
    assert done(collab("export", "doc")) == TEXT
    assert done(collab("export", "doc", "--format", "markdown", "--at", "3")) == "Hello wörld 😀"
    assert done(collab("export", "doc", "-o", "-")) == TEXT
    assert done(collab("export", "doc", "-o", "doc.txt", "--at", "2")) == ("doc at version 2 is in doc.txt\n")
    assert (folder / "doc.txt").read_bytes() == b"Hello"


def test_export_as_json_has_the_version_and_the_formatting(folder: Path, collab: Collab) -> None:
    asyncio.run(golden(folder, 2))
    found = json.loads(done(collab("export", "formatted", "--format", "json", "--at", "90")))
    assert found == json.loads(done(collab("show", "formatted", "--json", "--at", "90")))
    assert any("attributes" in step for step in found["content"])
    assert done(collab("export", "formatted", "--json", "--at", "90")).startswith('{"document":')


def test_export_overwrites_nothing_unless_it_is_forced(folder: Path, collab: Collab) -> None:
    file = folder / "doc.txt"
    file.write_text("mine")
    for format in ("text", "json", "history"):
        refused(collab("export", "doc", "-o", file, "--format", format), "is there already")
    refused(collab("proof", "doc", "-o", file), "is there already: --force overwrites it")
    assert file.read_text() == "mine"
    done(collab("export", "doc", "-o", file, "--force"))
    assert file.read_text() == TEXT
    done(collab("proof", "doc", "-o", file, "--force"))
    assert file.read_text().startswith('{"collab":"history"')


def test_force_replaces_nothing_but_an_ordinary_file(folder: Path, collab: Collab) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    (folder / "sub" / "real").write_text("old")
    (folder / "link").symlink_to("sub/real")
    for path in ("pipe", "sub"):
        refused(collab("export", "doc", "-o", path, "--force"), "is no ordinary file, and is left as it is")
        refused(collab("export", "doc", "-o", path), "is there already")
    assert (folder / "pipe").is_fifo()
    done(collab("export", "doc", "-o", "link", "--force"))
    assert (folder / "link").is_symlink()
    assert (folder / "sub" / "real").read_text() == TEXT
    assert len(list((folder / "sub").iterdir())) == 1


def test_an_export_that_fails_leaves_no_file_and_harms_none(folder: Path, collab: Collab) -> None:
    (folder / "old.history").write_text("mine")
    rewrite(folder / "collab.db", "UPDATE events SET payload = 'x' WHERE seq = 4")
    before = sorted(folder.iterdir())
    for more in (["-o", "new.history"], ["-o", "old.history", "--force"], ["-o", "nowhere/x"]):
        code, output, errors = collab("export", "doc", "--format", "history", *more)
        assert (code, output, errors.count("\n")) == (1, "", 1)
    refused(collab("export", "none", "-o", "new.txt"), "there is no document 'none'")
    refused(collab("export", "none", "--format", "history"), "there is no document 'none'")
    assert sorted(folder.iterdir()) == before
    assert (folder / "old.history").read_text() == "mine"


def test_a_history_that_lacks_its_end_is_not_exported(folder: Path, collab: Collab) -> None:
    rewrite(folder / "collab.db", "DELETE FROM events WHERE seq = 6")
    code, _, errors = collab("export", "doc", "--format", "history", "-o", "x")
    assert (code, errors.count("\n")) == (1, 1)
    assert "event 6: missing" in errors


def test_a_history_is_exported_whole(collab: Collab) -> None:
    assert collab("export", "doc", "--format", "history", "--at", "3")[0] == 2


# Away and back again.


async def golden(folder: Path, version: int) -> None:
    """Put a file that a program of long ago wrote in the place of `folder`'s database."""
    path = folder / "collab.db"
    path.unlink()
    path.write_bytes(gzip.decompress((GOLDEN / f"schema_{version}.db.gz").read_bytes()))


@pytest.mark.parametrize("name", ["plain", "formatted"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_history_comes_back_bit_for_bit(folder: Path, collab: Collab, version: int, name: str) -> None:
    asyncio.run(golden(folder, version))
    done(collab("tags", name, "--add", "Grüße 😀", "--at", "60"))
    done(collab("restore", name, "Grüße 😀"))
    done(collab("undo", name, "--author-of", "eve", "--until", "100", "--yes"))
    done(collab("tags", name, "--add", "x"))
    done(collab("tags", name, "--delete", "x"))
    done(collab("export", name, "--format", "history", "-o", "away"))
    lines = (folder / "away").read_bytes().splitlines()
    assert lines[1].startswith(b'["created",1,')  # as it was written then, and not as it would be today
    said = done(collab("import", "away", "--db", "other.db"))
    assert re.search(rf"^{name} .*is there now at version 1\d\d, with its whole history$", said)
    for packed in (True, False):
        if not packed:
            done(collab("pack", "--db", "other.db"))
        done(collab("export", name, "--format", "history", "-o", "back", "--force", "--db", "other.db"))
        assert (folder / "back").read_bytes() == (folder / "away").read_bytes()
    assert "all is well" in done(collab("verify", "--db", "other.db"))
    for command in (["log", name, "--json"], ["show", name, "--json"], ["tags", name, "--json"]):
        assert collab(*command, "--db", "other.db") == collab(*command)


def test_a_fork_comes_back_bit_for_bit_through_a_pipe(collab: Collab) -> None:
    done(collab("fork", "doc", "new", "--at", "4"))
    away = done(collab("export", "new", "--format", "history")).encode()
    (record,) = objects(done(collab("import", "-", "--db", "other.db", "--json", stdin=away)))
    assert (record["id"], record["version"]) == ("new", 1)
    assert done(collab("export", "new", "--format", "history", "--db", "other.db")).encode() == away


def test_a_history_can_get_another_id_but_none_that_is_taken(collab: Collab) -> None:
    away = done(collab("export", "doc", "--format", "history")).encode()
    refused(collab("import", "-", stdin=away), "document 'doc' exists already")
    assert "copy “Notes” is there" in done(collab("import", "-", "--as", "copy", stdin=away))
    assert done(collab("log", "copy", "--json")) == done(collab("log", "doc", "--json"))
    refused(collab("import", "-", "--as", "a b", stdin=away), "document id: ")
    refused(collab("import", "-", "--as", "d", "--title", "x", stdin=away), "a history has its own title")
    assert "2 documents" in done(collab("verify"))


LINES = 8
"""Of the history of `folder`'s document: six events between the first line and the last."""


@pytest.mark.parametrize("number", range(1, LINES + 1))
@pytest.mark.parametrize("change", ["missing", "twice", "broken", "swapped"])
def test_a_changed_line_is_refused_with_its_number(collab: Collab, number: int, change: str) -> None:
    lines = done(collab("export", "doc", "--format", "history")).encode().splitlines(keepends=True)
    i = number - 1
    assert len(lines) == LINES
    if change == "missing":
        del lines[i]
    elif change == "twice":
        lines.insert(i, lines[i])
    elif change == "broken":
        lines[i] = lines[i][:-2] + b"\n"
    else:
        number = max(1, min(number, LINES - 1))
        i = number - 1
        lines[i : i + 2] = lines[i : i + 2][::-1]
    where = number + (change == "twice")
    code, output, errors = collab("import", "-", "--db", "other.db", stdin=b"".join(lines))
    if lines[0][:2] != b'{"' or change == "broken" and number == 1 or b'"collab"' not in lines[0]:
        assert "document's id is to be" in errors  # no history at all, but a text without a name
    else:
        assert errors.startswith(f"collab: line {where}: "), errors
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert done(collab("verify", "--db", "other.db")) == "0 documents, 0 events: all is well\n"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (b'"Hello"', b'"Hullo"', LINES),  # fits what comes before and after: only the digest tells
        (b'"ann",2,', b'"bob",2,', LINES),
        (b'"Hello"', b'"Hell"', 4),  # the next edit is past the end
        (b'["edited",1', b'["edited",9', 3),
        (b'["edited",1', b'["eaten",1', 3),
        (str(T0 + 2 * SECOND).encode(), str(T0 + 20 * SECOND).encode(), 5),
        (b'"digest":"', b'"digest":"0', LINES),
        (b'"version":6', b'"version":5', LINES - 1),
        (b'"document":"doc"', b'"document":"dog"', LINES),
        (b'"format":1', b'"format":2', 1),
    ],
)
def test_a_history_that_was_tampered_with_is_refused(
    collab: Collab, old: bytes, new: bytes, where: int
) -> None:
    away = done(collab("export", "doc", "--format", "history")).encode()
    assert old in away
    refused(collab("import", "-", "--db", "o.db", stdin=away.replace(old, new, 1)), f"line {where}: ")
    assert done(collab("verify", "--db", "o.db")) == "0 documents, 0 events: all is well\n"


def test_a_bar_is_shown_in_a_terminal_and_nowhere_else(folder: Path, collab: Collab) -> None:
    code, seen = in_terminal("export", "doc", "--format", "history", "-o", "away", cwd=folder)
    assert (code, "6/6" in seen) == (0, True)
    code, seen = in_terminal("import", "away", "--as", "copy", cwd=folder)
    assert (code, "6/6" in seen) == (0, True)
    code, _, errors = run("import", "away", "--as", "copy2", cwd=folder)
    assert (code, errors) == (0, b"")
    code, output, errors = run("export", "doc", "--format", "history", cwd=folder)
    assert (code, output, errors) == (0, (folder / "away").read_bytes(), b"")


def test_sessions_tell_who_worked_when(collab: Collab) -> None:
    printed = done(collab("sessions", "doc")).splitlines()
    assert [re.sub(r"\s+", " ", line).strip() for line in printed] == [
        "2 – 6 2023-11-14 22:13:21.000 ann 3 edits: 15 units inserted, 0 deleted",
        "4 – 5 2023-11-14 22:13:23.000 bob 2 edits: 5 units inserted, 2 deleted",
    ]
    told = objects(done(collab("sessions", "doc", "--json")))
    assert [(each["author"], each["first"], each["last"], each["edits"]) for each in told] == [
        ("ann", 2, 6, 3),
        ("bob", 4, 5, 2),
    ]
    refused(collab("sessions", "nothing"), "there is no document 'nothing'")


def test_a_text_is_found_when_it_came_and_when_it_was_gone(collab: Collab) -> None:
    text = done(collab("show", "doc"))
    word = text.split()[0]
    (line,) = done(collab("find", "doc", word)).splitlines()
    assert re.fullmatch(r" +\d+  2023-11-14 22:13:2\d\.000  \w+  appeared, at 0", line)
    (told,) = objects(done(collab("find", "doc", word, "--json")))
    assert (told["kind"], told["offset"]) == ("appeared", 0)
    assert word in done(collab("show", "doc", "--at", str(told["seq"])))
    assert word not in done(collab("show", "doc", "--at", str(told["seq"] - 1)))
    assert done(collab("find", "doc", "never written")) == ""
    refused(collab("find", "nothing", word), "there is no document 'nothing'")
    assert collab("find", "doc", "")[0] == 2


class Overtaken(SQLiteStore):
    """A store in which somebody types between any two questions about the catalogue and the chain."""

    async def digests(self, document: str, *, after: int, until: int) -> list[tuple[int, bytes]]:
        await self.type_on(document, until=8)
        return await super().digests(document, after=after, until=until)

    async def clients(self, document: str) -> Any:
        await self.type_on(document, until=9)
        return await super().clients(document)

    async def type_on(self, document: str, *, until: int) -> None:
        record = await self.document(document)
        assert record is not None
        if record.version < until:
            client = f"client {record.version}"
            append = append_of(document, record.version, [Edited(["x"])], client=client, client_seq=1)
            await self.append(append)


async def test_a_history_that_grows_while_it_is_exported_comes_back(folder: Path) -> None:
    async with await Overtaken.open(folder / "collab.db") as store:
        lines = [line + b"\n" async for page in exported(store, "doc") for line in page]
        record = await store.document("doc")
    assert record is not None
    assert record.version == 8
    assert b'"version":6' in lines[0]
    code, _, errors = run("import", "-", "--db", "other.db", cwd=folder, stdin=b"".join(lines))
    assert (code, errors) == (0, b"")


# import


def test_a_text_becomes_a_document_that_is_called_like_its_file(folder: Path, collab: Collab) -> None:
    text = "# Grüße 😀\r\n\n\tund\x00mehr"
    (folder / "My notes (2).md").write_bytes(text.encode())
    assert done(collab("import", "My notes (2).md", "--author", "zoe", "--db", "new.db")) == (
        "My-notes-2 “My notes (2).md” is there now at version 1\n"
    )
    assert done(collab("export", "My-notes-2", "--db", "new.db")) == text
    assert " zoe created the document “My notes (2).md”: inserted" in " ".join(
        done(collab("log", "My-notes-2", "--db", "new.db")).split()
    )
    assert "all is well" in done(collab("verify", "--db", "new.db"))


def test_a_text_gets_the_id_and_the_title_that_it_is_to_have(collab: Collab) -> None:
    (record,) = objects(
        done(collab("import", "-", "--as", "new", "--title", "T", "--json", stdin=b"\xef\xbb\xbfhi"))
    )
    assert (record["id"], record["title"]) == ("new", "T")
    assert done(collab("show", "new")) == "hi"
    done(collab("import", "-", "--as", "empty"))
    assert done(collab("show", "empty", "--json")) == '{"document":"empty","version":1,"content":""}\n'


def test_import_says_what_cannot_be_done(folder: Path, collab: Collab) -> None:
    (folder / "doc.md").write_text("hi")
    (folder / "😀.md").write_text("hi")
    refused(collab("import", "doc.md"), "document 'doc' exists already")
    refused(collab("import", "😀.md"), "say what the document's id is to be: --as ID")
    refused(collab("import", "-", stdin=b"hi"), "say what the document's id is to be: --as ID")
    refused(collab("import", "-", "--as", "a/b", stdin=b"hi"), "document id: ")
    refused(collab("import", "-", "--as", "new", stdin=b"hi\xff"), "byte 3 is not UTF-8")
    refused(collab("import", "nothing.md"), "nothing.md: No such file or directory")
    refused(collab("import", "."), ".: Is a directory")
    assert "1 documents" in done(collab("verify"))


# proof


def check(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the verifier beside a proof as somebody does who has nothing but Python."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify_proof.py", *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def proven(folder: Path, collab: Collab) -> tuple[Path, str]:
    """An otherwise empty folder with a proof and its verifier, and the digest."""
    alone = folder / "alone"
    alone.mkdir()
    said = done(collab("proof", "doc", "-o", "alone/proof", "--with-verifier"))
    assert sorted(path.name for path in alone.iterdir()) == ["proof", "verify_proof.py"]
    assert said.startswith("doc at version 6, 2023-11-14 22:13:25.000 UTC, is in alone/proof\ndigest ")
    digest = said.splitlines()[1].split()[1]
    assert said.endswith(f"python3 alone/verify_proof.py alone/proof {digest}\n")
    return alone, digest


def test_a_proof_is_checked_with_nothing_but_python(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    nothing = subprocess.run([sys.executable, "-I", "-S", "-c", "import collab"], capture_output=True)
    assert b"No module named 'collab'" in nothing.stderr
    seen = f"doc: 6 events, 2023-11-14 22:13:20 UTC to 2023-11-14 22:13:25 UTC\ndigest {digest}\nOK\n"
    assert check(alone, "proof") == (0, seen, "")
    assert check(alone, "proof", digest) == (0, seen, "")
    assert check(alone, "proof", digest.upper()) == (0, seen, "")


def test_a_proof_is_no_proof_of_another_digest(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    for other in (digest[:-1], "0" * 64):
        code, _, errors = check(alone, "proof", other)
        assert code == 1
        assert errors.startswith(f"WRONG: the file ends with digest {digest}, and {other} was noted")


def test_any_change_of_a_proof_is_found(proven: tuple[Path, str]) -> None:
    alone, digest = proven
    lines = (alone / "proof").read_bytes().splitlines(keepends=True)
    changed = {
        "a letter": [*lines[:2], lines[2].replace(b"Hello", b"Hullo"), *lines[3:]],
        "an author": [*lines[:4], lines[4].replace(b"bob", b"eve"), *lines[5:]],
        "a time": [*lines[:4], lines[4].replace(b"1700000003", b"1700000002"), *lines[5:]],
        "a space": [*lines[:4], lines[4].replace(b",", b", ", 1), *lines[5:]],
        "the document": [lines[0].replace(b"doc", b"dog", 1), *lines[1:]],
        "fewer": [lines[0].replace(b"6", b"5"), *lines[1:6], lines[7]],
        "no end": lines[:7],
        "half": lines[:4],
        "more": [*lines, lines[7]],
        "digest": [*lines[:7], lines[7].replace(digest[:8].encode(), b"00000000")],
        "nothing": [],
    }
    for what, contents in changed.items():
        assert contents != lines, what
        (alone / "proof").write_bytes(b"".join(contents))
        code, _, errors = check(alone, "proof", digest)
        assert (code, errors[:7]) == (1, "WRONG: "), what
        assert "Traceback" not in errors


@pytest.mark.parametrize("change", ["missing", "twice", "broken"])
def test_the_verifier_names_the_first_line_that_cannot_be_there(
    proven: tuple[Path, str], change: str
) -> None:
    alone, _ = proven
    lines = (alone / "proof").read_bytes().splitlines(keepends=True)
    if change == "missing":
        del lines[3]
    elif change == "twice":
        lines.insert(4, lines[3])
    else:
        lines[3] = lines[3].replace(b'"', b"'")
    (alone / "proof").write_bytes(b"".join(lines))
    code, _, errors = check(alone, "proof")
    assert code == 1
    assert errors.startswith(f"WRONG: line {5 if change == 'twice' else 4}: ")


def test_the_verifier_fits_on_a_page_and_needs_the_standard_library_alone() -> None:
    source = VERIFIER.read_text()
    assert source.count("\n") <= 30
    imported = re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names
    compile(source, "verify_proof.py", "exec", dont_inherit=True)


def test_the_verifier_holds_one_line_at_a_time(folder: Path) -> None:
    """Of 96 MB, in 96 lines."""
    (folder / "verify_proof.py").write_bytes(VERIFIER.read_bytes())
    chain = beginning("big")
    with (folder / "big").open("wb") as file:
        file.write(b'{"collab":"history","format":1,"document":"big","version":96}\n')
        for seq in range(1, 97):
            line = b'["edited",1,"c","a",%d,%d,%d,[["%b"]]]' % (seq, seq, T0, b"x" * 1_000_000)
            chain = sha256(chain + line).digest()
            file.write(line + b"\n")
        file.write(b'{"digest":"%b","clients":[]}\n' % chain.hex().encode())
    limited = f"ulimit -v 65536; exec {sys.executable} -I -S verify_proof.py big"
    ended = subprocess.run(["sh", "-c", limited], cwd=folder, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, b"")
    greedy = f"ulimit -v 65536; exec {sys.executable} -I -S -c \"open('big', 'rb').read()\""
    assert subprocess.run(["sh", "-c", greedy], cwd=folder, capture_output=True).returncode == 1


def test_a_proof_says_its_digest_and_its_verifier_stays_what_it_is(folder: Path, collab: Collab) -> None:
    (found,) = objects(done(collab("proof", "doc", "--with-verifier", "--json")))
    assert (found["file"], found["version"], found["at"]) == ("doc.history", 6, T0 + 5 * SECOND)
    last = json.loads((folder / "doc.history").read_text().splitlines()[-1])
    assert found["digest"] == last["digest"]
    done(collab("proof", "doc", "--with-verifier", "--force"))
    (folder / "verify_proof.py").write_text("mine")
    refused(collab("proof", "doc", "--with-verifier", "-o", "new"), "verify_proof.py is there already")
    assert (folder / "verify_proof.py").read_text() == "mine"
    assert not (folder / "new").exists()
    done(collab("proof", "doc", "--with-verifier", "--force"))
    assert (folder / "verify_proof.py").read_bytes() == VERIFIER.read_bytes()
    assert VERIFIER.as_posix() in done(collab("proof", "doc", "-o", "new"))


# log


def test_log_can_be_confined_to_types_and_authors(collab: Collab) -> None:
    done(collab("tags", "doc", "--add", "x", "--author", "zoe"))
    done(collab("restore", "doc", "2", "--author", "zoe"))

    def found(*arguments: str) -> list[int]:
        return [event["seq"] for event in objects(done(collab("log", "doc", "--json", *arguments)))]

    assert found("--author", "bob") == [4, 5]
    assert found("--type", "tagged", "--type", "created") == [1, 7]
    assert found("--type", "edited", "--author", "ann", "--author", "zoe", "--after", "2") == [3, 6]
    assert found("--author", "nobody") == []
    refused(collab("log", "doc", "--type", "eaten"), "type: one of created, edited, ")


def test_log_tells_of_events_that_the_server_was_asked_for(collab: Collab) -> None:
    for arguments in (
        ["tags", "doc", "--add", "draft", "--at", "2"],
        ["tags", "doc", "--rename", "draft", "first"],
        ["tags", "doc", "--delete", "first"],
        ["undo", "doc", "--author-of", "bob", "--until", "4", "--yes"],
        ["restore", "doc", "2"],
    ):
        done(collab(*arguments, "--author", "zoe"))
    lines = [" ".join(line.split()[3:]) for line in done(collab("log", "doc", "--after", "6")).splitlines()]
    assert lines == [
        "zoe named version 2 “draft”",
        "zoe renamed the named version 7 to “first”",
        "zoe took the name from the named version 7",
        "zoe undid bob's edits 1 to 4: inserted “ w” at 9, deleted 1 at 9",
        "zoe restored version 2: deleted 4 at 0, deleted 10 at 9",
    ]
    events = objects(done(collab("log", "doc", "--after", "6", "--json")))
    said = [set(event) - {"seq", "type", "client", "id", "author", "at"} for event in events]
    assert said == [
        {"of_version", "name"},
        {"tag", "name"},
        {"tag"},
        {"of_author", "after", "until", "op"},
        {"of_version", "op"},
    ]


def test_what_people_wrote_is_shown_as_it_is(folder: Path, collab: Collab) -> None:
    text = ":smile: [red]x[/]\x1b[31m"
    (folder / "new.md").write_text(text)
    done(collab("import", "new.md", "--author", ":tada: [b]"))
    assert "“:smile: [red]x[/]·[31m”" in done(collab("log", "new"))
    for command in (["blame", "new"], ["diff", "new", "0"], ["undo", "new", "--author-of", ":tada: [b]"]):
        said = done(collab(*command))
        assert ":tada: [b]" in said
        assert ":smile: [red]x[/]·[31m" in said
    assert done(collab("show", "new")) == text


# verify


async def typed(folder: Path, *, packed: bool) -> None:
    """A document "long" of a hundred events that were typed one by one."""
    async with await SQLiteStore.open(folder / "collab.db", packs=False) as store:
        await created(store, "long", 99)
        if packed:
            await store.pack("long")


def test_verify_names_the_event_that_was_changed_together_with_its_checksum(
    folder: Path, collab: Collab
) -> None:
    asyncio.run(typed(folder, packed=False))
    payload = b'[[58,"y"]]'
    check = rows.checksum(rows.seed("long", "edited", 1, "c1", "ann"), 60, 59, T0 + 59 * SECOND, payload)
    number = "(SELECT number FROM documents WHERE id = 'long')"
    change = f"UPDATE events SET payload = CAST('{payload.decode()}' AS BLOB), checksum = {check}"
    rewrite(folder / "collab.db", f"{change} WHERE seq = 60 AND document = {number}")
    assert done(collab("show", "long"))[58] == "y"  # nothing else tells
    code, output, _ = collab("verify")
    assert (code, output) == (1, "long, event 60: doesn't fit the hash chain\n")
    code, output, _ = collab("verify", "--json")
    assert [finding["seq"] for finding in json.loads(output)["findings"]] == [60]
    code, output, errors = collab("proof", "long")
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "doesn't fit the hash chain" in errors
    assert not (folder / "long.history").exists()


async def sealed_again(folder: Path, seq: int) -> None:
    """Change the packed event ``seq``, and pack all again as if it had always been like this."""
    async with await SQLiteStore.open(folder / "collab.db", packs=False) as store:
        found = await store.rows("long")
    found[seq - 1] = found[seq - 1]._replace(payload=b'[[%d,"y"]]' % (seq - 2))
    segment = sealing.seal("long", 1, found, Chain(beginning("long")), lambda: None).segment
    with closing(sqlite3.connect(folder / "collab.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER segments_are_never_changed")
        connection.execute(
            "UPDATE segments SET operations = ?, envelopes = ?", (segment.operations, segment.envelopes)
        )


@pytest.mark.parametrize(("seq", "first", "last"), [(20, 17, 32), (32, 17, 32), (33, 33, 48), (99, 97, 100)])
def test_verify_names_the_stretch_of_a_packed_history_that_was_changed(
    folder: Path, collab: Collab, seq: int, first: int, last: int
) -> None:
    assert MARK_EVERY == 16
    asyncio.run(typed(folder, packed=True))
    asyncio.run(sealed_again(folder, seq))
    assert done(collab("show", "long"))[seq - 2] == "y"
    code, output, _ = collab("verify")
    assert (code, output) == (
        1,
        f"long, event {first}: doesn't fit the hash chain, or one of those after it up to {last}\n",
    )


def test_an_id_in_another_encoding_is_nobodys(folder: Path) -> None:
    for command in ("show", "log", "tags", "export"):
        code, output, errors = run(command, os.fsdecode(b"d\xff"), cwd=folder)
        assert (code, output) == (1, b"")
        assert errors == b"collab: there is no document 'd\\udcff'\n"


def test_a_text_in_another_encoding_is_not_looked_for(folder: Path) -> None:
    code, output, errors = run("find", "doc", os.fsdecode(b"\xff"), cwd=folder)
    assert (code, output) == (2, b"")
    assert b"not in UTF-8" in errors


# Beside a running server.


def test_a_command_that_is_always_overtaken_gives_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    async def overtaken(_: Reviser, hub: Hub) -> None:
        tries.append(hub)
        raise VersionConflict("doc", 6, 7)

    monkeypatch.setattr(writing, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(StoreBusy, match="changes 'doc' faster than this command can"):
        writing.with_reviser(folder / "collab.db", overtaken)
    assert len(tries) > 1


async def command(*arguments: str | Path, cwd: Path) -> str:
    code, output, errors = await asyncio.to_thread(run, *arguments, cwd=cwd)
    assert (code, errors) == (0, b"")
    return output.decode()


@pytest.mark.usefixtures("impatient")
async def test_what_is_typed_around_a_restore_beside_a_running_server_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with LocalServer(path) as server:
        async with SharedDocument(server.url, "doc") as ann, SharedDocument(server.url, "doc") as bob:
            ann.insert(0, "First. ")
            await agree(ann, bob)
            version = ann.version
            bob.insert(len("First. "), "Second. ")
            assert await agree(ann, bob) == "First. Second. "
            said = await command("restore", "doc", str(version), cwd=tmp_path)
            assert said.startswith(f"version {version + 2} of doc has the content of version {version}: ")
            # They don't know of it yet, and type on at both ends of what is gone.
            ann.insert(0, "Third. ")
            bob.insert(len("First. Second. "), "Fourth. ")
            text = await agree(ann, bob)
            assert sorted(text.split()) == ["First.", "Fourth.", "Third."]
            assert ann.version == version + 4
            assert ann.diverged == bob.diverged == 0
            assert await command("show", "doc", cwd=tmp_path) == text
        assert "all is well" in await command("verify", cwd=tmp_path)
    async with await SQLiteStore.open(path) as store:
        types = [type(event.payload).__name__ for event in await store.events("doc")]
    assert types[version + 1 :] == ["Restored", "Edited", "Edited"]


async def type_steadily(document: SharedDocument, stop: asyncio.Event) -> list[str]:
    """Type some thirty words a second, and return them."""
    made: list[str] = []
    while not stop.is_set():
        made.append(f"{document.client}:{len(made)}")
        document.insert(len(document.text), made[-1] + " ")
        await asyncio.sleep(0.03)
    return made


@pytest.mark.usefixtures("impatient")
async def test_commands_get_through_while_people_type_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    stop = asyncio.Event()
    async with LocalServer(path) as server:
        async with SharedDocument(server.url, "doc") as ann, SharedDocument(server.url, "doc") as bob:
            typists = [asyncio.create_task(type_steadily(document, stop)) for document in (ann, bob)]
            await within(ann.reached(20))
            await command("tags", "doc", "--add", "twenty", "--at", "20", cwd=tmp_path)
            await command("export", "doc", "--format", "history", "-o", "away", cwd=tmp_path)
            await command("restore", "doc", "twenty", cwd=tmp_path)
            await command("fork", "doc", "new", "--at", "twenty", cwd=tmp_path)
            stop.set()
            words = await asyncio.gather(*typists)
            text = await agree(ann, bob)
            assert ann.diverged == bob.diverged == 0
        assert await command("show", "doc", cwd=tmp_path) == text
        assert "all is well" in await command("verify", cwd=tmp_path)
        assert "its whole history" in await command("import", "away", "--db", "other.db", cwd=tmp_path)
    async with await SQLiteStore.open(path) as store:
        log = await store.events("doc")
    # Every word is in the log, once and in its author's order, and nothing is in the text that isn't in the log.
    inserted = [event for event in log if isinstance(event.payload, Edited)]
    for document, made in zip((ann, bob), words, strict=True):
        typed = "".join(
            inserted_text(event.op or []) for event in inserted if event.client == document.client
        )
        assert typed.split() == made
    assert set(text.split()) <= {word for made in words for word in made}


def test_every_command_is_described_with_an_example() -> None:
    described = (VERIFIER.parent.parent.parent / "docs" / "commands.md").read_text()
    for command in app.registered_commands:
        assert f"\n## collab {command.name}\n" in described
        assert f"\n$ collab {command.name}" in described
