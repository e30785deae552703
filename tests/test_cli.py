"""The commands, run as a user runs them."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collab.cli import main
from collab.cli.serve import bind, listen
from collab.events import Created, Edited, Renamed
from collab.local_server import LocalServer, ServerFailed
from collab.snapshots import pack
from collab.store.sqlite import SQLiteStore
from tests.helpers import Peer, within
from tests.store_helpers import SECOND, T0, append_of, rewrite

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process; its exit code, output and errors."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["collab", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        assert ended.value.code is None or isinstance(ended.value.code, int)
        return ended.value.code or 0, output, errors

    return call


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two documents: "doc" of five versions, a second apart, and "other" of two."""
    path = tmp_path / "collab.db"

    async def fill() -> None:
        async with await SQLiteStore.open(path) as store:
            await store.append(append_of("doc", 0, [Created("e1", title="Notes")], client_seq=0))
            edits = [Edited(["Hello"]), Edited([5, " w😀rld"]), Edited([-1, "J"])]
            await store.append(append_of("doc", 1, edits))
            await store.append(
                append_of("doc", 4, [Renamed("Letters")], client="c2", author="bob", client_seq=0)
            )
            await store.append(append_of("other", 0, [Created("e2")], client_seq=0))
            await store.append(append_of("other", 1, [Edited([{"insert": "x", "attributes": {"b": 1}}])]))

    asyncio.run(fill())
    monkeypatch.setenv("COLLAB_DB", str(path))
    return path


def moment(seconds: float) -> str:
    """A time after that of the first event."""
    return datetime.fromtimestamp(T0 / SECOND + seconds, UTC).isoformat()


# serve


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_serve_refuses_to_open_up_to_other_machines_unasked(run: Run, tmp_path: Path, host: str) -> None:
    path = tmp_path / "collab.db"
    code, output, errors = run("serve", "--host", host, "--db", path)
    assert (code, output) == (1, "")
    assert "--allow-anonymous" in errors
    assert not path.exists()


async def test_serve_opens_up_when_it_is_asked_to(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db", "--host", "0.0.0.0", "--allow-anonymous") as server:
        port = server.url.rpartition(":")[2]
        peer = await Peer.joined(f"http://127.0.0.1:{port}", "doc")
        assert peer.version == 1


async def test_serve_makes_its_database_and_says_where_it_is_served(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "collab.db") as server:
        assert "collab.db on http://127.0.0.1:" in server.output.replace("\n", " ")
        assert (await Peer.joined(server.url, "doc")).version == 1
        assert (tmp_path / "collab.db").exists()
        assert await within(server.stop()) == 0


async def test_serve_says_that_its_port_is_taken(tmp_path: Path) -> None:
    async with LocalServer(tmp_path / "one.db") as first:
        port = first.url.rpartition(":")[2]
        with pytest.raises(ServerFailed, match="cannot listen on"):
            await LocalServer(tmp_path / "two.db", "--port", port).start()


def test_nobody_is_let_in_before_the_server_listens() -> None:
    with bind("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        listen(listener)
        socket.create_connection(address, timeout=5).close()


async def test_serve_says_that_its_database_is_none(tmp_path: Path) -> None:
    (tmp_path / "collab.db").write_text("Dear diary," * 100)
    with pytest.raises(ServerFailed, match="is not an SQLite database") as caught:
        await LocalServer(tmp_path / "collab.db").start()
    assert "Traceback" not in str(caught.value)


# log


def test_log_tells_who_did_what_and_when(run: Run, database: Path) -> None:
    code, output, _ = run("log", "doc")
    assert code == 0
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert lines == [
        "1 2023-11-14 22:13:20.000 ann created the document “Notes”",
        "2 2023-11-14 22:13:21.000 ann inserted “Hello” at 0",
        "3 2023-11-14 22:13:22.000 ann inserted “ w😀rld” at 5",
        "4 2023-11-14 22:13:23.000 ann deleted 1 at 0, inserted “J” at 1",
        "5 2023-11-14 22:13:24.000 bob renamed the document to “Letters”",
    ]


def test_log_as_json_is_one_event_a_line_with_every_field(run: Run, database: Path) -> None:
    code, output, _ = run("log", "doc", "--json", "--after", "2", "--until", "4")
    assert code == 0
    events = [json.loads(line) for line in output.splitlines()]
    assert [event["seq"] for event in events] == [3, 4]
    assert events[0] == {
        "seq": 3,
        "type": "edited",
        "client": "c1",
        "id": 2,
        "author": "ann",
        "at": T0 + 2 * SECOND,
        "op": [5, " w😀rld"],
    }


def test_log_shows_markup_in_a_text_as_it_is(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"

    async def fill() -> None:
        async with await SQLiteStore.open(path) as store:
            await store.append(append_of("doc", 0, [Created("e1"), Edited(["[red]\x1b[31m[/]"])]))

    asyncio.run(fill())
    code, output, _ = run("log", "doc", "--db", path)
    assert code == 0
    assert "“[red]·[31m[/]”" in output


# show


def test_show_prints_the_newest_text_and_nothing_else(run: Run, database: Path) -> None:
    assert run("show", "doc") == (0, "Jello w😀rld", "")


@pytest.mark.parametrize(
    ("at", "text"),
    [("0", ""), ("1", ""), ("2", "Hello"), ("3", "Hello w😀rld"), ("5", "Jello w😀rld")],
)
def test_show_prints_the_text_of_any_version(run: Run, database: Path, at: str, text: str) -> None:
    assert run("show", "doc", "--at", at) == (0, text, "")


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (moment(0.5), ""),
        (moment(1), "Hello"),
        (moment(2.999999), "Hello w😀rld"),
        (moment(9), "Jello w😀rld"),
        (moment(1).removesuffix("+00:00"), "Hello"),
        (moment(1).replace("T", " ").removesuffix("+00:00") + "Z", "Hello"),
    ],
)
def test_show_prints_the_text_of_any_time(run: Run, database: Path, at: str, text: str) -> None:
    assert run("show", "doc", "--at", at) == (0, text, "")


def test_show_as_json_has_the_version_and_the_formatting(run: Run, database: Path) -> None:
    code, output, _ = run("show", "other", "--json")
    assert code == 0
    expected = {"document": "other", "version": 2, "content": [{"insert": "x", "attributes": {"b": 1}}]}
    assert json.loads(output) == expected


# blame and diff


def test_blame_prints_each_line_with_its_newest_event(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"

    async def fill() -> None:
        async with await SQLiteStore.open(path) as store:
            await store.append(append_of("doc", 0, [Created("e1")], client_seq=0))
            await store.append(append_of("doc", 1, [Edited(["Dear [b]\n\nend"])]))
            await store.append(append_of("doc", 2, [Edited([5, "old "])], client="c2", author="bob"))

    asyncio.run(fill())
    code, output, _ = run("blame", "doc", "--db", path)
    assert code == 0
    assert [" ".join(line.split()) for line in output.splitlines()] == [
        "3 2023-11-14 22:13:22.000 bob Dear old [b]",
        "2 2023-11-14 22:13:21.000 ann",
        "2 2023-11-14 22:13:21.000 ann end",
    ]
    _, output, _ = run("blame", "doc", "--db", path, "--at", "2")
    assert "bob" not in output


def test_blame_as_json_is_one_credit_a_line(run: Run, database: Path) -> None:
    code, output, _ = run("blame", "doc", "--json")
    assert code == 0
    credits = [json.loads(line) for line in output.splitlines()]
    assert [(credit["length"], credit["author"], credit["first"]) for credit in credits] == [
        (1, "ann", 4),
        (4, "ann", 2),
        (7, "ann", 3),
    ]


def test_diff_prints_what_was_deleted_and_inserted_by_whom(run: Run, database: Path) -> None:
    assert run("diff", "doc", "2") == (0, "ann: +8 -1\n[-H-]{+J+}ello{+ w😀rld+}\n", "")
    assert run("diff", "doc", "2", moment(2)) == (0, "ann: +7 -0\nHello{+ w😀rld+}\n", "")
    assert run("diff", "doc", "3", "3") == (0, "Hello w😀rld\n", "")


def test_diff_ends_its_last_line_and_no_other(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"

    async def fill() -> None:
        async with await SQLiteStore.open(path) as store:
            await store.append(append_of("doc", 0, [Created("e1")], client_seq=0))
            await store.append(append_of("doc", 1, [Edited(["one\n"]), Edited([4, "two\n"])]))

    asyncio.run(fill())
    assert run("diff", "doc", "2", "--db", path) == (0, "ann: +4 -0\none\n{+two\n+}\n", "")
    assert run("diff", "doc", "3", "--db", path) == (0, "⋯ 2 lines\n", "")


def test_diff_leaves_out_lines_far_from_any_change(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "collab.db"

    async def fill() -> None:
        async with await SQLiteStore.open(path) as store:
            await store.append(append_of("doc", 0, [Created("e1")], client_seq=0))
            text = "".join(f"line {number}\n" for number in range(100, 120))
            await store.append(append_of("doc", 1, [Edited([text]), Edited([90, "X"])]))

    asyncio.run(fill())
    _, output, _ = run("diff", "doc", "2", "--db", path)
    assert output.splitlines() == [
        "ann: +1 -0",
        "⋯ 7 lines",
        *("line 107", "line 108", "line 109", "{+X+}line 110", "line 111", "line 112"),
        "⋯ 7 lines",
    ]


def test_diff_as_json_is_one_part_a_line(run: Run, database: Path) -> None:
    _, output, _ = run("diff", "doc", "2", "3", "--json")
    parts = [json.loads(line) for line in output.splitlines()]
    assert parts[0] == {"kind": "kept", "length": 5}
    assert (parts[1]["kind"], parts[1]["text"], parts[1]["credit"]["author"]) == (
        "inserted",
        " w😀rld",
        "ann",
    )


# verify


def test_verify_says_that_all_is_well(run: Run, database: Path) -> None:
    assert run("verify") == (0, "2 documents, 7 events: all is well\n", "")


def test_verify_looks_at_the_documents_it_is_told_to(run: Run, database: Path) -> None:
    assert run("verify", "other") == (0, "1 documents, 2 events: all is well\n", "")


FLIPPED = """
    UPDATE events SET payload =
        CAST(substr(payload, 1, 3) || 'J' || substr(payload, 5) AS BLOB)
    WHERE seq = 2 AND document = (SELECT number FROM documents WHERE id = 'doc')
"""


def test_verify_names_the_document_and_the_event_in_which_a_byte_was_flipped(
    run: Run, database: Path
) -> None:
    rewrite(database, FLIPPED)
    code, output, _ = run("verify")
    assert (code, output) == (1, "doc, event 2: wrong checksum\n")


def test_verify_as_json_lists_its_findings(run: Run, database: Path) -> None:
    rewrite(database, FLIPPED)
    code, output, _ = run("verify", "--json")
    finding = {"document": "doc", "seq": 2, "what": "wrong checksum", "harmless": False}
    assert (code, json.loads(output)) == (1, {"documents": 2, "events": 7, "findings": [finding]})


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("DELETE FROM events WHERE seq = 3", "doc, event 3: missing"),
        ("DELETE FROM events WHERE seq = 5", "doc, event 5: missing"),
        ("UPDATE documents SET title = 'X' WHERE id = 'doc'", "doc, event 5: the catalogue has title 'X'"),
        ("UPDATE documents SET epoch = 'X' WHERE id = 'doc'", "doc, event 5: the catalogue has epoch 'X'"),
        ("UPDATE clients SET accepted = 9 WHERE document = 1", "doc, event 5: client c1 has accepted 9"),
        ("UPDATE clients SET author = 'eve' WHERE document = 1", "doc, event 1: wrong checksum"),
    ],
)
def test_verify_finds(run: Run, database: Path, damage: str, finding: str) -> None:
    rewrite(database, damage)
    code, output, _ = run("verify")
    assert code == 1
    assert output.startswith(finding)


async def put_snapshot(path: Path, version: int, content: bytes) -> None:
    async with await SQLiteStore.open(path) as store:
        await store.save_snapshot("doc", version, content)


def test_verify_finds_a_snapshot_that_differs_from_the_log(run: Run, database: Path) -> None:
    asyncio.run(put_snapshot(database, 3, pack("Hello there")))
    code, output, _ = run("verify")
    assert (code, output) == (1, "doc, event 3: the snapshot differs from the replay\n")


def test_verify_takes_a_snapshot_that_cannot_be_read_for_harmless(run: Run, database: Path) -> None:
    asyncio.run(put_snapshot(database, 3, b"\x01broken"))
    code, output, _ = run("verify")
    assert code == 0
    assert output.startswith("doc, event 3: the snapshot can't be read")
    assert run("show", "doc") == (0, "Jello w😀rld", "")


def test_pack_packs_and_changes_nothing_that_is_read(run: Run, database: Path) -> None:
    before = run("log", "doc", "--json")
    code, output, _ = run("pack")
    assert code == 0
    assert "doc: 5 events packed, " in output
    assert run("log", "doc", "--json") == before
    assert run("verify")[0] == 0
    assert run("pack", "doc")[:2] == (0, next(line for line in output.splitlines(True) if line[:4] == "doc:"))


# What goes wrong ends with one line.


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["log", "none"], "there is no document 'none'"),
        (["show", "none"], "there is no document 'none'"),
        (["show", "none", "--at", "2020-01-01"], "there is no document 'none'"),
        (["show", "doc", "--at", "6"], "there is no version 6, the newest is 5"),
        (
            ["show", "doc", "--at", "yesterday"],
            "'yesterday' is no number, no time in ISO 8601, and no name",
        ),
        (["show", "doc", "--at", "2020-01-01"], "there was no document 'doc' at that time"),
        (["blame", "none"], "there is no document 'none'"),
        (["diff", "doc", "3", "2"], "3 comes after 2"),
        (["verify", "none"], "there is no document 'none'"),
        (["pack", "none"], "there is no document 'none'"),
        (["verify", "--db", "nowhere.db"], "there is no database nowhere.db"),
        (["log", "doc", "--db", "."], "is not a file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, database: Path, arguments: list[str], reason: str
) -> None:
    code, output, errors = run(*arguments)
    assert (code, output) == (1, "")
    assert errors.startswith("collab: ")
    assert reason in errors
    assert errors.count("\n") == 1
    assert not Path("nowhere.db").exists()


async def test_the_log_of_a_live_document_can_be_read_and_verified(tmp_path: Path) -> None:
    path = tmp_path / "collab.db"
    async with LocalServer(path) as server:
        peer = await Peer.joined(server.url, "doc")
        await peer.confirmed(await peer.edit(["live"]))
        for command, expected in [("show", "live"), ("verify", "1 documents, 2 events: all is well\n")]:
            arguments: Any = [command, "doc", "--db", str(path)]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "collab", *arguments), stdout=asyncio.subprocess.PIPE
            )
            output, _ = await within(process.communicate())
            assert (process.returncode, output.decode()) == (0, expected)
        await peer.confirmed(await peer.edit([4, "!"]))
