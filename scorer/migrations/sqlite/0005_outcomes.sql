-- Whoever floods sign-ins from one address makes that address slow to judge, and with it whatever waits: failures and
-- successes are counted apart, and failures no further than they matter.
CREATE INDEX attempt_by_outcome ON attempt (address, succeeded, last_seen);
-- What an identity is: needed where a person decides of one against which nothing was ever found. NULL for what was
-- learned before it was kept.
ALTER TABLE profile ADD COLUMN kind TEXT;
