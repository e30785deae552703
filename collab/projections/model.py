"""One model: a SQLite file with the tables of a projection, and the place in the log up to which they are right.

Rows and place change in one transaction. So a model is never half of anything: after a crash it is what it was at
some place in the log, and goes on from there. A crash of the machine may take the last transactions, which come again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from collab.errors import StoreError
from collab.events import Event, name_of
from collab.projections.faults import FoldFailed, ModelUnusable, NotParked, Overtaken
from collab.projections.projection import DocumentText, Projection, TextProjection, fingerprint
from collab.store.faults import primary_code, translate
from collab.store.schema import statements, uri

BUSY_SECONDS = 5.0
"""How long somebody else may keep the file, who brings it forward or reads it to its end."""

REASON = 500
TRACE = 4_000
"""Characters that are kept of what a projection raised, and of where."""

OWN = "collab_"
"""How the names of our own tables begin."""

_TABLES = """
CREATE TABLE collab_state (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    projection TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    mark       BLOB,
    parked     BLOB,
    retry      INTEGER NOT NULL
);
CREATE TABLE collab_skipped (
    position INTEGER PRIMARY KEY,
    document TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL
);
"""

_OUR_TROUBLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_NOMEM,
}
"""What SQLite says of disk, memory and file. All else that it says is about what the projection asked of it."""


class Parked(msgspec.Struct, frozen=True):
    """Event ``seq`` of ``document``, at ``position``, was not taken in, for a ``reason``, after so many ``attempts``,
    the last of them at the time ``at`` (µs since 1970)."""

    position: int
    document: str
    seq: int
    type: str
    reason: str
    at: int
    attempts: int = 1
    trace: str = ""


class State(msgspec.Struct, frozen=True):
    """What a model says of itself: all events up to ``position`` are in it, but ``skipped`` ones.

    ``code`` is the projection's `fingerprint`, ``mark`` that of the last event. With ``retry`` the ``parked`` event is
    to be tried again.
    """

    code: str
    position: int
    mark: bytes | None
    parked: Parked | None
    retry: bool
    skipped: int


def mark(event: Event) -> bytes:
    """Tells ``event`` from whatever might be at its place in another log."""
    type_, version = name_of(event.payload)
    said = (event.document, event.seq, type_, version, event.author, event.client, event.client_seq, event.at)
    return hashlib.sha256(msgspec.json.encode(said)).digest()[:16]


class Model:
    """An open model. Its methods block, and are called by one thread at a time.

    Raises:
        ModelUnusable, StoreError: it can't be opened, or isn't a model of this projection.
    """

    def __init__(self, path: Path, projection: Projection, *, create: bool = False) -> None:
        self.path = path
        self.projection = projection
        self._folding = False
        try:
            self._connection = sqlite3.connect(
                uri(path, "mode=rwc" if create else "mode=rw"),
                uri=True,
                isolation_level=None,
                timeout=BUSY_SECONDS,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise ModelUnusable(f"{path}: {error}") from error
        try:
            self._prepare(create)
        except sqlite3.Error as error:
            self.close()
            raise _said(error) from error
        except BaseException:
            self.close()
            raise

    def _prepare(self, create: bool) -> None:
        execute = self._connection.execute
        execute("PRAGMA journal_mode = WAL")
        # What a crash of the machine takes away comes again from the log.
        execute("PRAGMA synchronous = NORMAL")
        execute("PRAGMA cache_size = -16384")
        if create:
            execute("BEGIN IMMEDIATE")
            if not execute("SELECT 1 FROM sqlite_master WHERE name = 'collab_state'").fetchone():
                self._create()
            execute("COMMIT")
        found = execute("SELECT projection, version FROM collab_state").fetchone()
        if found != (self.projection.name, self.projection.version):
            raise ModelUnusable(f"{self.path} is a model of {found}")
        self._connection.set_authorizer(self._judge)

    def _create(self) -> None:
        for statement in statements(f"{_TABLES}{self.projection.tables};"):
            self._connection.execute(statement)
        self._connection.execute(
            "INSERT INTO collab_state (only, projection, version, code, position, retry) VALUES (1, ?, ?, ?, 0, 0)",
            (self.projection.name, self.projection.version, fingerprint(self.projection)),
        )

    def _judge(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """While it folds, a projection neither ends the transaction nor writes tables that aren't its own."""
        if self._folding:
            if action in (sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
                return sqlite3.SQLITE_DENY
            writes = action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE)
            if writes and (first or "").startswith(OWN):
                return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    def state(self) -> State:
        """As it is now; another process may have changed it."""
        return read_state(self._connection)

    def sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file. Takes time in proportion to its size."""
        try:
            return bool(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except sqlite3.DatabaseError:
            return False

    def begin(self, after: int) -> None:
        """Begin to take in what follows position ``after``.

        Raises:
            Overtaken: the model is at another position.
            StoreError: it can't be written now.
        """
        self._do("BEGIN IMMEDIATE /* collab */")
        found = self.state().position
        if found != after:
            self.undo()
            raise Overtaken(f"{self.projection.name!r} is at position {found}, not {after}")

    def fold(self, events: Sequence[Event], texts: Sequence[DocumentText] = ()) -> None:
        """Let the projection take in what it wants of these, in the transaction that was begun.

        Raises:
            FoldFailed: it raised something, and the transaction is undone.
            StoreError: the file can't be written, and likewise.
        """
        self._folding = True
        try:
            if isinstance(self.projection, TextProjection):
                for text in texts:
                    self.projection.text(self._connection, text)
            else:
                self.projection.events(self._connection, events)
        except Exception as error:
            self._folding = False
            self.undo()
            if isinstance(error, sqlite3.Error) and primary_code(error) in _OUR_TROUBLE:
                raise translate(error) from error
            raise FoldFailed(f"{type(error).__name__}: {error}"[:REASON]) from error
        finally:
            self._folding = False

    def commit(self, last: Event) -> None:
        """Keep what was folded, up to the event ``last``."""
        self._do(
            "UPDATE collab_state SET position = ?, mark = ?, parked = NULL, retry = 0",
            (last.position, mark(last)),
        )
        self._do("COMMIT /* collab */")

    def undo(self) -> None:
        """Forget what was folded since `begin`."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK /* collab */")

    def park(
        self, position: int, document: str, seq: int, type_: str, error: BaseException, at: int
    ) -> Parked:
        """Stop before the event at ``position``, which raised ``error``.

        Raises:
            Overtaken: the model isn't right before it any more.
        """
        self.begin(position - 1)
        before = self.state().parked
        attempts = before.attempts + 1 if before is not None and before.position == position else 1
        trace = "".join(traceback.format_exception(error))[-TRACE:]
        parked = Parked(position, document, seq, type_, str(error)[:REASON], at, attempts, trace)
        self._do("UPDATE collab_state SET parked = ?, retry = 0", (msgspec.json.encode(parked),))
        self._do("COMMIT /* collab */")
        return parked

    def retry(self) -> Parked:
        """Have the parked event tried again by whoever follows the log.

        Raises:
            NotParked: there is none.
        """
        return self._unpark("UPDATE collab_state SET retry = 1")

    def skip(self, at: int) -> Parked:
        """Go on behind the parked event, which is noted with the time ``at`` (µs since 1970).

        Raises:
            NotParked: there is none.
        """
        # Without a mark: the event may be one that can't be read.
        return self._unpark("UPDATE collab_state SET position = position + 1, mark = NULL, parked = NULL", at)

    def _unpark(self, sql: str, skipped_at: int | None = None) -> Parked:
        self._do("BEGIN IMMEDIATE /* collab */")
        try:
            parked = self.state().parked
            if parked is None:
                raise NotParked(self.projection.name)
            self._do(sql)
            if skipped_at is not None:
                self._do(
                    "INSERT INTO collab_skipped (position, document, seq, reason, at) VALUES (?, ?, ?, ?, ?)",
                    (parked.position, parked.document, parked.seq, parked.reason, skipped_at),
                )
            self._do("COMMIT /* collab */")
        finally:
            self.undo()
        return parked

    def _do(self, sql: str, values: Sequence[Any] = ()) -> None:
        try:
            self._connection.execute(sql, values)
        except sqlite3.Error as error:
            self.undo()
            raise translate(error) from error

    def close(self) -> None:
        self._connection.close()


def _said(error: sqlite3.Error) -> StoreError:
    """What ``error`` means when we ask for what every model has."""
    if primary_code(error) in _OUR_TROUBLE:
        return translate(error)
    return ModelUnusable(f"it is no model: {error}")


def read_state(connection: sqlite3.Connection) -> State:
    """The state of the model that ``connection`` leads to.

    Raises:
        StoreError: it can't be read, or there is none.
    """
    try:
        found = connection.execute("SELECT code, position, mark, parked, retry FROM collab_state").fetchone()
        skipped = connection.execute("SELECT count(*) FROM collab_skipped").fetchone()[0]
    except sqlite3.Error as error:
        raise _said(error) from error
    code, position, last, parked, retry = found
    known = None if parked is None else msgspec.json.decode(parked, type=Parked)
    return State(code, position, last, known, bool(retry), skipped)
