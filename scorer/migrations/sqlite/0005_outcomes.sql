-- Whoever floods sign-ins from one address makes that address slow to judge, and with it whatever waits: failures and
-- successes are counted apart, and failures no further than they matter.
CREATE INDEX attempt_by_outcome ON attempt (address, succeeded, last_seen);
