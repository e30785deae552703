"""S6: what is lost of what had been promised, when the server is killed, and when the only client leaves.

An edit is owed once it was acknowledged to its author or shown to somebody else. Each edit types a token that says
whose and which it is, so a client that joins afterwards can tell what is there. The old clients never come back:
with Yjs they would bring back what they still have.
"""

from __future__ import annotations

import re
import time
from random import Random
from typing import Any

from benchmarks.peers import load
from benchmarks.peers.joining import Joiner
from benchmarks.peers.peers import Peer
from benchmarks.peers.server import Server

TOKEN_SIZE = 12
WRITERS = 4
RATE = 50
TRIES = 3
EARLIEST_SECONDS, LATEST_SECONDS = 2.0, 14.0
"""When the server is killed: Hocuspocus stores what is typed without a pause every 10 seconds."""

BURST = 500
LEAVE_SECONDS = 3.0

_random = Random()


def kill_while_typing(peer: Peer) -> dict[str, Any]:
    """S6: four writers, 200 tokens a second; SIGKILL at a random moment; restart; count what is missing."""
    tries = [_kill_once(peer) for _ in range(TRIES)]
    return {name: sum(each[name] for each in tries) for name in ("owed", "lost")} | {"tries": tries}


def _kill_once(peer: Peer) -> dict[str, Any]:
    with Server(peer) as server:
        process = load.start(
            *(peer.protocol, server.port, server.pid),
            mode="rate",
            clients=WRITERS,
            writers=WRITERS,
            rate=RATE,
            in_flight=peer.window,
            size=TOKEN_SIZE,
            seconds=60,
            owed=True,
        )
        try:
            seconds = _random.uniform(EARLIEST_SECONDS, LATEST_SECONDS)
            time.sleep(seconds)
            server.kill()
            result = load.first_result(process)
        finally:
            load.finish(process)
        owed = _owed(result)
        if not owed:
            raise load.LoadFailed(f"nobody had typed anything after {seconds:.1f} s")
        server.start()
        lost = owed - _present(server)
        acknowledged = sum(each["acknowledged"] for each in result["owed"].values())
        return {"seconds": seconds, "owed": len(owed), "acknowledged": acknowledged, "lost": len(lost)}


def leave_at_once(peer: Peer) -> dict[str, Any]:
    """S6b: the only client types a burst and leaves right after its last acknowledgement.

    What is missing a little later, and what after a SIGKILL and a restart?
    """
    with Server(peer) as server:
        result = load.run(
            *(peer.protocol, server.port, server.pid),
            mode="closed",
            warmup=0,
            seconds=30,
            in_flight=min(16, peer.window),
            size=TOKEN_SIZE,
            edits=BURST,
            owed=True,
        )
        owed = _owed(result)
        time.sleep(LEAVE_SECONDS)
        missing = owed - _present(server)
        server.kill()
        server.start()
        return {"owed": len(owed), "missing": len(missing), "lost": len(owed - _present(server))}


def _owed(result: dict[str, Any]) -> set[tuple[int, int]]:
    return {(int(writer), number) for writer, edits in result["owed"].items() for number in edits["owed"]}


def _present(server: Server) -> set[tuple[int, int]]:
    with Joiner(server) as client:
        text = client.join().text
    return {(int(writer), int(number)) for writer, number in re.findall(r"<(\d+):(\d+)>", text)}
