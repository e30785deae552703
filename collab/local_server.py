"""A server of our own in a process of its own, as tests, benchmarks and `collab replay` need one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

from collab.errors import CollabError

START_SECONDS = 20.0
STOP_SECONDS = 20.0


class ServerFailed(CollabError):
    code = "server_failed"


class LocalServer:
    """``collab serve`` on ``db``, as a child process. ``url`` is known once it was started.

    After `kill` or `stop` it can be started again, on the same port.
    """

    def __init__(self, db: Path, *options: str) -> None:
        self.db = db
        self.url = ""
        self._options = options
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._output: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """What the server has printed, the newest some hundred lines."""
        return "".join(self._output)

    async def start(self) -> LocalServer:
        """Start, and wait until the server listens.

        Raises:
            ServerFailed: it ended, or said nothing in time.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "collab", "serve", "--port", str(self._port), "--db", str(self.db)),
            *self._options,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb"},
        )
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(self._process, listening))
        try:
            async with asyncio.timeout(START_SECONDS):
                self.url = await listening
        except TimeoutError as error:
            await self.kill()
            raise ServerFailed(f"the server said nothing within {START_SECONDS:g} s") from error
        except ServerFailed:
            await self.kill()  # it has ended by itself; this waits for it
            raise
        self._port = int(self.url.rpartition(":")[2])
        return self

    async def _read(self, process: asyncio.subprocess.Process, listening: asyncio.Future[str]) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self._output = [*self._output[-500:], line.decode(errors="replace")]
            found = re.search(r"http://\S+:\d+", self._output[-1])
            if found and not listening.done():
                listening.set_result(found[0])
        if not listening.done():
            listening.set_exception(ServerFailed(f"the server ended: {self.output}"))

    async def stop(self) -> int:
        """Ask it to stop (SIGTERM), wait, and return its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> int:
        """Kill it on the spot (SIGKILL)."""
        return await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise ServerFailed(f"the server didn't stop within {STOP_SECONDS:g} s") from None
        if self._reading is not None:
            await self._reading
        self._process = None
        return code

    async def __aenter__(self) -> LocalServer:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self._end(signal.SIGTERM)
