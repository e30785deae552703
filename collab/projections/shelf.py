"""Where models lie: a folder beside the log, with one for each projection and version of it.

In that, each attempt to build the model is a file with a number, ``3.db``; which of them is *current*, the file
``current`` says. A newer one is a shadow that is being built. Nothing here is worth a backup: what is deleted is built
again. A file is never renamed, since SQLite finds what belongs to it by its name.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from collab.projections.projection import Projection

POINTER = "current"


class Shelf:
    """The models of one projection."""

    def __init__(self, folder: Path, projection: Projection) -> None:
        self._models = folder
        self._projection = projection
        self.folder = folder / f"{projection.name}.{projection.version}"

    def current(self) -> Path | None:
        """The model that is asked, None if none is complete."""
        path = self.folder / f"{self._pointed()}.db"
        return path if path.exists() else None

    def shadow(self) -> Path | None:
        """The newest model, if it is being built."""
        numbers = self._numbers()
        if not numbers or numbers[-1] <= self._pointed():
            return None
        return self.folder / f"{numbers[-1]}.db"

    def next(self) -> Path:
        """Where a new shadow is to be made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Never what is pointed at, even if that was thrown away: nothing unfinished is to be taken for current.
        return self.folder / f"{max([self._pointed(), *self._numbers()]) + 1}.db"

    def promote(self, path: Path) -> None:
        """From now on the model at ``path`` is current, and all older ones are gone, those of older versions, too."""
        pointer = self.folder / POINTER
        draft = pointer.with_name(f"{POINTER}.{os.getpid()}")
        draft.write_text(path.stem, "ascii")
        os.replace(draft, pointer)
        for number in self._numbers():
            if number < int(path.stem):
                self.discard(self.folder / f"{number}.db")
        for other in self._models.glob(f"{self._projection.name}.*"):
            version = other.suffix[1:]
            if version.isdecimal() and int(version) < self._projection.version:
                shutil.rmtree(other, ignore_errors=True)

    def discard(self, path: Path) -> None:
        """Throw a model away."""
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _pointed(self) -> int:
        """The number of the current model, 0 if there never was one."""
        try:
            return int((self.folder / POINTER).read_text("ascii"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return 0

    def _numbers(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        return sorted(
            int(path.stem) for path in self.folder.glob("*.db") if re.fullmatch(r"[0-9]{1,15}", path.stem)
        )
