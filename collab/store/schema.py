"""The file: whether it is ours, which version of the schema it has, and how it gets the newest one.

A file is looked at before it is opened for writing, so that one which isn't ours, or which a newer program
has changed, stays as it is to the last bit.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from collab.errors import StoreError, StoreTooNew, StoreUnusable
from collab.store.chaining import chain_all
from collab.store.faults import primary_code, translate

logger = logging.getLogger("collab.store")

APPLICATION_ID = 0x636C6162
"""The letters "clab", in the header of every store."""

Part = str | Callable[[sqlite3.Connection], None]
"""The name of a file in this package, or SQL, or what a program has to do."""

Step = Part | tuple[Part, ...]

STEPS: Sequence[Step] = (
    "schema_1.sql",
    "schema_2.sql",
    ("schema_3_tables.sql", chain_all, "schema_3_guards.sql"),
    "schema_4.sql",
    "schema_5.sql",
)
"""What leads from schema version 0, an empty database, to 1, 2 … A released one never changes."""

PAGE_BYTES = 1_024
"""The page of a new file. A commit writes some pages for a few bytes each, and an empty file is 14 of them."""

CHECKPOINT_BYTES = 4_000_000
"""What the write-ahead log may hold until a commit has to carry it over into the database, if `checkpoints` couldn't
keep up. Pages written twice in this time are carried over only once; but the less there is the shorter is the wait.
The log is made this long at once: to write over it takes 0.15 ms to the disk here, where letting it grow takes 0.3,
because the file system has to write down its new length as well."""


def uri(path: Path, options: str) -> str:
    return f"{path.absolute().as_uri()}?{options}"


def look(path: Path, *, newest: int = len(STEPS)) -> bool:
    """Whether there is a store at ``path``; if not, one can be made there. Nothing is changed.

    Raises:
        StoreUnusable: there is something else, or no folder.
        StoreTooNew: a newer program changed the schema.
    """
    log = path.with_name(path.name + "-wal")
    try:
        if not path.parent.is_dir():
            raise StoreUnusable(str(path), "its folder does not exist")
        if not path.exists():
            return False
        if not path.is_file():
            raise StoreUnusable(str(path), "is not a file")
        if path.stat().st_size == 0:
            return False
        # Where nothing waits in a write-ahead log, the file alone tells all, and SQLite need
        # not make the files that it shares with other processes.
        options = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    except OSError as error:
        raise StoreUnusable(str(path), error.strerror or str(error)) from error
    try:
        with closing(sqlite3.connect(uri(path, options), uri=True, isolation_level=None)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if primary_code(error) == sqlite3.SQLITE_NOTADB:
            raise StoreUnusable(str(path), "is not an SQLite database") from error
        raise StoreUnusable(str(path), str(error)) from error
    if (application, version, tables) == (0, 0, 0):
        return False  # whoever began it was killed before its first transaction
    if application != APPLICATION_ID:
        raise StoreUnusable(str(path), "is an SQLite database, but of another program")
    if version > newest:
        raise StoreTooNew(str(path), version, newest)
    return True


def connect_writer(path: Path, *, busy_seconds: float, steps: Sequence[Step] = STEPS) -> sqlite3.Connection:
    """The connection that writes, its schema brought up to date, for the thread that calls this.

    Raises:
        StoreError: the file can't be used, or not now.
    """
    mode = "rw" if look(path, newest=len(steps)) else "rwc"
    try:
        connection = sqlite3.connect(
            uri(path, f"mode={mode}"), uri=True, isolation_level=None, timeout=busy_seconds
        )
    except sqlite3.Error as error:
        raise StoreUnusable(str(path), str(error)) from error
    try:
        # These two say what a new file is like, and change nothing in any other.
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StoreUnusable(str(path), "its file system cannot hold a write-ahead log")
        connection.execute("PRAGMA foreign_keys = ON")
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_BYTES // page_bytes}")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA cache_size = -16384")
        migrate(connection, path, steps)
        _check_writable(connection)
        _lengthen_log(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise translate(error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> None:
    """Take all steps that the database lacks, each wholly or not at all."""
    while True:
        version = _version(connection)
        if version == len(steps):
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Looked at again behind the lock: another process may have taken the step meanwhile.
            version = _version(connection)
            if version > len(steps):
                raise StoreTooNew(str(path), version, len(steps))
            if version < len(steps):
                _take(connection, steps[version])
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        # An older program looks at the file alone, where the new version must be seen.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _take(connection: sqlite3.Connection, step: Step) -> None:
    for part in step if isinstance(step, tuple) else (step,):
        if callable(part):
            part(connection)
        else:
            for statement in statements(_sql(part)):
                connection.execute(statement)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _sql(part: str) -> str:
    return files(__package__).joinpath(part).read_text("utf-8") if part.endswith(".sql") else part


def statements(sql: str) -> Iterator[str]:
    """The statements of a script one by one, since `executescript` would commit before the first.

    A trigger's body has semicolons too, hence the question to SQLite.

    >>> list(statements("CREATE TABLE a (b); DROP TABLE a;"))
    ['CREATE TABLE a (b);', ' DROP TABLE a;']
    """
    statement = ""
    for piece in sql.split(";")[:-1]:
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _check_writable(connection: sqlite3.Connection) -> None:
    """SQLite opens a file that it may only read without a word; only a real write tells."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("UPDATE log SET position = position")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _lengthen_log(connection: sqlite3.Connection, path: Path) -> None:
    """Make the write-ahead log as long as it may become, with zeros that SQLite doesn't take for entries.

    Nobody else writes meanwhile: that takes the lock which is held here.
    """
    log = path.with_name(path.name + "-wal")
    connection.execute("BEGIN IMMEDIATE")
    try:
        size = log.stat().st_size
        try:
            with log.open("r+b") as file:
                file.seek(size)
                file.write(bytes(max(0, CHECKPOINT_BYTES - size)))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            # No room for it, say. Then it grows as it is needed, and a commit says what is wrong.
            logger.warning("the write-ahead log could not be lengthened: %s", error)
            os.truncate(log, size)
    finally:
        connection.execute("ROLLBACK")
