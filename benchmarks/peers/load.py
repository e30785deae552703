"""The load generator in `load/`: built when it is older than its source, and run on a core of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any

from benchmarks.peers.cache import SOURCE, cache
from benchmarks.peers.machine import start_clients

FLAGS = ("-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")


MOST_SECONDS = 180.0


class LoadFailed(Exception):
    """The load generator gave up: what it said."""


def build() -> Path:
    """The program, up to date.

    Raises:
        LoadFailed: there is no C compiler, or it has something to say.
    """
    program = cache() / "load"
    sources = sorted((SOURCE / "load").glob("*.[ch]"))
    if program.exists() and program.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return program
    compiler = os.environ.get("CC", "gcc")
    units = [str(path) for path in sources if path.suffix == ".c"]
    try:
        subprocess.run([compiler, *FLAGS, "-o", program, *units], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LoadFailed(f"{compiler} could not build the load generator: {error}") from error
    return program


def start(protocol: str, port: int, pid: int, **options: object) -> subprocess.Popen[str]:
    """Start the load generator; see `load/main.c` for the options. True stands for a flag."""
    command = [str(build()), "--protocol", protocol, "--port", str(port), "--server", str(pid)]
    for name, value in options.items():
        if value is None or value is False:
            continue
        command.append("--" + name.replace("_", "-"))
        if value is not True:
            command.append(str(value))
    return start_clients(command)


def first_result(process: subprocess.Popen[str], *, timeout: float = MOST_SECONDS) -> dict[str, Any]:
    """What the load generator measured; with the option ``linger`` its clients stay until `finish`.

    Raises:
        LoadFailed: it gave up, or took too long.
    """
    assert process.stdout is not None
    alarm = Timer(timeout, process.kill)
    alarm.start()
    line = process.stdout.readline()
    alarm.cancel()
    if not line:
        _, err = process.communicate()
        raise LoadFailed(err.strip() or f"the load generator took more than {timeout:g} s")
    result: dict[str, Any] = json.loads(line)
    return result


def finish(process: subprocess.Popen[str]) -> None:
    """Let the clients leave."""
    try:
        process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def run(protocol: str, port: int, pid: int, **options: object) -> dict[str, Any]:
    """Start it, wait for what it measured, and let it end.

    Raises:
        LoadFailed: it gave up, or took too long.
    """
    process = start(protocol, port, pid, **options)
    try:
        return first_result(process)
    finally:
        finish(process)
