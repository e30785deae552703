"""Recorded histories in the form the load generator reads: for each edit its size, four bytes with the low end
first, and then so many bytes of what goes on the wire."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import HISTORIES
from benchmarks.peers import install
from benchmarks.peers.cache import cache, folder
from benchmarks.peers.peers import Peer

PAPER = HISTORIES / "automerge-paper.json.gz"


class NoHistory(Exception):
    """The recorded history isn't there."""


def history() -> dict[str, Any]:
    """The automerge-paper history: 259,778 edits of one character.

    Raises:
        NoHistory: COLLAB_TRACES names no folder that holds it.
    """
    if not PAPER.exists():
        raise NoHistory("automerge-paper.json.gz is not there: set COLLAB_TRACES to the folder that holds it")
    trace: dict[str, Any] = json.loads(gzip.decompress(PAPER.read_bytes()))
    return trace


def patches(trace: dict[str, Any]) -> Iterator[tuple[int, int, str]]:
    """Place, number of characters deleted there, and text inserted there."""
    for transaction in trace["txns"]:
        yield from transaction["patches"]


def trace_file(peer: Peer, *, batch: int) -> Path:
    """The history as ``peer`` is told it, ``batch`` edits to a message, made when it is first wanted."""
    path = folder(cache() / "traces") / f"paper-{peer.protocol}-{batch}.bin"
    if path.exists():
        return path
    half = path.with_suffix(".part")
    if peer.protocol in OPERATIONS:
        _write(half, map(OPERATIONS[peer.protocol], patches(history())))
    else:
        _write_yjs(half, batch)
    return half.rename(path)


def _write(path: Path, edits: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for edit in edits:
            file.write(struct.pack("<I", len(edit)) + edit)


def _write_yjs(path: Path, batch: int) -> None:
    """Yjs names places by what stands there, so it takes a replica to write its updates."""
    source = path.with_suffix(".json")
    source.write_text(json.dumps(list(patches(history()))))
    script = install.node_folder() / "yjs_trace.mjs"
    subprocess.run(["node", script, source, str(batch), path], check=True)
    source.unlink()


def _collab_operation(patch: tuple[int, int, str]) -> bytes:
    place, removed, inserted = patch
    return _json([step for step in (place, -removed, inserted) if step])


def _text_operation(patch: tuple[int, int, str]) -> bytes:
    place, removed, inserted = patch
    return _json([step for step in (place, inserted, {"d": removed} if removed else None) if step])


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


OPERATIONS = {"collab": _collab_operation, "sharedb": _text_operation}
"""How a patch is written, in the protocols that name places by number."""
