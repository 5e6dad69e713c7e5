-- Lines of device cookies: the newest presented of each, and the cursor of the feed once there were two copies.
CREATE TABLE cookie_line (
    identity TEXT NOT NULL,
    line TEXT NOT NULL,
    counter INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    since INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    cursor INTEGER,
    PRIMARY KEY (identity, line)
) WITHOUT ROWID;
CREATE UNIQUE INDEX cookie_line_by_cursor ON cookie_line (cursor) WHERE cursor IS NOT NULL;
CREATE INDEX cookie_line_by_age ON cookie_line (last_seen);

-- What a person decided of an identity.
CREATE TABLE verdict (
    identity TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Sessions that an edge let through without asking and that chance chose for the audit.
CREATE TABLE audited (
    identity TEXT NOT NULL,
    session TEXT NOT NULL,
    model TEXT NOT NULL,
    time INTEGER NOT NULL,
    is_attack INTEGER NOT NULL,
    PRIMARY KEY (identity, session)
) WITHOUT ROWID;
CREATE INDEX audited_by_age ON audited (time);

-- What the audit counts of each model; outlives the sessions it counted.
CREATE TABLE audit (
    model TEXT PRIMARY KEY,
    allows INTEGER NOT NULL,
    attacks INTEGER NOT NULL,
    failed_at INTEGER
) WITHOUT ROWID;

-- How often each bin contributed to a score, per day; signal '' counts the receipts.
CREATE TABLE contribution (
    model TEXT NOT NULL,
    day INTEGER NOT NULL,
    signal TEXT NOT NULL,
    bin TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (model, day, signal, bin)
) WITHOUT ROWID;
