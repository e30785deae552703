"""What goes wrong in SQLite, in our words: the one place that reads its error codes."""

from __future__ import annotations

import sqlite3

from collab.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly

_PRIMARY = 0xFF
"""An extended error code holds its primary one in the lowest byte."""

_KNOWN: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code, or -1 if the error was raised by Python's sqlite3 module itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & _PRIMARY


def translate(error: sqlite3.Error) -> StoreError:
    """The `StoreError` that says what ``error`` means for the caller."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    kind = _KNOWN.get(primary_code(error), StoreError)
    if str(error).startswith("Could not decode to UTF-8"):
        kind = StoreDamaged  # found by Python, which has no code for it
    return kind(f"{error} ({name})")
