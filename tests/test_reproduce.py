"""``collab reproduce``: what a client of the JavaScript SDK saw and sent, played again in Python."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from collab.errors import BadReproduction
from collab.local_server import LocalServer
from tests.cli_helpers import run as collab
from tests.helpers import Json
from tests.programs import run
from tests.reproductions import came, event, file, out, own, played

SESSIONS = 100


# What real clients have seen.


@pytest.fixture(scope="module")
def seen_by_clients(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """The reproductions of two who wrote at once against a real server, and of one who came late."""

    async def make() -> str:
        folder = tmp_path_factory.mktemp("reproductions")
        async with LocalServer(folder / "log.db") as server:
            program = ("node", "tests/js/server/reproduce.js")
            return await run(*program, env={"COLLAB_URL": server.url})

    return [json.loads(line) for line in asyncio.run(make()).splitlines()]


def written(folder: Path, seen: object) -> Path:
    path = folder / "seen.json"
    path.write_text(json.dumps(seen))
    return path


@pytest.mark.parametrize("who", [0, 1, 2])
def test_what_a_client_saw_and_sent_comes_to_its_text_again(
    seen_by_clients: list[Json], tmp_path: Path, who: int
) -> None:
    seen = seen_by_clients[who]
    code, output, errors = collab("reproduce", written(tmp_path, seen), cwd=tmp_path)
    assert (code, errors) == (0, b""), output
    assert output.decode().splitlines()[-2:] == [
        f"✓ the confirmed text of version {seen['at']} is the file's",
        f"✓ the shown text of version {seen['at']} is the file's",
    ]
    outcome = played(seen)
    assert outcome.findings == []
    assert outcome.counts.own > 5
    assert outcome.counts.events > outcome.counts.own or who == 2
    assert [outcome.counts.connections, outcome.counts.snapshots] == [2 if who == 1 else 1, 1]


def test_content_that_came_compressed_is_read(seen_by_clients: list[Json]) -> None:
    assert any("binary" in frame for frame in seen_by_clients[2]["frames"])


@pytest.fixture(scope="module")
def sessions() -> list[Json]:
    """What clients saw in a world of chance, with breaks, refusals and long pauses."""
    program = ("node", "tests/js/helpers/print-sessions.js", str(SESSIONS))
    return [json.loads(line) for line in asyncio.run(run(*program)).splitlines()]


def test_many_sessions_with_breaks_and_refusals_come_to_the_same_text(sessions: list[Json]) -> None:
    outcomes = [played(seen) for seen in sessions]
    assert len(outcomes) == SESSIONS
    assert [outcome for outcome in outcomes if not outcome.equal or outcome.findings] == []
    for what, least in (("connections", 300), ("refusals", 100), ("own", 1000)):
        assert sum(getattr(outcome.counts, what) for outcome in outcomes) > least


# What was changed in the file.


def foreign(seen: Json) -> list[tuple[int, Json]]:
    """Events of others that insert, each with the number of its frame, oldest first."""
    return [
        (number, event)
        for number, frame in enumerate(seen["frames"], 1)
        for event in frame.get("message", {}).get("events", [])
        if frame["way"] == "in" and event["client"] != seen["client"] and event.get("op")
        if isinstance(event["op"][-1], str)
    ]


def test_one_letter_that_was_changed_in_an_event_is_named(
    seen_by_clients: list[Json], tmp_path: Path
) -> None:
    seen = json.loads(json.dumps(seen_by_clients[0]))
    # The last words, which nobody has changed since.
    number, event = foreign(seen)[-1]
    event["op"][-1] = "§" + event["op"][-1][1:]
    code, output, _ = collab("reproduce", written(tmp_path, seen), cwd=tmp_path)
    assert code == 1
    lines = output.decode().splitlines()
    assert any(line.startswith(f"frame {number}, version {event['seq']}: the text differs") for line in lines)
    assert any(
        "“§" in line and line.endswith(f"event {event['seq']}, by {event['author']}") for line in lines
    )
    assert lines[-2] == f"✗ NOT: the confirmed text of version {seen['at']} is the file's"
    code, output, _ = collab("reproduce", "--json", written(tmp_path, seen), cwd=tmp_path)
    told = json.loads(output)
    assert (code, told["equal"], told["confirmed"], told["document"]) == (1, False, False, "notes")
    assert {"frame": number, "version": event["seq"]}.items() <= told["findings"][0].items()


def test_an_own_event_that_was_changed_is_named_where_it_came(seen_by_clients: list[Json]) -> None:
    seen = json.loads(json.dumps(seen_by_clients[0]))
    number, event = next(
        (number, event)
        for number, frame in enumerate(seen["frames"], 1)
        for event in frame.get("message", {}).get("events", [])
        if event["client"] == seen["client"] and event["id"] > 1
    )
    event["op"] = ["§"]
    outcome = played(seen)
    assert not outcome.equal
    finding = outcome.findings[0]
    assert (finding.frame, finding.version) == (number, event["seq"])
    assert "inserted “§” at 0; foreseen:" in finding.what


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in ``value``: what it is in, and its name or number there."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    2**60,
    1.5,
    "",
    "x😀",
    [],
    {},
    [0],
    [-1],
    [3, "a"],
    [{"retain": 1, "attributes": {"b": 1}}],
]


def test_whatever_is_changed_in_a_file_it_is_refused_or_what_differs_is_named(sessions: list[Json]) -> None:
    chance = random.Random(1)
    refused = differing = 0
    for seen in sessions * 10:
        changed = json.loads(json.dumps(seen))
        inside, key = chance.choice(list(places(changed)))
        inside[key] = chance.choice(STRANGE)
        try:
            outcome = played(changed)
        except BadReproduction:
            refused += 1
            continue
        assert outcome.equal or outcome.findings, (key, inside[key])
        differing += not outcome.equal
    assert refused > 300
    assert differing > 30


# What is no reproduction.


def changed(change: Callable[[Json], object]) -> bytes:
    seen = file()
    change(seen)
    return json.dumps(seen).encode()


NONE = {
    "empty": b"",
    "no JSON": b"{",
    "other bytes": b"\xff\xfe\x00",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "another format": changed(lambda seen: seen.update(format="x")),
    "a newer version": changed(lambda seen: seen.update(version=2)),
    "no client": changed(lambda seen: seen.pop("client")),
    "a negative version": changed(lambda seen: seen.update(at=-1)),
    "content that retains": changed(lambda seen: seen.update(confirmed=[4])),
    "pending that is no operation": changed(lambda seen: seen.update(pending=[own(1, [0])])),
    "a frame that goes nowhere": changed(lambda seen: seen["frames"].append({"at": 1, "way": "up"})),
    "a number as an event": changed(lambda seen: seen["frames"].append(came("events", events=[7]))),
    "an event that is no operation": changed(
        lambda seen: seen["frames"].append(came("events", events=[event(2, [{"retain": 0}])]))
    ),
    "no base64": changed(lambda seen: seen["frames"].append({"at": 1, "way": "in", "binary": "é"})),
    "too many frames": changed(lambda seen: seen.update(frames=[came("pong")] * 10_001)),
    "too much work": changed(
        lambda seen: seen["frames"].extend(
            [came("events", events=[event(2, ["a"])] * 10_000), *[out("edit", id=1, base=1, op=[])] * 5_001]
        )
    ),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_reproduction_ends_with_2_and_a_code(tmp_path: Path, name: str) -> None:
    path = tmp_path / "seen.json"
    path.write_bytes(NONE[name])
    code, output, errors = collab("reproduce", path, cwd=tmp_path)
    assert (code, output) == (2, b"")
    assert errors.decode().startswith(f"collab: {path}: ")
    assert errors.decode().endswith("(bad_reproduction)\n")


def test_one_that_says_it_is_not_complete_ends_with_2(tmp_path: Path) -> None:
    seen = file(complete=False)
    code, _, errors = collab("reproduce", written(tmp_path, seen), cwd=tmp_path)
    assert (code, errors.decode().endswith("(incomplete_reproduction)\n")) == (2, True)
    without = file()
    without["frames"] = [came("events", events=[event(2, ["a"])])]
    assert collab("reproduce", written(tmp_path, without), cwd=tmp_path)[0] == 2


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    code, _, errors = collab("reproduce", tmp_path / "none.json", cwd=tmp_path)
    assert (code, b"No such file" in errors) == (2, True)
