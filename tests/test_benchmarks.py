"""What could be wrong in the benchmarks without anybody noticing: figures, verdicts, and the load generator."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.check import NAIVE
from benchmarks.peers import load, report, results
from benchmarks.peers.aims import Aim, judge
from benchmarks.peers.figures import Figures, Spread, follow
from benchmarks.peers.peers import PEERS
from benchmarks.peers.results import Result
from benchmarks.peers.server import Server

AIM = Aim("S1", "typing", "p50", factor=1.5)
needs_compiler = pytest.mark.skipif(
    shutil.which("gcc") is None, reason="the load generator takes a C compiler"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def figures(**p50: list[float]) -> Figures:
    return Figures(
        Result("S1", peer.replace("_", "-"), number, {"p50": value})
        for peer, values in p50.items()
        for number, value in enumerate(values, 1)
    )


def test_path_leads_through_lists_and_to_differences_and_ratios() -> None:
    measured = {"phases": [{"rss": 7}, {"rss": 14}]}
    assert follow(measured, "phases.1.rss") == 14
    assert follow(measured, "phases.1.rss - phases.0.rss") == 7
    assert follow(measured, "phases.1.rss / phases.0.rss") == 2
    assert follow(measured, "phases.2.rss") is None


def test_spread_shows_least_and_most_only_of_several_rounds() -> None:
    assert Spread([1234.5]).show(1) == "1,234.5"
    assert Spread([3, 1, 2]).show() == "2 (1–3)"


def test_aim_is_judged_by_the_best_peer() -> None:
    verdict = judge(AIM, figures(collab=[2.0, 3.0, 9.0], hocuspocus=[2.1], y_websocket=[4.0]))
    assert verdict is not None
    assert (verdict.peer, verdict.ours, verdict.theirs, verdict.met) == ("hocuspocus", 3.0, 2.1, True)


def test_aim_is_missed_past_its_factor_and_its_bound() -> None:
    measured = figures(collab=[3.2], hocuspocus=[2.1])
    past_factor, past_bound = judge(AIM, measured), judge(Aim("S1", "typing", "p50", bound=3), measured)
    assert past_factor is not None
    assert past_bound is not None
    assert not past_factor.met
    assert not past_bound.met


def test_more_is_better_where_the_aim_says_so() -> None:
    measured = figures(collab=[90.0], hocuspocus=[100.0], y_websocket=[60.0])
    verdict = judge(Aim("S1", "edits", "p50", factor=0.8, more=True), measured)
    assert verdict is not None
    assert (verdict.peer, verdict.met) == ("hocuspocus", True)


def test_aim_that_was_not_measured_has_no_verdict() -> None:
    assert judge(AIM, figures(hocuspocus=[2.1])) is None
    assert judge(AIM, figures(collab=[2.1])) is None


def test_failed_round_is_run_again_and_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    results.append(path, Result("S1", "collab", 1, {}, "no answer"))
    results.append(path, Result("S1", "collab", 2, {"p50": 1.0}))
    assert results.done(results.read(path)) == {("S1", "collab", 2)}
    assert Figures(results.read(path)).get("S1", "collab", "p50") == Spread([1.0])


def test_report_and_picture_are_written_from_whatever_is_there(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    for peer, p50 in (("collab", 2.0), ("hocuspocus", 1.0)):
        results.append(path, Result("S1", peer, 1, {"phases": [{"delivery": {"p50": p50, "p99": 2 * p50}}]}))
    report.write(path, docs=tmp_path)
    assert (
        "| S1 edit → other client, p50 | 2.00 ms | 1.00 ms, Hocuspocus"
        in (tmp_path / "benchmarks.md").read_text()
    )
    titles = [
        each.text
        for each in ElementTree.parse(tmp_path / "benchmarks.svg").iter()
        if each.tag.endswith("title")
    ]
    assert "Hocuspocus + SQLite: × 0.50" in titles


@needs_compiler
def test_load_generator_types_on_a_busy_document_and_misses_nothing() -> None:
    with Server(PEERS["collab"]) as server:
        measured = _typed(server, mode="closed", clients=4, writers=4, in_flight=8)
    assert measured["undelivered"] == measured["unanswered"] == 0
    assert (
        measured["phases"][0]["delivery"]["count"]
        == 3 * measured["phases"][0]["acknowledgement"]["count"]
        > 0
    )


@needs_compiler
def test_load_generator_and_naive_server_agree_on_where_edits_stand() -> None:
    with Server(NAIVE) as server:
        measured = _typed(server, mode="closed", clients=3, writers=3)
    assert measured["undelivered"] == measured["unanswered"] == 0
    assert measured["sent"] > 0


@needs_compiler
def test_load_generator_stops_where_the_server_answers_nonsense() -> None:
    with Server(PEERS["collab"]) as server, pytest.raises(load.LoadFailed, match="upgrade"):
        _typed(server, mode="closed", name="no/such/path")


def _typed(server: Server, **options: Any) -> dict[str, Any]:
    return load.run(server.peer.protocol, server.port, server.pid, warmup=0.1, seconds=0.4, **options)
