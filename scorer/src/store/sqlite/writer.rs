//! What is written to the database.

use edgeward::assess::ReportedDetection;
use edgeward::city::CityCell;
use edgeward::profile::LineSeen;
use rusqlite::Params;

use super::Unit;
use crate::directory::Identity;
use crate::risk::RiskState;
use crate::store::{
    AnnouncedRisk, Attempt, BinCount, DAY, Habit, RECEIPT_RETENTION, RETENTION, Reader, StoreError, Writer,
};

/// Values remembered of one identity and dimension; the least recent goes first.
const HABITS: u32 = 16;

/// How much later a session has to be revoked again for edges to hear of it, milliseconds: it may have been established
/// anew under its old id, and a thief who goes on must not fill the feed.
const REVOKED_AGAIN: i64 = 1_000;

impl Unit<'_> {
    /// Runs a statement; how many rows it touched.
    fn run(&self, statement: &str, params: impl Params) -> Result<usize, StoreError> {
        let writing = |error| StoreError::new("writing the database", error);
        self.connection.prepare_cached(statement).map_err(writing)?.execute(params).map_err(writing)
    }

    /// The next cursor of the state feed.
    fn next_cursor(&self) -> Result<i64, StoreError> {
        let counting = |error| StoreError::new("counting the state feed", error);
        self.connection
            .prepare_cached("UPDATE feed SET cursor = cursor + 1 RETURNING cursor")
            .map_err(counting)?
            .query_row((), |row| row.get(0))
            .map_err(counting)
    }

    /// Whether the identity was not seen in this session before. A sighting without session stands for itself.
    fn is_new_session(&self, id: &str, habit: &Habit<'_>) -> Result<bool, StoreError> {
        let Some(session) = habit.session else { return Ok(true) };
        let seen = self.run(
            "UPDATE session SET last_seen = MAX(last_seen, ?3) WHERE identity = ?1 AND id = ?2",
            (id, session, habit.time),
        )?;
        if seen == 0 {
            self.run(
                "INSERT INTO session (identity, id, last_seen) VALUES (?1, ?2, ?3)",
                (id, session, habit.time),
            )?;
        }
        Ok(seen == 0)
    }

    /// Counts a session in its eighth of the day.
    fn count_hour(&self, id: &str, time: i64) -> Result<(), StoreError> {
        let Some(mut profile) = self.profile(id)? else { return Ok(()) };
        profile.count_hour(time);
        let hours: Vec<u8> = profile.hours.iter().filter_map(|count| u8::try_from(*count).ok()).collect();
        self.run("UPDATE profile SET hours = ?2 WHERE identity = ?1", (id, hours))?;
        Ok(())
    }

    /// Makes a value the most recent of its dimension. A session counts once, and so does a value it changed to.
    fn add_habit(
        &self,
        id: &str,
        dimension: &str,
        value: Option<&str>,
        (is_new, time): (bool, i64),
    ) -> Result<(), StoreError> {
        let Some(value) = value else { return Ok(()) };
        let known = self.run(
            "UPDATE habit SET last_seen = MAX(last_seen, ?4), sightings = MIN(sightings + ?5, 4294967295)
             WHERE identity = ?1 AND dimension = ?2 AND value = ?3",
            (id, dimension, value, time, is_new),
        )?;
        if known > 0 {
            return Ok(());
        }
        self.run(
            "INSERT INTO habit (identity, dimension, value, last_seen, sightings) VALUES (?1, ?2, ?3, ?4, 1)",
            (id, dimension, value, time),
        )?;
        self.run(
            "DELETE FROM habit WHERE identity = ?1 AND dimension = ?2 AND value NOT IN (
                 SELECT value FROM habit WHERE identity = ?1 AND dimension = ?2
                 ORDER BY last_seen DESC, value LIMIT ?3)",
            (id, dimension, HABITS),
        )?;
        Ok(())
    }
}

impl Writer for Unit<'_> {
    fn note_receipt(&mut self, digest: &str, now: i64) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO receipt (digest, received_at) VALUES (substr(unhex(?1), 1, 16), ?2) ON CONFLICT DO NOTHING",
            (digest, now),
        )?;
        Ok(added == 1)
    }

    fn put_identity(&mut self, id: &str, identity: &Identity) -> Result<(), StoreError> {
        let document =
            serde_json::to_string(identity).map_err(|error| StoreError::new("writing an identity", error))?;
        self.run(
            "INSERT INTO identity (id, document) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET document = excluded.document",
            (id, document),
        )?;
        Ok(())
    }

    fn learn(&mut self, id: &str, habit: &Habit<'_>) -> Result<(), StoreError> {
        let is_new = self.is_new_session(id, habit)?;
        self.run(
            "INSERT INTO profile (identity, sightings, last_seen) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET sightings = MIN(sightings + excluded.sightings, 4294967295),
                 last_seen = MAX(last_seen, excluded.last_seen)",
            (id, is_new, habit.time),
        )?;
        if is_new {
            self.count_hour(id, habit.time)?;
        }
        if let Some(place) = habit.place {
            self.run(
                "UPDATE profile SET place_time = ?2, place_latitude = ?3, place_longitude = ?4
                 WHERE identity = ?1 AND (place_time IS NULL OR place_time <= ?2)",
                (id, place.time, place.latitude_e6, place.longitude_e6),
            )?;
        }
        let asn = habit.asn.map(|asn| asn.to_string());
        let city = habit.place.and_then(|place| CityCell::of(place.latitude_e6, place.longitude_e6));
        let city = city.map(|city| city.to_string());
        for (dimension, value) in [
            ("asn", asn.as_deref()),
            ("country", habit.country),
            ("city", city.as_deref()),
            ("agent", habit.agent),
            ("tls", habit.tls),
            ("network", habit.network.as_deref()),
            ("device", habit.device),
        ] {
            self.add_habit(id, dimension, value, (is_new, habit.time))?;
        }
        Ok(())
    }

    fn remember(&mut self, id: &str, detection: ReportedDetection, time: i64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO detection (identity, kind, level, last_seen) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET last_seen = MAX(last_seen, excluded.last_seen)",
            (id, detection.kind.name(), detection.level as i64, time),
        )?;
        Ok(())
    }

    fn decide(&mut self, id: &str, state: RiskState, now: i64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO verdict (identity, state, decided_at) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at",
            (id, state.name(), now),
        )?;
        if state == RiskState::Dismissed {
            self.run("DELETE FROM detection WHERE identity = ?1", [id])?;
        }
        Ok(())
    }

    fn note_cookie(&mut self, id: &str, line: &str, seen: &LineSeen, now: i64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO cookie_line (identity, line, counter, stamp, since, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET counter = excluded.counter, stamp = excluded.stamp,
                 since = excluded.since, last_seen = excluded.last_seen",
            (id, line, seen.counter, &seen.stamp, seen.since, now),
        )?;
        // Once: every request of a copy is one of a forked line, and a cursor without an entry has every edge ask again.
        let is_announced = || {
            self.row(
                "SELECT 1 FROM cookie_line WHERE identity = ?1 AND line = ?2 AND cursor IS NOT NULL",
                (id, line),
                |_| Ok(()),
            )
        };
        if seen.is_forked && is_announced()?.is_none() {
            let cursor = self.next_cursor()?;
            self.run(
                "UPDATE cookie_line SET cursor = ?3 WHERE identity = ?1 AND line = ?2 AND cursor IS NULL",
                (id, line, cursor),
            )?;
        }
        Ok(())
    }

    fn note_audited(&mut self, id: &str, session: &str, model: &str, time: i64) -> Result<(), StoreError> {
        let added = self.run(
            "INSERT INTO audited (identity, session, model, time, is_attack) VALUES (?1, ?2, ?3, ?4, 0)
             ON CONFLICT DO NOTHING",
            (id, session, model, time),
        )?;
        if added == 1 {
            self.run(
                "INSERT INTO audit (model, allows, attacks) VALUES (?1, 1, 0)
                 ON CONFLICT DO UPDATE SET allows = allows + 1",
                [model],
            )?;
        }
        Ok(())
    }

    fn label_audited(&mut self, id: &str, session: &str, is_attack: bool) -> Result<(), StoreError> {
        let changed = self.run(
            "UPDATE audited SET is_attack = ?3 WHERE identity = ?1 AND session = ?2 AND is_attack <> ?3",
            (id, session, is_attack),
        )?;
        if changed == 1 {
            self.run(
                "UPDATE audit SET attacks = MAX(attacks + ?3, 0)
                 WHERE model = (SELECT model FROM audited WHERE identity = ?1 AND session = ?2)",
                (id, session, if is_attack { 1 } else { -1 }),
            )?;
        }
        Ok(())
    }

    fn fail_safe(&mut self, model: &str, now: i64) -> Result<(), StoreError> {
        let changed =
            self.run("UPDATE audit SET failed_at = ?2 WHERE model = ?1 AND failed_at IS NULL", (model, now))?;
        if changed == 1 {
            // No entry has this cursor: it is there so that edges see that something changed.
            self.next_cursor()?;
        }
        Ok(())
    }

    fn resume(&mut self) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM audited WHERE model IN (SELECT model FROM audit WHERE failed_at IS NOT NULL)",
            (),
        )?;
        if self.run("DELETE FROM audit WHERE failed_at IS NOT NULL", ())? > 0 {
            self.next_cursor()?;
        }
        Ok(())
    }

    fn count_contribution(&mut self, model: &str, day: i64, counted: &BinCount) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO contribution (model, day, signal, bin, count) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (model, day, &counted.signal, &counted.bin, i64::try_from(counted.count).unwrap_or(i64::MAX)),
        )?;
        Ok(())
    }

    fn note_attempt(&mut self, attempt: &Attempt<'_>) -> Result<(), StoreError> {
        // Once unfamiliar, unfamiliar for the window: the success itself may have taught the network since.
        self.run(
            "INSERT INTO attempt (address, identity, kind, succeeded, familiar, last_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET familiar = MIN(familiar, excluded.familiar),
                 last_seen = MAX(last_seen, excluded.last_seen)",
            (
                attempt.address,
                attempt.identity,
                attempt.kind.name(),
                attempt.succeeded,
                attempt.familiar,
                attempt.time,
            ),
        )?;
        Ok(())
    }

    fn revoke(&mut self, session: &str, time: i64) -> Result<bool, StoreError> {
        let before: Option<i64> =
            self.row("SELECT revoked_at FROM revocation WHERE session = ?1", [session], |row| row.get(0))?;
        if before.is_some_and(|before| time.saturating_sub(before) < REVOKED_AGAIN) {
            return Ok(false);
        }
        let cursor = self.next_cursor()?;
        self.run(
            "INSERT INTO revocation (session, revoked_at, cursor) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET revoked_at = excluded.revoked_at, cursor = excluded.cursor",
            (session, time, cursor),
        )?;
        Ok(true)
    }

    fn announce(&mut self, risk: &AnnouncedRisk) -> Result<(), StoreError> {
        let before = self.announced(&risk.id)?.into_iter().find(|before| before.kind == risk.kind);
        if before.is_some_and(|before| before.level == risk.level) {
            self.run(
                "UPDATE risk SET falls_at = ?3 WHERE identity = ?1 AND kind = ?2",
                (&risk.id, risk.kind.name(), risk.falls_at),
            )?;
            return Ok(());
        }
        let cursor = self.next_cursor()?;
        self.run(
            "INSERT INTO risk (identity, kind, level, falls_at, cursor) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET level = excluded.level, falls_at = excluded.falls_at,
                 cursor = excluded.cursor",
            (&risk.id, risk.kind.name(), risk.level as i64, risk.falls_at, cursor),
        )?;
        Ok(())
    }

    fn prune(&mut self, now: i64, attempts_since: i64) -> Result<(), StoreError> {
        self.run("DELETE FROM attempt WHERE last_seen < ?1", [attempts_since])?;
        self.run("DELETE FROM receipt WHERE received_at < ?1", [now.saturating_sub(RECEIPT_RETENTION)])?;
        let old = now.saturating_sub(RETENTION);
        self.run("DELETE FROM profile WHERE last_seen < ?1", [old])?;
        self.run("DELETE FROM habit WHERE last_seen < ?1", [old])?;
        self.run("DELETE FROM session WHERE last_seen < ?1", [old])?;
        self.run("DELETE FROM detection WHERE last_seen < ?1", [old])?;
        self.run("DELETE FROM cookie_line WHERE last_seen < ?1", [old])?;
        self.run("DELETE FROM audited WHERE time < ?1", [old])?;
        self.run("DELETE FROM contribution WHERE day < ?1", [old / DAY])?;
        self.run("DELETE FROM revocation WHERE revoked_at < ?1", [old])?;
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT").map_err(|error| StoreError::new("committing", error))?;
        self.open = false;
        Ok(())
    }
}
