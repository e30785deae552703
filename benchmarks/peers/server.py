"""A server under test, in a process of its own on a core of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.peers.cache import cache, folder
from benchmarks.peers.machine import SERVER_CORE, pinned
from benchmarks.peers.peers import Peer

START_SECONDS = 60.0
STOP_SECONDS = 30.0
PORTS = 15_000, 30_000


class ServerFailed(Exception):
    """A server did not start or stop as it should."""


class Server:
    """``peer`` on empty storage. It can be started again on the same storage and port after `stop` or `kill`."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._folder = tempfile.TemporaryDirectory(dir=folder(cache() / "runs"), prefix=f"{peer.name}-")
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def storage(self) -> Path:
        """Where the server keeps its documents."""
        return folder(Path(self._folder.name) / "storage")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> Server:
        """Start it, and wait until it listens.

        Raises:
            ServerFailed: it ended, or did not listen in time.
        """
        with (Path(self._folder.name) / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.peer.command(self.port, self.storage),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.name,
                env={**os.environ, **self.peer.environment},
                preexec_fn=pinned(SERVER_CORE),
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._ended() or time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"{self.peer.title} did not start: {self.log.strip()[-300:]}")
            time.sleep(0.02)
        return self

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False

    @property
    def log(self) -> str:
        """All that the server has printed."""
        return (Path(self._folder.name) / "log").read_text(errors="replace")

    def stop(self) -> None:
        """Ask it to stop, and wait. One that takes too long is killed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it on the spot."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if how == signal.SIGTERM:
            self._process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            while not self._ended() and time.monotonic() < deadline:
                time.sleep(0.01)
        # Whatever it has started goes with it. The group is still ours: its first process was not waited for.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        # What a server had started is not ours to wait for, and takes a moment to die.
        deadline = time.monotonic() + STOP_SECONDS
        while self._listens() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def __enter__(self) -> Server:
        try:
            return self.start()
        except BaseException:
            self._folder.cleanup()
            raise

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.kill()
        if error is not None and (log := self.log.strip()):
            error.add_note(f"{self.peer.title} said: {log[-500:]}")
        self._folder.cleanup()


def _free_port() -> int:
    """A port below those that the system gives to clients: who knocks at one of these may be connected to itself."""
    while True:
        port = random.randint(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
