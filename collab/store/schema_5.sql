-- Schema version 5: who is told of events over HTTP, and up to where they have been told. It is state and can't be made
-- anew from the log, so it is kept beside it: a copy of the file has both, of one moment.

CREATE TABLE webhooks (
    -- AUTOINCREMENT: receivers are told the number, so that of one which was removed isn't given again.
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    url        TEXT    NOT NULL,
    secret     TEXT    NOT NULL,
    documents  TEXT    NOT NULL,
    types      TEXT    NOT NULL,
    refusals   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    paused     INTEGER NOT NULL DEFAULT 0,
    revision   INTEGER NOT NULL DEFAULT 0,
    attempts   INTEGER NOT NULL DEFAULT 0,
    error      TEXT    NOT NULL DEFAULT '',
    error_at   INTEGER NOT NULL DEFAULT 0
);

-- Documents that are behind the webhook's position: "seq" is the first of their events that wasn't delivered.
CREATE TABLE webhook_lines (
    webhook  INTEGER NOT NULL,
    document TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    parked   INTEGER NOT NULL,
    error    TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (webhook, document)
) WITHOUT ROWID;
