"""Full-text search over what documents say now, with SQLite's FTS5.

Words are found whatever their case and accents. Chinese and Japanese have no spaces between words: there each
character is a word, and what is searched for is a row of them.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3

import msgspec

from collab.projections.projection import DocumentText, TextProjection

MOST_TERMS = 20
"""Words and phrases of a query that are looked for; what is more is left out."""

SNIPPET_WORDS = 24

_IDEOGRAPH = re.compile(
    "([\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])"
)
_APART = "\u200b"
"""Put behind each of these, a space without width makes a word of it."""

_BEGIN, _END = "\ufdd0", "\ufdd1"
"""Around what was found: these two are no characters, and in no text that means anything."""

_MARKED = re.compile(f"{_BEGIN}([^{_END}]*){_END}")

_TERM = re.compile(r'(-?)(?:"([^"]*)("?)|(\S+))')


class Piece(msgspec.Struct, frozen=True):
    """A part of a text; a ``match`` is what was looked for."""

    text: str
    match: bool


class Hit(msgspec.Struct, frozen=True):
    """A document in which all of it was found. ``title`` and ``snippet``, the best part of the text, are in pieces;
    ``updated_at`` is µs since 1970."""

    document: str
    kind: str
    version: int
    author: str
    updated_at: int
    title: list[Piece]
    snippet: list[Piece]


class Search(TextProjection):
    name = "search"
    tables = """
        CREATE TABLE documents (
            number     INTEGER PRIMARY KEY,
            id         TEXT    NOT NULL UNIQUE,
            kind       TEXT    NOT NULL,
            version    INTEGER NOT NULL,
            author     TEXT    NOT NULL,
            updated_at INTEGER NOT NULL
        );
        CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize = "unicode61 remove_diacritics 2");
    """

    def text(self, model: sqlite3.Connection, document: DocumentText) -> None:
        number = number_of(document.id)
        model.execute(
            "INSERT INTO documents (number, id, kind, version, author, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, author = excluded.author,"
            " updated_at = excluded.updated_at",
            (number, document.id, document.kind, document.version, document.author, document.at),
        )
        model.execute(
            "INSERT OR REPLACE INTO texts (rowid, title, text) VALUES (?, ?, ?)",
            (number, _apart(document.title), _apart(document.text)),
        )


def number_of(document: str) -> int:
    """The number of a document in the index: always the same, whatever was indexed before it. Of a million documents
    two have the same one with a chance of 1 in 18 million, and then the second parks the projection."""
    return int.from_bytes(hashlib.blake2b(document.encode(), digest_size=8).digest()) >> 1


def _apart(text: str) -> str:
    return text if text.isascii() else _IDEOGRAPH.sub(rf"\1{_APART}", text)


def expression(query: str) -> str | None:
    """What FTS5 is to look for: all words and "phrases" of ``query``, none with a minus before it, and anything that
    begins with its last word. None if that is nothing.

    >>> expression('red "fish and chips" -blue gre')
    '("red" "fish and chips" "gre" *) NOT "blue"'
    >>> expression("- !?") is None
    True
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in list(_TERM.finditer(query))[:MOST_TERMS]:
        minus, phrase, closed, word = term.groups()
        text = (word if phrase is None else phrase).replace('"', " ")
        if not re.search(r"[^\W_]", text):
            continue
        unfinished = not closed and term.end() == len(query) and not minus
        (unwanted if minus else wanted).append(f'"{_apart(text)}"' + (" *" if unfinished else ""))
    if not wanted:
        return None
    return f"({' '.join(wanted)})" + "".join(f" NOT {term}" for term in unwanted)


def search(model: sqlite3.Connection, query: str, *, start: int = 0, limit: int) -> list[Hit]:
    """The documents in which everything in ``query`` is found, the best first; ``start`` of them are left out."""
    sought = expression(query)
    if sought is None:
        return []
    found = model.execute(
        "SELECT id, kind, version, author, updated_at, highlight(texts, 0, :begin, :end),"
        " snippet(texts, 1, :begin, :end, '…', :words)"
        " FROM texts JOIN documents ON number = texts.rowid WHERE texts MATCH :sought"
        " ORDER BY bm25(texts, 10.0, 1.0), updated_at DESC, id LIMIT :limit OFFSET :start",
        {
            "begin": _BEGIN,
            "end": _END,
            "words": SNIPPET_WORDS,
            "sought": sought,
            "limit": limit,
            "start": start,
        },
    )
    return [
        Hit(document, kind, version, author, at, pieces(title), pieces(snippet))
        for document, kind, version, author, at, title, snippet in found
    ]


def pieces(marked: str) -> list[Piece]:
    """What was found apart from what is around it.

    >>> [(piece.text, piece.match) for piece in pieces("a \\ufdd0fish\\ufdd1.")]
    [('a ', False), ('fish', True), ('.', False)]
    """
    parts = _MARKED.split(marked.replace(_APART, ""))
    return [Piece(part, bool(index % 2)) for index, part in enumerate(parts) if part]
