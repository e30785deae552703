-- Schema version 3: a hash chain over each document's events, its named versions, and where in the whole log packed
-- events lie. First the tables; then a program fills in what they say of older events; then schema_3_guards.sql.

-- "type" NULL stands for "edited", which nearly all are. "mark" is the beginning of the event's digest, as in
-- collab.chain, NULL for events that were written before there was a chain.
CREATE TABLE events_3 (
    document   INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    type       TEXT,
    version    INTEGER NOT NULL,
    client     INTEGER NOT NULL,
    client_seq INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    payload    BLOB    NOT NULL,
    checksum   INTEGER NOT NULL,
    mark       BLOB,
    PRIMARY KEY (document, seq)
) WITHOUT ROWID;

INSERT INTO events_3 (document, seq, position, type, version, client, client_seq, at, payload, checksum)
SELECT document, seq, position, nullif(type, 'edited'), version, client, client_seq, at, payload, checksum
FROM events ORDER BY document, seq;

DROP TABLE events;
ALTER TABLE events_3 RENAME TO events;

-- "positions" are those of the first event and the last, "chain" is what collab.chain keeps of them all.
CREATE TABLE segments_3 (
    document       INTEGER NOT NULL,
    last           INTEGER NOT NULL,
    first          INTEGER NOT NULL,
    began          INTEGER NOT NULL,
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL,
    chain          BLOB,
    operations     BLOB    NOT NULL,
    envelopes      BLOB    NOT NULL,
    PRIMARY KEY (document, last)
) WITHOUT ROWID;

INSERT INTO segments_3 (document, last, first, began, first_position, last_position, operations, envelopes)
SELECT document, last, first, began, 0, 0, operations, envelopes FROM segments ORDER BY document, last;

DROP TABLE segments;
ALTER TABLE segments_3 RENAME TO segments;

-- The position and the digest of a document's last event; no digest where its history can't be read. And the highest
-- level of its events, as in collab.events: a program that knows only lower ones must not open it.
ALTER TABLE documents ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN digest BLOB;
ALTER TABLE documents ADD COLUMN level INTEGER NOT NULL DEFAULT 1;

CREATE TABLE tags (
    document INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    author   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (document, number)
) WITHOUT ROWID;
