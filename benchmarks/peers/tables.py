"""Which figures are shown for each scenario."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.figures import Figures
from benchmarks.peers.peers import PEERS


@dataclass(frozen=True)
class Column:
    """The figure at ``path``, multiplied by ``scale``, in the unit that the title says."""

    title: str
    path: str
    digits: int = 1
    scale: float = 1.0


@dataclass(frozen=True)
class TableOf:
    """One row for each case and server."""

    title: str
    cases: tuple[str, ...]
    columns: tuple[Column, ...]
    case_title: str = ""
    note: str = ""


MIB = 1 / 1024

USAGE = (
    Column("server CPU %", "phases.0.server_cpu"),
    Column("load generator CPU %", "phases.0.load_cpu"),
    Column("noise: other CPU %", "phases.0.noise", 0),
    Column("stolen %", "phases.0.stolen", 0),
)

TABLES = (
    TableOf(
        "S1: two clients, one types a character every 20 ms",
        ("S1",),
        (
            Column("other client has it, p50 ms", "phases.0.delivery.p50", 2),
            Column("p99 ms", "phases.0.delivery.p99", 2),
            Column("acknowledged, p50 ms", "phases.0.acknowledgement.p50", 2),
            *USAGE,
        ),
    ),
    TableOf(
        "S2: busy document, W writers, all receive",
        ("S2/4", "S2/16", "S2/64", "S2/16x8"),
        (
            Column("edits/s", "phases.0.edits_per_second", 0),
            Column("deliveries/s", "phases.0.deliveries_per_second", 0),
            Column("delivery p50 ms", "phases.0.delivery.p50", 2),
            Column("p99 ms", "phases.0.delivery.p99", 2),
            Column("server CPU µs per edit", "phases.0.server_ms_per_edit", 0, 1000),
            *USAGE,
        ),
        "W",
        "One edit in flight for each writer; in the rows 16x8 eight. ShareDB's own client never has more than one "
        "operation of a document under way; what its server does with eight is shown all the same.",
    ),
    TableOf(
        "S3: 200 documents × 2 clients, 2,000 edits/s in all",
        ("S3",),
        (
            Column("delivery p50 ms", "phases.0.delivery.p50", 2),
            Column("p99 ms", "phases.0.delivery.p99", 2),
            Column("not delivered", "undelivered", 0),
            Column("RSS at the end, MiB", "phases.0.rss_after", 0, MIB),
            *USAGE,
        ),
    ),
    TableOf(
        "S4: one writer at 20 edits/s, N readers",
        ("S4/10", "S4/100", "S4/500"),
        (
            Column("last reader has it, p50 ms", "phases.0.last.p50", 2),
            Column("p99 ms", "phases.0.last.p99", 2),
            Column("any reader, p50 ms", "phases.0.delivery.p50", 2),
            *USAGE,
        ),
        "N",
    ),
    TableOf(
        "S5: automerge-paper, 259,778 edits, loaded through one socket and joined",
        ("S5",),
        (
            Column("load, edits/s", "edits_per_second", 0),
            Column("cold join, ms", "cold_ms"),
            Column("on the wire, kB", "cold_bytes", 0, 1e-3),
            Column("RSS after, MiB", "rss_joined", 0, MIB),
            Column("warm join, ms", "warm_ms"),
            Column("on the wire, kB", "warm_bytes", 0, 1e-3),
            Column("bytes on disk an edit", "bytes_per_edit"),
            Column("of these in use", "bytes_in_use_per_edit"),
            Column("text right", "text_right", 0),
            Column("load generator CPU %", "phases.0.load_cpu"),
        ),
        note="pycrdt-websocket is sent 26 edits in a message: its store takes some 400 messages a second. Joining "
        "clients run on Node and hold the text; their code is warm, and for a cold join the server process is fresh.",
    ),
    TableOf(
        "S6: `kill -9` while four writers type 200 tokens a second",
        ("S6",),
        (Column("owed", "owed", 0), Column("lost", "lost", 0)),
        note="Owed: acknowledged to its author, or shown to somebody else.",
    ),
    TableOf(
        "S6b: the only client leaves right after its last acknowledgement",
        ("S6/b",),
        (
            Column("owed", "owed", 0),
            Column("missing 3 s later", "missing", 0),
            Column("lost after kill -9", "lost", 0),
        ),
    ),
    TableOf(
        "S7: storage of the first 10,000 edits, one message each",
        ("S7",),
        (
            Column("bytes on disk an edit", "bytes_per_edit"),
            Column("of these in use", "bytes_in_use_per_edit"),
            Column("storage caught up after, s", "settled_seconds"),
            Column("load, edits/s", "phases.0.edits_per_second", 0),
            Column("load generator CPU %", "phases.0.load_cpu"),
        ),
        note="What the files grew by, after a regular stop; in use is that less the pages that SQLite keeps free for "
        "later. collab alone keeps every edit with its author and time.",
    ),
    TableOf(
        "S8: ten readers stop reading while four writers type 200 × 2 kB a second",
        ("S8",),
        (
            Column("RSS before, MiB", "phases.0.rss_after", 0, MIB),
            Column("peak", "phases.1.rss_peak", 0, MIB),
            Column("end", "phases.1.rss_after", 0, MIB),
            Column("others' p50 before, ms", "phases.0.delivery.p50", 2),
            Column("p99", "phases.0.delivery.p99", 2),
            Column("p50 during, ms", "phases.1.delivery.p50", 2),
            Column("p99", "phases.1.delivery.p99", 2),
            *USAGE,
        ),
    ),
    TableOf(
        "Idle: 5,000 connections, 100 to a document",
        ("idle",),
        (
            Column("RSS, kB a connection", "idle_kilobytes"),
            Column("RSS with all, MiB", "phases.0.rss_after", 0, MIB),
            Column("load generator CPU %", "phases.0.load_cpu"),
        ),
    ),
)


def markdown(table: TableOf, figures: Figures) -> str:
    """The table with a row for each case and server that has figures; empty if none has."""
    rows = []
    for case in table.cases:
        for peer in dict.fromkeys(figures.peers(case)):
            label = [case.partition("/")[2]] if table.case_title else []
            title = PEERS[peer].title if peer in PEERS else f"collab ({peer})"
            rows.append([title, *label, *(_cell(figures, case, peer, column) for column in table.columns)])
    if not rows:
        return ""
    heads = [
        "server",
        *([table.case_title] if table.case_title else []),
        *(column.title for column in table.columns),
    ]
    lines = [heads, ["---"] + ["--:"] * (len(heads) - 1), *rows]
    text = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"### {table.title}\n\n" + (f"{table.note}\n\n" if table.note else "") + text + "\n"


def _cell(figures: Figures, case: str, peer: str, column: Column) -> str:
    spread = figures.get(case, peer, column.path)
    if spread is None:
        return "–"
    if column.path == "text_right":
        return "yes" if spread.median == 1 else "**no**"
    scaled = type(spread)([value * column.scale for value in spread.values])
    return scaled.show(column.digits)
