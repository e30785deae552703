"""``collab restore``, ``undo`` and ``fork``, also beside a server that runs on the same file."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import pytest

from collab.cli import writing
from collab.client import SharedDocument
from collab.errors import StoreBusy, VersionConflict
from collab.events import Edited
from collab.hub import Hub
from collab.local_server import LocalServer
from collab.operation import inserted_text
from collab.revising import Reviser
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import TEXT, Collab, done, in_terminal, objects, refused, run, words
from tests.helpers import agree, within

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
