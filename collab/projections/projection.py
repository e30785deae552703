"""What a projection is: a fold from events to the rows of some tables."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from collab.errors import InvalidName
from collab.events import Event

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class DocumentText(NamedTuple):
    """A document as it was at ``version``, which ``author`` made at the time ``at`` (µs since 1970).

    ``text`` is plain, also of a document of kind "rich".
    """

    id: str
    kind: str
    title: str
    version: int
    text: str
    author: str
    at: int


class Projection:
    """A fold from the events of all documents, in the order of the log, to the rows of some SQLite tables.

    A subclass names itself, says in SQL what ``tables`` it has, and overrides `event`, or `events`. Whatever it writes
    is committed together with the place in the log that it has come to: each event counts exactly once, whatever
    crashes. So everything that it has to remember belongs in its tables, and nothing in ``self``; and what it writes is
    to depend on the events alone, not on the time, on chance, or on how many come at once.

    When the fold has changed so that older rows are wrong, raise ``version``: the model is then built anew.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tables: ClassVar[str]

    def event(self, model: sqlite3.Connection, event: Event) -> None:
        """Take in the next event. ``model`` is in a transaction, which is not to be ended here.

        Whatever is raised here *parks* the projection at this event, with nothing of it written.
        """
        raise NotImplementedError(f"{type(self).__name__} overrides neither event() nor events()")

    def events(self, model: sqlite3.Connection, events: Sequence[Event]) -> None:
        """Take in the events that follow, at least one. To be overridden where many are done faster at once."""
        for event in events:
            self.event(model, event)

    def rows(self, model: sqlite3.Connection, parameters: Mapping[str, str]) -> Any:
        """What ``GET /api/projections/{name}/rows`` answers: anything that can be written as JSON.

        ``model`` can only be read, ``parameters`` are those of the query. By default, nothing is answered.
        """
        raise InvalidName("projection", f"one that can be asked for rows, and {self.name!r} can't")


class TextProjection(Projection):
    """A projection of what documents say now: it is given whole texts, and no events.

    Of several edits in quick succession it sees the last one only.
    """

    def text(self, model: sqlite3.Connection, document: DocumentText) -> None:
        """``document`` has changed, its title or text, or is new; else as for `Projection.event`."""
        raise NotImplementedError(f"{type(self).__name__} doesn't override text()")


def check(projection: Projection) -> Projection:
    """``projection``, which has a name that a folder may have, and a version.

    Raises:
        InvalidName: it hasn't.
    """
    name = getattr(projection, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidName("projection's name", "a small letter and up to 39 of a-z 0-9 _")
    if not isinstance(projection.version, int) or projection.version < 1:
        raise InvalidName(f"version of projection {name!r}", "a number from 1")
    if not isinstance(getattr(projection, "tables", None), str):
        raise InvalidName(f"tables of projection {name!r}", "SQL")
    return projection


def fingerprint(projection: Projection) -> str:
    """Tells the code of a projection, and of all its module, from other code: so one sees that a model was made by
    another program."""
    return _fingerprint(type(projection))  # type: ignore[arg-type]


@cache
def _fingerprint(kind: type[Projection]) -> str:
    # Of the module and not of the class: to find that, Python 3.11 parses the module, which fails at times in a thread.
    try:
        source = Path(sys.modules[kind.__module__].__file__ or "").read_bytes()
    except (AttributeError, KeyError, OSError):  # made in an interpreter, say
        source = b""
    named = f"{kind.__qualname__}\0{kind.tables}\0".encode()
    return hashlib.sha256(named + source).hexdigest()[:16]
