"""Where everything is kept that is fetched, built or measured: a cache folder outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

SOURCE = Path(__file__).parent


def cache() -> Path:
    """The cache folder, made if need be."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder(base / "collab-benchmarks")


def folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
