"""The SQL about webhooks (`collab.store.webhooks`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from collab.errors import NothingParked, TooManyWebhooks, UnknownWebhook
from collab.store.transaction import Ledger
from collab.store.webhooks import MOST_LISTED, MOST_WEBHOOKS, Line, Progress, Waiting, Webhook

_WEBHOOK = (
    "number, url, secret, documents, types, refusals, created_at, position, paused, revision,"
    " attempts, error, error_at"
)
_LINE = "document, seq, attempts, parked, error, at"


def webhooks(connection: sqlite3.Connection) -> list[Webhook]:
    found = connection.execute(f"SELECT {_WEBHOOK} FROM webhooks ORDER BY number")
    return [_webhook(*row) for row in found]


def _webhook(
    number: int, url: str, secret: str, documents: str, types: str, refusals: int, created_at: int, position: int,
    paused: int, revision: int, attempts: int, error: str, error_at: int,
) -> Webhook:  # fmt: skip
    return Webhook(
        number=number, url=url, secret=secret, documents=_names(documents), types=_names(types), refusals=refusals,
        created_at=created_at, position=position, paused=bool(paused), revision=revision, attempts=attempts,
        error=error, error_at=error_at,
    )  # fmt: skip


def _names(stored: str) -> tuple[str, ...]:
    return msgspec.json.decode(stored, type=tuple[str, ...])


def _stored(names: tuple[str, ...]) -> str:
    return msgspec.json.encode(names).decode()


def add(ledger: Ledger, webhook: Webhook) -> Webhook:
    with _transaction(ledger) as connection:
        if connection.execute("SELECT count(*) FROM webhooks").fetchone()[0] >= MOST_WEBHOOKS:
            raise TooManyWebhooks(MOST_WEBHOOKS)
        number = connection.execute(
            "INSERT INTO webhooks (url, secret, documents, types, refusals, created_at, position)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (webhook.url, webhook.secret, _stored(webhook.documents), _stored(webhook.types))
            + (webhook.refusals, webhook.created_at, webhook.position),
        ).lastrowid
    assert number is not None
    return msgspec.structs.replace(webhook, number=number)


def remove(ledger: Ledger, number: int) -> None:
    with _transaction(ledger) as connection:
        if not connection.execute("DELETE FROM webhooks WHERE number = ?", (number,)).rowcount:
            raise UnknownWebhook(number)
        connection.execute("DELETE FROM webhook_lines WHERE webhook = ?", (number,))


def pause(ledger: Ledger, number: int, *, paused: bool) -> None:
    with _transaction(ledger) as connection:
        _change(connection, number, "paused = ?", paused)


def retry(ledger: Ledger, number: int, document: str | None) -> int:
    with _transaction(ledger) as connection:
        _change(connection, number, "attempts = 0")
        return connection.execute(
            "UPDATE webhook_lines SET attempts = 0, parked = 0 WHERE webhook = ? AND document = coalesce(?, document)",
            (number, document),
        ).rowcount


def skip(ledger: Ledger, number: int, document: str) -> int:
    with _transaction(ledger) as connection:
        _change(connection, number, "attempts = attempts")
        found = connection.execute(
            "UPDATE webhook_lines SET seq = seq + 1, attempts = 0, parked = 0, error = ''"
            " WHERE webhook = ? AND document = ? AND parked RETURNING seq - 1",
            (number, document),
        ).fetchall()
        if not found:
            raise NothingParked(number, document)
        seq: int = found[0][0]
        return seq


def _change(connection: sqlite3.Connection, number: int, what: str, *values: object) -> None:
    changed = connection.execute(
        f"UPDATE webhooks SET revision = revision + 1, {what} WHERE number = ?", (*values, number)
    )
    if not changed.rowcount:
        raise UnknownWebhook(number)


def lines(connection: sqlite3.Connection, number: int, *, after: str, limit: int) -> list[Line]:
    found = connection.execute(
        f"SELECT {_LINE} FROM webhook_lines WHERE webhook = ? AND document > ? ORDER BY document LIMIT ?",
        (number, after, max(0, limit)),
    )
    return [_line(*row) for row in found]


def _line(document: str, seq: int, attempts: int, parked: int, error: str, at: int) -> Line:
    return Line(document, seq, attempts, bool(parked), error, at)


def waiting(connection: sqlite3.Connection, number: int) -> Waiting:
    wait, parked = connection.execute(
        "SELECT count(*), coalesce(sum(parked), 0) FROM webhook_lines WHERE webhook = ?", (number,)
    ).fetchone()
    first = connection.execute(
        f"SELECT {_LINE} FROM webhook_lines WHERE webhook = ? AND parked ORDER BY document LIMIT ?",
        (number, MOST_LISTED),
    )
    return Waiting(wait - parked, parked, tuple(_line(*row) for row in first))


def note(ledger: Ledger, number: int, progress: Progress) -> None:
    """Note how far a webhook has come; a crash may take it back."""
    with _transaction(ledger, durable=False) as connection:
        known = connection.execute(
            "UPDATE webhooks SET position = max(position, ?), attempts = ?, error = ?, error_at = ? WHERE number = ?",
            (progress.position, progress.attempts, progress.error, progress.error_at, number),
        ).rowcount
        if not known:
            return
        connection.executemany(
            "INSERT INTO webhook_lines (webhook, document, seq, attempts, parked, error, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET seq = excluded.seq, attempts = excluded.attempts, parked = excluded.parked,"
            " error = excluded.error, at = excluded.at WHERE excluded.seq >= seq",
            [
                (number, line.document, line.seq, line.attempts, line.parked, line.error, line.at)
                for line in progress.lines
            ],
        )
        connection.executemany(
            "DELETE FROM webhook_lines WHERE webhook = ? AND document = ? AND seq <= ? + 1",
            [(number, document, seq) for document, seq in progress.caught_up],
        )


@contextmanager
def _transaction(ledger: Ledger, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
    """One transaction; the writer rolls it back if the block raises."""
    ledger.durable(durable)
    ledger.connection.execute("BEGIN IMMEDIATE")
    yield ledger.connection
    ledger.connection.execute("COMMIT")
