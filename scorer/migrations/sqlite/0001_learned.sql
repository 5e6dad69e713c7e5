-- What the scorer has been told (directory), what it has learned (habit, profile, detection, attempt), and what
-- it announces to the edges (revocation, risk; ordered by the one counter in feed).
-- Times are milliseconds since the Unix epoch. Ids are what the edges send: keyed hashes, as a rule.

CREATE TABLE identity (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE profile (
    identity TEXT PRIMARY KEY,
    sightings INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    place_time INTEGER,
    place_latitude INTEGER,
    place_longitude INTEGER
) WITHOUT ROWID;
CREATE INDEX profile_by_age ON profile (last_seen);

CREATE TABLE habit (
    identity TEXT NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (identity, dimension, value)
) WITHOUT ROWID;
CREATE INDEX habit_by_age ON habit (last_seen);

CREATE TABLE session (
    identity TEXT NOT NULL,
    id TEXT NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (identity, id)
) WITHOUT ROWID;
CREATE INDEX session_by_age ON session (last_seen);

-- One row per kind and level, so that a flood of repeats costs one row and one term.
CREATE TABLE detection (
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    level INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (identity, kind, level)
) WITHOUT ROWID;
CREATE INDEX detection_by_age ON detection (last_seen);

CREATE TABLE attempt (
    address TEXT NOT NULL,
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    succeeded INTEGER NOT NULL,
    familiar INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (address, identity, succeeded)
) WITHOUT ROWID;
CREATE INDEX attempt_by_age ON attempt (last_seen);

CREATE TABLE receipt (
    digest TEXT PRIMARY KEY,
    received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX receipt_by_age ON receipt (received_at);

CREATE TABLE feed (cursor INTEGER NOT NULL);
INSERT INTO feed (cursor) VALUES (0);

CREATE TABLE revocation (
    session TEXT PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX revocation_by_cursor ON revocation (cursor);
CREATE INDEX revocation_by_age ON revocation (revoked_at);

-- The level last announced for an identity, and when time alone will lower it.
CREATE TABLE risk (
    identity TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    level INTEGER NOT NULL,
    falls_at INTEGER,
    cursor INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX risk_by_cursor ON risk (cursor);
CREATE INDEX risk_by_fall ON risk (falls_at) WHERE falls_at IS NOT NULL;
