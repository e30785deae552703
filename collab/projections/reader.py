"""A model asked by whoever wants to know something: of one moment, and without holding anybody up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from collab.errors import StoreDamaged
from collab.projections.faults import ModelBehind, ModelBuilding, ModelParked, ModelUnusable
from collab.projections.model import BUSY_SECONDS, State, read_state
from collab.projections.projection import Projection
from collab.projections.shelf import Shelf
from collab.store.faults import translate
from collab.store.schema import uri

ASK_SECONDS = 10.0
"""How long a question may take. What takes longer is broken off: a word that is in all of a million documents, say."""

STEPS = 100_000
"""Of SQLite's virtual machine, some milliseconds, between two looks at the clock."""

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """What a model said, when all events up to ``position`` were in it, and ``newest`` was the last in the log."""

    value: T
    position: int
    newest: int

    @property
    def lag(self) -> int:
        """How many events are not in it yet."""
        return self.newest - self.position


def ask(
    projection: Projection,
    shelf: Shelf,
    question: Callable[[sqlite3.Connection], T],
    *,
    after: int,
    newest: int,
) -> Answer[T]:
    """What ``question`` finds in the current model, when ``newest`` is the last position in the log.

    Raises:
        ModelBuilding, ModelBehind: there is none yet, or it hasn't come to position ``after``: later it may have.
        ModelParked: it won't, before somebody does something about it.
        StoreError: it can't be read.
    """
    if not newest:  # an empty log has an empty model, and it isn't worth a file
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(projection.tables)
            return Answer(question(connection), 0, 0)
    path = shelf.current()
    if path is None:
        return _refuse(projection, state_of(shelf.shadow()), newest)
    try:
        with closing(_open(path)) as connection:
            connection.execute("BEGIN")
            until = time.monotonic() + ASK_SECONDS
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            state = read_state(connection)
            if state.position < after:
                _check_not_parked(projection, state)
                raise ModelBehind(projection.name, state.position, after)
            return Answer(question(connection), state.position, max(newest, state.position))
    except (ModelUnusable, StoreDamaged):
        # Whoever follows the log finds that, too, and builds it anew.
        return _refuse(projection, None, newest)
    except sqlite3.Error as error:
        if shelf.current() != path:  # it was replaced that very moment
            return ask(projection, shelf, question, after=after, newest=newest)
        raise translate(error) from error


def _refuse(projection: Projection, shadow: State | None, newest: int) -> Answer[T]:
    if shadow is not None:
        _check_not_parked(projection, shadow)
    raise ModelBuilding(projection.name, 0 if shadow is None else shadow.position, newest)


def _check_not_parked(projection: Projection, state: State) -> None:
    if state.parked is not None and not state.retry:
        raise ModelParked(projection.name, state.parked.position, state.parked.reason)


def state_of(path: Path | None) -> State | None:
    """The state of the model at ``path``; None if there is none that can be read."""
    if path is None:
        return None
    try:
        with closing(_open(path)) as connection:
            return read_state(connection)
    except (ModelUnusable, StoreDamaged):
        return None


def _open(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(uri(path, "mode=ro"), uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise ModelUnusable(f"{path}: {error}") from error
