-- Schema version 4: up to which version each author has seen a document, at what time. It is about readers, and not a
-- part of the document's history.

CREATE TABLE visits (
    document INTEGER NOT NULL,
    author   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (document, author)
) WITHOUT ROWID;
