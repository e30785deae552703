"""The servers that are compared, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.cache import SOURCE
from benchmarks.peers.install import node_folder, python


@dataclass(frozen=True)
class Peer:
    """``command(port, storage)`` starts it; ``protocol`` is how the load generator speaks to it.

    One that is not ``durable`` has forgotten everything after a restart, and says so. ``batch`` is how many edits of a
    long history are sent in one message: 1 where the server can store them singly in bearable time. ``window`` is how
    many messages of one client may be unanswered. Without ``cases`` it is measured in all.
    """

    name: str
    title: str
    protocol: str
    command: Callable[[int, Path], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    durable: bool = True
    batch: int = 1
    window: int = 256
    cases: frozenset[str] | None = None

    def takes(self, case: str, *, stored: bool) -> bool:
        """Whether it is measured in ``case``; ``stored`` says that this takes a server that keeps its documents."""
        return (self.durable or not stored) and (self.cases is None or case in self.cases)


def _collab(port: int, storage: Path) -> list[str]:
    # The load generator stands for crowds: it alone needs other limits than the usual.
    limits = ("--edits-per-second", "1000000", "--edit-burst", "1000000")
    database = str(storage / "collab.db")
    return [sys.executable, "-m", "collab", "serve", "--port", str(port), "--db", database, *limits]


def _node(script: str) -> Callable[[int, Path], list[str]]:
    return lambda port, storage: ["node", str(node_folder() / script), str(port), str(storage)]


def _y_websocket(port: int, storage: Path) -> list[str]:
    # Its own program, which is told everything through the environment.
    program = node_folder() / "node_modules" / "@y" / "websocket-server" / "src" / "server.js"
    return ["env", "HOST=127.0.0.1", f"PORT={port}", f"YPERSISTENCE={storage}", "node", str(program)]


def _sharedb_postgres(port: int, storage: Path) -> list[str]:
    script = str(SOURCE / "servers" / "sharedb_postgres.py")
    return [sys.executable, script, str(port), str(storage), str(node_folder())]


def _pycrdt(port: int, storage: Path) -> list[str]:
    return [str(python()), str(SOURCE / "servers" / "pycrdt_server.py"), str(port), str(storage)]


PEERS = {
    peer.name: peer
    for peer in (
        Peer("collab", "collab", "collab", _collab),
        Peer("hocuspocus", "Hocuspocus + SQLite", "hocuspocus", _node("hocuspocus.mjs")),
        Peer("y-websocket", "y-websocket + LevelDB", "yjs", _y_websocket),
        Peer("sharedb", "ShareDB in memory", "sharedb", _node("sharedb.mjs"), durable=False, window=1),
        Peer(
            *("sharedb-postgres", "ShareDB + PostgreSQL", "sharedb", _sharedb_postgres),
            window=1,
            cases=frozenset({"S1", "S2/4", "S2/16", "S4/100", "S6", "S6/b", "S7"}),
        ),
        Peer("pycrdt", "pycrdt-websocket + SQLite", "yjs", _pycrdt, batch=26),
    )
}


def collab_at(name: str, tree: Path) -> Peer:
    """collab as it is in another checkout, to be compared with this one."""
    return Peer(name, f"collab ({name})", "collab", _collab, environment={"PYTHONPATH": str(tree.resolve())})
