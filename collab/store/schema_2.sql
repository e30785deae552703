-- Schema version 2: the newest events lie in the order in which they are read, and older ones are packed.

CREATE TABLE events_2 (
    document   INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    client     INTEGER NOT NULL,
    client_seq INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    payload    BLOB    NOT NULL,
    checksum   INTEGER NOT NULL,
    PRIMARY KEY (document, seq)
) WITHOUT ROWID;

INSERT INTO events_2 (document, seq, position, type, version, client, client_seq, at, payload, checksum)
SELECT document, seq, position, type, version, client, client_seq, at, payload, checksum
FROM events ORDER BY document, seq;

DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;

-- Events 1 to "last" of the newest segment are here, without a gap; rows of theirs that are still among the
-- events are about to be removed. "began" is the time of the first, the parts are those of collab.segments.
CREATE TABLE segments (
    document   INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    first      INTEGER NOT NULL,
    began      INTEGER NOT NULL,
    operations BLOB    NOT NULL,
    envelopes  BLOB    NOT NULL,
    PRIMARY KEY (document, last)
) WITHOUT ROWID;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_are_never_dropped BEFORE DELETE ON events
WHEN OLD.seq > coalesce((SELECT max(last) FROM segments WHERE document = OLD.document), 0)
BEGIN
    SELECT RAISE(ABORT, 'events are never dropped, unless a segment has them');
END;

CREATE TRIGGER segments_leave_no_gap BEFORE INSERT ON segments
WHEN NEW.last < NEW.first OR NEW.last <= coalesce((SELECT max(last) FROM segments WHERE document = NEW.document), 0)
    OR (SELECT NEW.first NOT IN (coalesce(max(last), 0) + 1, coalesce(max(first), 1))
        FROM segments WHERE document = NEW.document)
BEGIN
    SELECT RAISE(ABORT, 'segments leave no gap');
END;

CREATE TRIGGER segments_are_never_changed BEFORE UPDATE ON segments
BEGIN
    SELECT RAISE(ABORT, 'segments are never changed');
END;

CREATE TRIGGER segments_are_never_dropped BEFORE DELETE ON segments
WHEN coalesce(
    (SELECT first FROM segments WHERE document = OLD.document AND last > OLD.last ORDER BY last LIMIT 1)
    > OLD.first, 1)
BEGIN
    SELECT RAISE(ABORT, 'segments are never dropped, unless a longer one has their events');
END;

-- No table has a number of its own for what it has a key for.
CREATE TABLE snapshots_2 (
    document INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    content  BLOB    NOT NULL,
    PRIMARY KEY (document, version)
) WITHOUT ROWID;
INSERT INTO snapshots_2 (document, version, content) SELECT document, version, content FROM snapshots;
DROP TABLE snapshots;
ALTER TABLE snapshots_2 RENAME TO snapshots;
