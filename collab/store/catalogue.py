"""The SQL that lists documents together with their authors, a page in one query."""

from __future__ import annotations

import sqlite3

import msgspec

from collab.store.base import MOST_AUTHORS, DocumentRecord, Listed

RECORD = "id, epoch, kind, title, version, created_at, updated_at, level"
"""A document's row, in the order of `DocumentRecord`."""

CASEFOLD = "casefold"
"""The function that readers have for what differs in case only: SQLite's own know no letters beyond ASCII."""

# The page first, so that authors are looked up for its documents only, each time in one stretch of an index. A client
# that acts for several has a row for each, and one author may have many clients.
_LISTED = f"""
WITH page AS MATERIALIZED (
    SELECT number, {RECORD} FROM documents
    WHERE (updated_at, id) < (:updated_at, :id)
        AND (:title = '' OR instr({CASEFOLD}(CASE title WHEN '' THEN id ELSE title END), :title))
    ORDER BY updated_at DESC, id DESC
    LIMIT :limit
)
SELECT
    {RECORD},
    (
        SELECT json_group_array(author) FROM (
            SELECT author FROM clients WHERE document = page.number
            GROUP BY author ORDER BY min(number) LIMIT {MOST_AUTHORS}
        )
    ),
    (SELECT count(DISTINCT author) FROM clients WHERE document = page.number)
FROM page ORDER BY updated_at DESC, id DESC
"""

_decode_authors = msgspec.json.Decoder(list[str]).decode


def prepare(connection: sqlite3.Connection) -> None:
    """Give ``connection`` what `listed` needs."""
    connection.create_function(CASEFOLD, 1, str.casefold, deterministic=True)


def listed(
    connection: sqlite3.Connection, *, title: str, before: tuple[int, str], limit: int
) -> list[Listed]:
    """As in `EventStore.listed`."""
    values = {"updated_at": before[0], "id": before[1], "title": title.casefold(), "limit": limit}
    return [
        Listed(DocumentRecord(*record), _decode_authors(authors), count)
        for *record, authors, count in connection.execute(_LISTED, values)
    ]
