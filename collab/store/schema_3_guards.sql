-- Schema version 3, when all is filled in.

CREATE INDEX segments_by_position ON segments (last_position, first_position);

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
