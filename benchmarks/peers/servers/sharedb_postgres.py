"""``python sharedb_postgres.py PORT FOLDER SCRIPTS``: PostgreSQL in FOLDER, and ShareDB from SCRIPTS on top of it.

PostgreSQL as it comes, except that it listens on nothing but a socket in the file system. It refuses to run as root; a
user namespace of its own, in which it is nobody, gets round that without another account.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 30.0
RETRY_SECONDS = 0.1


def program(name: str) -> str:
    """A program of PostgreSQL's. Debian keeps them out of the search path, by version."""
    found = shutil.which(name) or max(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default="")
    if not found:
        sys.exit(f"there is no {name}: PostgreSQL is not installed")
    return found


def confined(*command: str) -> list[str]:
    return ["unshare", "--user", *command] if os.geteuid() == 0 else [*command]


def answers(psql: list[str]) -> bool:
    return subprocess.run([*psql, "--command", "SELECT 1"], capture_output=True).returncode == 0


def start(data: Path, sockets: str, psql: list[str]) -> subprocess.Popen[bytes]:
    """The database, once it answers. After a crash it may have to wait for what is left of its predecessor."""
    settings = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}")
    deadline = time.monotonic() + START_SECONDS
    database = subprocess.Popen(confined(program("postgres"), "-D", str(data), *settings))
    while not answers(psql):
        if time.monotonic() > deadline:
            sys.exit("PostgreSQL did not start")
        if database.poll() is not None:
            database = subprocess.Popen(confined(program("postgres"), "-D", str(data), *settings))
        time.sleep(RETRY_SECONDS)
    return database


def main(port: str, folder: Path, scripts: Path) -> None:
    data = folder / "postgres"
    new = not data.exists()
    if new:
        who = ("--username", "peers", "--auth", "trust", "--encoding", "UTF8")
        subprocess.run(confined(program("initdb"), "-D", str(data), *who), check=True)
    # Short, as the path of a socket must be.
    with tempfile.TemporaryDirectory(prefix="peers-") as sockets:
        psql = [
            program("psql"),
            "--host",
            sockets,
            "--username",
            "peers",
            "--no-psqlrc",
            "--quiet",
            "postgres",
        ]
        database = start(data, sockets, psql)
        if new:
            tables = scripts / "node_modules" / "sharedb-postgres" / "structure.sql"
            subprocess.run([*psql, "--file", str(tables)], check=True)
        sharedb = subprocess.Popen(
            ["node", str(scripts / "sharedb.mjs"), port, str(folder), sockets, "postgres"]
        )
        signal.sigwait({signal.SIGTERM})
        for process, how in ((sharedb, signal.SIGTERM), (database, signal.SIGINT)):
            process.send_signal(how)
            process.wait()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
