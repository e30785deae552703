"""Other programs, such as Node, run to their end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

PROJECT = Path(__file__).parent.parent

SECONDS = 120
"""For a program to end in."""


async def run(*command: str, cwd: Path = PROJECT, env: dict[str, str] | None = None) -> str:
    """What a command prints, which ends well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)  # with what it has started
        await process.wait()
        raise
    assert process.returncode == 0, output.decode()
    return output.decode()
