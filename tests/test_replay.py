"""Real histories, typed again through real servers: everybody ends with the recorded text."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from collab.local_server import LocalServer
from collab.replay import compare_log, replay
from collab.store.sqlite import SQLiteStore
from collab.traces import BadTrace, load
from tests.data import make
from tests.helpers import Json, eventually, within

DATA = Path(__file__).parent / "data"
SEQUENTIAL = DATA / "sveltecomponent-3000.json.gz"
CONCURRENT = DATA / "friendsforever-4000.json.gz"
UNLIMITED = ("--edits-per-second", "1000000", "--edit-burst", "1000000")


async def collab_replay(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output of the command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "collab", "replay", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await within(process.communicate(), seconds=60)
    return process.returncode or 0, (output + errors).decode()


def trace_of(path: Path) -> Json:
    trace: Json = json.loads(gzip.decompress(path.read_bytes()))
    return trace


def written(folder: Path, trace: Json) -> Path:
    path = folder / "trace.json"
    path.write_text(json.dumps(trace))
    return path


def shortened(trace: Json, count: int) -> Json:
    """The first ``count`` transactions of a sequential trace."""
    return {**trace, "txns": trace["txns"][:count], "endContent": make.splice(trace["txns"][:count])}


@pytest.mark.parametrize(
    ("trace", "edits"), [(SEQUENTIAL, 3_000), (CONCURRENT, 4_000)], ids=lambda t: str(t)[-30:]
)
async def test_everybody_ends_with_the_recorded_text(trace: Path, edits: int) -> None:
    code, output = await collab_replay(trace, "--json", "--clients", "4")
    report = json.loads(output)
    assert code == 0, output
    assert report["ok"]
    assert (report["edits"], report["clients"], report["diverged"]) == (edits, 4, 0)
    assert report["clients_agree"]
    assert report["server_agrees"]
    assert report["log_agrees"]
    assert report["matches_trace"]


async def test_another_text_at_the_end_is_noticed(tmp_path: Path) -> None:
    trace = shortened(trace_of(SEQUENTIAL), 100)
    trace["endContent"] = trace["endContent"][:-1] + "?"
    code, output = await collab_replay(written(tmp_path, trace))
    assert code == 1
    assert "✗ NOT: it is the trace's text" in output
    assert "✓ all clients have the same text" in output


async def test_positions_count_characters_and_not_units(tmp_path: Path) -> None:
    trace = shortened(trace_of(SEQUENTIAL), 1_500)
    for txn in trace["txns"]:
        txn["patches"] = [[place, gone, text.replace("e", "😀")] for place, gone, text in txn["patches"]]
    trace["endContent"] = make.splice(trace["txns"])
    assert trace["endContent"].count("😀") > 100
    code, output = await collab_replay(written(tmp_path, trace))
    assert code == 0, output


async def test_a_replay_into_a_running_server_leaves_its_log_there(tmp_path: Path) -> None:
    trace = written(tmp_path, shortened(trace_of(SEQUENTIAL), 200))
    path = tmp_path / "collab.db"
    async with LocalServer(path, *UNLIMITED) as server:
        code, output = await collab_replay(trace, "--url", server.url, "--db", path, "--json")
        assert code == 0, output
        assert json.loads(output)["log_agrees"]
        document = json.loads(output)["document"]
    async with await SQLiteStore.open(path) as store:
        record = await store.document(document)
        assert record is not None
        assert record.version == 201


async def test_a_replay_into_a_server_whose_file_is_not_at_hand_says_so(tmp_path: Path) -> None:
    trace = written(tmp_path, shortened(trace_of(SEQUENTIAL), 50))
    async with LocalServer(tmp_path / "collab.db", *UNLIMITED) as server:
        code, output = await collab_replay(trace, "--url", server.url)
    assert code == 0, output
    assert "– not looked at: a fold of the log" in output


@pytest.mark.usefixtures("impatient")
async def test_a_replay_survives_the_death_of_its_server(tmp_path: Path) -> None:
    """Two who type at once, each having seen just what the recorded authors had: also across crashes."""
    trace = load(CONCURRENT)
    typed = 0

    def progress(number: int) -> None:
        nonlocal typed
        typed += number

    async with LocalServer(tmp_path / "collab.db", *UNLIMITED) as server:
        run = asyncio.create_task(replay(trace, server.url, "doc", clients=3, progress=progress))
        for moment in (500, 1_500, 3_000):
            await eventually(lambda moment=moment: typed > moment)  # type: ignore[misc]
            await server.kill()
            await server.start()
        report, connected = await within(run)
        await connected.aclose()
    async with await SQLiteStore.open(tmp_path / "collab.db") as store:
        await compare_log(report, store, trace)
    assert report.ok, report
    assert report.reconnects >= 6


# Reading traces.


def sequential(**changed: Any) -> Json:
    return {"startContent": "", "endContent": "ab", "txns": [{"patches": [[0, 0, "ab"]]}], **changed}


def concurrent(*txns: Json) -> Json:
    return {"kind": "concurrent", "endContent": "", "numAgents": 2, "txns": list(txns)}


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param({}, id="empty"),
        pytest.param(sequential(startContent="x"), id="starting with text"),
        pytest.param({**concurrent(), "numAgents": 3}, id="three agents"),
        pytest.param(sequential(txns=[{"patches": [[0, "a"]]}]), id="patch that is none"),
        pytest.param(
            concurrent(
                {"agent": 0, "parents": [], "patches": [[0, 0, "a"]]},
                {"agent": 0, "parents": [], "patches": [[0, 0, "b"]]},
            ),
            id="an agent that forgot its own edit",
        ),
    ],
)
def test_what_cannot_be_replayed_is_no_trace(tmp_path: Path, trace: Json) -> None:
    with pytest.raises(BadTrace):
        load(written(tmp_path, trace))


@pytest.mark.parametrize("raw", [b"", b"{", b"\x1f\x8b broken", b"\xff\xfe"])
def test_a_damaged_file_is_no_trace(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "trace.json.gz"
    path.write_bytes(raw)
    with pytest.raises(BadTrace):
        load(path)


async def test_a_trace_that_is_not_there_ends_with_one_line() -> None:
    code, output = await collab_replay("nowhere.json")
    assert code == 1
    assert output.startswith("collab: nowhere.json: ")
    assert output.count("\n") == 1


def test_the_texts_at_the_end_of_our_traces_can_be_worked_out_again() -> None:
    for path, end in ((SEQUENTIAL, make.splice), (CONCURRENT, make.merge)):
        trace = trace_of(path)
        assert end(trace["txns"]) == trace["endContent"]
