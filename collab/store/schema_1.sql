-- Schema version 1. Once released a step is never changed: a later one changes what it made.

PRAGMA application_id = 1668047202;  -- 0x636c6162, "clab": tells our files from anybody else's

-- Where the log ends. Positions are never given twice, even if events are erased one day.
CREATE TABLE log (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL
);
INSERT INTO log (only, position) VALUES (1, 0);

-- The catalogue. It could be rebuilt from the events, and changes in one transaction with them.
CREATE TABLE documents (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    epoch      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX documents_by_update ON documents (updated_at, id);

-- Who the events come from. A client that acts for a second author gets a second row, which has no key
-- and whose "accepted" stays 0.
CREATE TABLE clients (
    number   INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (number),
    client   TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    key_hash BLOB,
    accepted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (document, client, author)
);

-- The log. "at" is microseconds since 1970, "checksum" as in collab.store.rows.
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    document   INTEGER NOT NULL REFERENCES documents (number),
    seq        INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    client     INTEGER NOT NULL REFERENCES clients (number),
    client_seq INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    payload    BLOB    NOT NULL,
    checksum   INTEGER NOT NULL,
    UNIQUE (document, seq)
);

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_are_never_dropped BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never dropped');
END;

-- Contents at some versions. Any of them may vanish.
CREATE TABLE snapshots (
    document INTEGER NOT NULL REFERENCES documents (number),
    version  INTEGER NOT NULL,
    content  BLOB    NOT NULL,
    PRIMARY KEY (document, version)
);
