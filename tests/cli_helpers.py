"""Commands run as users run them, piped or in a terminal, and in this process where that makes no difference."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from collab.cli import main
from collab.events import Created, Edited
from collab.store.sqlite import SQLiteStore
from tests.store_helpers import append_of

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


def done(result: tuple[int, str, str]) -> str:
    """The output of a command that did what it should."""
    code, output, errors = result
    assert (code, errors) == (0, "")
    return output


def refused(result: tuple[int, str, str], reason: str) -> None:
    """A command said in one line why it did nothing."""
    code, output, errors = result
    assert (code, output) == (1, "")
    assert errors.startswith("collab: ")
    assert reason in errors
    assert errors.count("\n") == 1


def words(output: str) -> list[str]:
    return [" ".join(line.split()) for line in output.splitlines()]


async def small_history(path: Path) -> None:
    """A store with a document "doc" of six versions, by ann, bob and ann."""
    async with await SQLiteStore.open(path, packs=False) as store:
        await store.append(append_of("doc", 0, [Created("e1", title="Notes")], client_seq=0))
        await store.append(append_of("doc", 1, [Edited(["Hello"]), Edited([5, " wörld 😀"])]))
        bobs = [Edited([5, -2, ","]), Edited(["Oh. "])]
        await store.append(append_of("doc", 3, bobs, client="c2", author="bob", client_seq=1))
        await store.append(append_of("doc", 5, [Edited([17, "!"])]))


TEXT = "Oh. Hello,örld 😀!"
"""What it comes to."""


def in_this_process(monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> Collab:
    """Runs commands without the price of a process; exit code, output and errors."""
    for name in [name for name in os.environ if name.startswith("COLLAB_")]:
        monkeypatch.delenv(name)

    def call(*arguments: str | Path, stdin: bytes = b"", **env: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["collab", *map(str, arguments)])
            patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
            for name, value in env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        output, errors = capsysbinary.readouterr()
        assert ended.value.code is None or isinstance(ended.value.code, int)
        return ended.value.code or 0, output.decode(), errors.decode()

    return call
