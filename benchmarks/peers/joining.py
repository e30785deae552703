"""Clients that end up holding the text: the ones that join, and the ones that look what is left after a crash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from threading import Timer

from benchmarks.peers.install import node_folder
from benchmarks.peers.load import LoadFailed
from benchmarks.peers.machine import start_clients
from benchmarks.peers.server import Server

DOCUMENT = "load-0"
"""What the load generator calls its first document."""

JOIN_SECONDS = 120.0


@dataclass(frozen=True)
class Joined:
    """How long it took until the client held the text, what it was sent for that, and the text."""

    ms: float
    bytes: int
    text: str


class Joiner:
    """A process of clients on Node, each of which joins the first document of ``server`` and stays.

    The same process can go on after the server was started again: its code is warm then, the server is cold.
    """

    def __init__(self, server: Server) -> None:
        command = ["node", str(node_folder() / "join.mjs"), server.peer.protocol, str(server.port), DOCUMENT]
        self._process = start_clients(command)

    def join(self, length: int = 0) -> Joined:
        """Join once more. A text of ``length`` is waited for; 0 takes what there is when all is quiet.

        Raises:
            LoadFailed: there was no such text in time.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        alarm = Timer(JOIN_SECONDS, self._process.kill)
        alarm.start()
        try:
            self._process.stdin.write(f"{length}\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if not line:
            said = self._process.stderr.read().strip()[-500:] or f"no text within {JOIN_SECONDS:g} s"
            raise LoadFailed(f"joining failed: {said}")
        return Joined(**json.loads(line))

    def __enter__(self) -> Joiner:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
