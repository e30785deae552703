"""Commands run as users run them: in a process of their own, piped or in a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parent.parent

Collab = Callable[..., tuple[int, str, str]]


def environment(**more: str) -> dict[str, str]:
    """That of this process, without what would change what a command does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
    return {**kept, "PYTHONPATH": str(PROJECT), "TERM": "xterm", "COLUMNS": "200", **more}


def run(
    *arguments: str | Path, cwd: Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> tuple[int, bytes, bytes]:
    """Run ``collab`` with its output in pipes: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "collab", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environment(**(env or {})),
        capture_output=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def in_terminal(*arguments: str | Path, cwd: Path, answer: str = "") -> tuple[int, str]:
    """Run ``collab`` in a terminal, in which ``answer`` is typed: exit code, and all that is seen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "collab", *map(str, arguments)],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # Linux: nobody is at the other end any more
        pass
    os.close(ours)
    return process.wait(60), seen.decode()


def objects(output: str) -> list[dict[str, Any]]:
    """The JSON objects in ``output``, one a line."""
    return [json.loads(line) for line in output.splitlines()]
