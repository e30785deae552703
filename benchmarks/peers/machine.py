"""The cores: the server under test has one to itself, the load generator another."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.peers.cache import cache

SERVER_CORE, LOAD_CORE = sorted(os.sched_getaffinity(0))[0], sorted(os.sched_getaffinity(0))[-1]

FSYNCS = 15

NICE = -10
"""Ahead of whatever else runs here, where we may ask for that."""


def pinned(core: int) -> Callable[[], None]:
    """For `preexec_fn`: the process, and all threads and children it will have, on ``core``."""

    def pin() -> None:
        os.sched_setaffinity(0, {core})
        with contextlib.suppress(PermissionError):
            os.nice(NICE)

    return pin


def start_clients(command: list[str]) -> subprocess.Popen[str]:
    """A process of clients on their core, spoken to through pipes."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=pinned(LOAD_CORE),
    )


def fsync_ms() -> float:
    """What the disk needs at the moment to keep 4 kB, median of a few tries, in ms."""
    times = []
    with tempfile.TemporaryFile(dir=cache()) as file:
        for _ in range(FSYNCS):
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return median(times)


def cpu_seconds(pid: int) -> float:
    """What a process and its threads have used so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid: int) -> int:
    """kB of memory of a process."""
    fields = Path(f"/proc/{pid}/status").read_text().split()
    return int(fields[fields.index("VmRSS:") + 1])


def describe() -> str:
    """What this machine is, without saying which."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().partition('-')[0]}"
