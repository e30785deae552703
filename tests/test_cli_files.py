"""``collab export`` and ``import``: documents and whole histories as files."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from collab.events import Edited
from collab.moving import exported
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import TEXT, Collab, done, in_terminal, objects, refused, run
from tests.golden.make import GOLDEN
from tests.store_helpers import SECOND, T0, append_of, rewrite

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
