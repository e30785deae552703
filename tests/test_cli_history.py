"""``collab log``, ``sessions``, ``find`` and ``verify``: what happened, and whether it can have."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collab.chain import MARK_EVERY, Chain, beginning
from collab.cli.main import app
from collab.store import rows, sealing
from collab.store.sqlite import SQLiteStore
from tests.cli_helpers import Collab, done, objects, refused, run
from tests.store_helpers import SECOND, T0, created, rewrite

VERIFIER = Path(__file__).parent.parent / "collab" / "cli" / "verify_proof.py"


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


def test_every_command_is_described_with_an_example() -> None:
    described = (VERIFIER.parent.parent.parent / "docs" / "commands.md").read_text()
    for command in app.registered_commands:
        assert f"\n## collab {command.name}\n" in described
        assert f"\n$ collab {command.name}" in described
