-- The level last announced for an identity as each kind it was seen as: who says that a user is an agent must not take the
-- user's level from edges that start later.
CREATE TABLE announced (
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    level INTEGER NOT NULL,
    falls_at INTEGER,
    cursor INTEGER NOT NULL,
    PRIMARY KEY (identity, kind)
) WITHOUT ROWID;
INSERT INTO announced (identity, kind, level, falls_at, cursor) SELECT identity, kind, level, falls_at, cursor FROM risk;
DROP TABLE risk;
ALTER TABLE announced RENAME TO risk;
CREATE UNIQUE INDEX risk_by_cursor ON risk (cursor);
CREATE INDEX risk_by_fall ON risk (falls_at) WHERE falls_at IS NOT NULL;
