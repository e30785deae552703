"""Fetching the peers, at the versions in `package.json` and `requirements.txt`, into the cache folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.cache import SOURCE, cache, folder


def node_folder() -> Path:
    """Where the peers on Node live, with our scripts beside them so that these find their packages."""
    return cache() / "node"


def python() -> Path:
    """The Python that has the peers on Python."""
    return cache() / "python" / "bin" / "python"


def install() -> None:
    """Fetch what is not there yet, and put our scripts in place.

    Raises:
        CalledProcessError, OSError: npm or pip failed, or there is no npm.
    """
    node = folder(node_folder())
    manifest = SOURCE / "package.json"
    if _changed(manifest, node / "installed"):
        shutil.copy(manifest, node)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=node, check=True
        )
        _mark(manifest, node / "installed")
    for script in [*(SOURCE / "servers").glob("*.mjs"), *(SOURCE / "clients").glob("*.mjs")]:
        shutil.copy(script, node)
    requirements = SOURCE / "requirements.txt"
    if _changed(requirements, cache() / "python" / "installed"):
        subprocess.run([sys.executable, "-m", "venv", cache() / "python"], check=True)
        pip = (python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run([*pip, "--requirement", requirements], check=True)
        _mark(requirements, cache() / "python" / "installed")


def _changed(wanted: Path, mark: Path) -> bool:
    return not mark.exists() or mark.read_text() != _digest(wanted)


def _mark(wanted: Path, mark: Path) -> None:
    mark.write_text(_digest(wanted))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
