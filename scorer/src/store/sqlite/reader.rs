//! The questions asked of the database.

use edgeward::assess::ReportedDetection;
use edgeward::profile::{Counts, LineSeen, Profile, Sighting};
use edgeward::request::Text;
use rusqlite::{OptionalExtension, Params, Row};

use super::{Unit, level_of, name_of};
use crate::audit::Counted;
use crate::directory::Identity;
use crate::risk::{Remembered, RiskState};
use crate::store::{AnnouncedRisk, BinCount, Changes, ModelAudit, Reader, StoreError, Success};

fn reading(error: rusqlite::Error) -> StoreError {
    StoreError::new("reading the database", error)
}

/// A count. SQLite has no unsigned numbers.
fn whole(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default())
}

impl Unit<'_> {
    fn rows<T>(
        &self,
        statement: &str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(statement).map_err(reading)?;
        let rows = statement.query_map(params, read).map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    pub(super) fn row<T>(
        &self,
        statement: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(statement).map_err(reading)?;
        statement.query_row(params, read).optional().map_err(reading)
    }

    /// Values of a dimension, newest last, and the sessions that showed each.
    fn habits(&self, id: &str, dimension: &str) -> Result<(Vec<Text<'static>>, Vec<u32>), StoreError> {
        let rows = self.rows(
            "SELECT value, sightings FROM habit WHERE identity = ?1 AND dimension = ?2
             ORDER BY last_seen, value DESC",
            (id, dimension),
            |row| Ok((Text(row.get::<_, String>(0)?.into()), row.get::<_, u32>(1)?)),
        )?;
        Ok(rows.into_iter().unzip())
    }

    fn risks(&self, condition: &str, params: impl Params) -> Result<Vec<AnnouncedRisk>, StoreError> {
        let statement = format!("SELECT identity, kind, level, falls_at FROM risk WHERE {condition}");
        let rows: Vec<(String, String, i64, Option<i64>)> =
            self.rows(&statement, params, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        rows.into_iter()
            .map(|(id, kind, level, falls_at)| {
                Ok(AnnouncedRisk { id, kind: name_of(&kind)?, level: level_of(level)?, falls_at })
            })
            .collect()
    }
}

impl Reader for Unit<'_> {
    fn identity(&self, id: &str) -> Result<Option<Identity>, StoreError> {
        let document: Option<String> =
            self.row("SELECT document FROM identity WHERE id = ?1", [id], |row| row.get(0))?;
        document
            .map(|document| {
                serde_json::from_str(&document).map_err(|error| StoreError::new("reading an identity", error))
            })
            .transpose()
    }

    fn profile(&self, id: &str) -> Result<Option<Profile<'static>>, StoreError> {
        let row = self.row(
            "SELECT sightings, hours, place_time, place_latitude, place_longitude
             FROM profile WHERE identity = ?1",
            [id],
            |row| {
                let place: (Option<i64>, Option<i32>, Option<i32>) = (row.get(2)?, row.get(3)?, row.get(4)?);
                Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, place))
            },
        )?;
        let Some((count, hours, place)) = row else { return Ok(None) };
        let last = match place {
            (Some(time), Some(latitude_e6), Some(longitude_e6)) => {
                Some(Sighting { time, latitude_e6, longitude_e6 })
            }
            _ => None,
        };
        let networks = self.habits(id, "network")?;
        let asns = self.habits(id, "asn")?;
        let countries = self.habits(id, "country")?;
        let cities = self.habits(id, "city")?;
        let agents = self.habits(id, "agent")?;
        let tls = self.habits(id, "tls")?;
        let devices = self.habits(id, "device")?;
        Ok(Some(Profile {
            count,
            networks: networks.0,
            asns: asns.0.iter().filter_map(|asn| asn.parse().ok()).collect(),
            countries: countries.0,
            cities: cities.0,
            agents: agents.0,
            // Edges do not send what a device runs on.
            systems: Vec::new(),
            tls: tls.0,
            devices: devices.0,
            hours: hours.into_iter().map(u32::from).collect(),
            last,
            counts: Counts {
                networks: networks.1,
                asns: asns.1,
                countries: countries.1,
                cities: cities.1,
                agents: agents.1,
                systems: Vec::new(),
                tls: tls.1,
                devices: devices.1,
            },
        }))
    }

    fn detections(&self, id: &str) -> Result<Vec<Remembered>, StoreError> {
        let rows: Vec<(String, i64, i64)> =
            self.rows("SELECT kind, level, last_seen FROM detection WHERE identity = ?1", [id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        rows.into_iter()
            .map(|(kind, level, time)| {
                let detection = ReportedDetection { kind: name_of(&kind)?, level: level_of(level)? };
                Ok(Remembered { detection, time })
            })
            .collect()
    }

    fn succeeding(&self, address: &str, since: i64) -> Result<u32, StoreError> {
        let count = self.row(
            "SELECT COUNT(*) FROM attempt WHERE address = ?1 AND succeeded = 1 AND last_seen >= ?2",
            (address, since),
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or_default())
    }

    fn failing(&self, address: &str, since: i64, most: u32) -> Result<u32, StoreError> {
        let count = self.row(
            "SELECT COUNT(*) FROM (
                 SELECT 1 FROM attempt WHERE address = ?1 AND succeeded = 0 AND last_seen >= ?2 LIMIT ?3)",
            (address, since, most),
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or_default())
    }

    fn unfamiliar_successes(&self, address: &str, since: i64) -> Result<Vec<Success>, StoreError> {
        let rows: Vec<(String, String, i64)> = self.rows(
            "SELECT identity, kind, last_seen FROM attempt
             WHERE address = ?1 AND succeeded = 1 AND last_seen >= ?2 AND NOT familiar",
            (address, since),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        rows.into_iter().map(|(id, kind, time)| Ok(Success { id, kind: name_of(&kind)?, time })).collect()
    }

    fn verdict(&self, id: &str) -> Result<Option<RiskState>, StoreError> {
        let state: Option<String> =
            self.row("SELECT state FROM verdict WHERE identity = ?1", [id], |row| row.get(0))?;
        state.map(|state| name_of(&state)).transpose()
    }

    fn cookie_line(&self, id: &str, line: &str) -> Result<Option<LineSeen>, StoreError> {
        self.row(
            "SELECT counter, stamp, since, cursor IS NOT NULL FROM cookie_line WHERE identity = ?1 AND line = ?2",
            (id, line),
            |row| {
                Ok(LineSeen {
                    counter: row.get(0)?,
                    stamp: row.get(1)?,
                    since: row.get(2)?,
                    is_forked: row.get(3)?,
                })
            },
        )
    }

    fn audits(&self) -> Result<Vec<ModelAudit>, StoreError> {
        self.rows("SELECT model, allows, attacks, failed_at FROM audit ORDER BY model", (), |row| {
            let counted = Counted { allows: whole(row, 1)?, attacks: whole(row, 2)? };
            Ok(ModelAudit { model: row.get(0)?, counted, failed_at: row.get(3)? })
        })
    }

    fn contributions(&self, model: &str, first: i64, last: i64) -> Result<Vec<BinCount>, StoreError> {
        self.rows(
            "SELECT signal, bin, SUM(count) FROM contribution
             WHERE model = ?1 AND day BETWEEN ?2 AND ?3 GROUP BY signal, bin ORDER BY signal, bin",
            (model, first, last),
            |row| Ok(BinCount { signal: row.get(0)?, bin: row.get(1)?, count: whole(row, 2)? }),
        )
    }

    fn latest_model(&self) -> Result<Option<String>, StoreError> {
        self.row("SELECT model FROM contribution ORDER BY day DESC, model DESC LIMIT 1", (), |row| row.get(0))
    }

    fn is_revoked(&self, session: &str) -> Result<bool, StoreError> {
        let found = self.row("SELECT 1 FROM revocation WHERE session = ?1", [session], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn announced(&self, id: &str) -> Result<Vec<AnnouncedRisk>, StoreError> {
        self.risks("identity = ?1", [id])
    }

    fn fallen(&self, now: i64, limit: u32) -> Result<Vec<AnnouncedRisk>, StoreError> {
        self.risks("falls_at <= ?1 ORDER BY falls_at LIMIT ?2", (now, limit))
    }

    fn changes(&self, since: i64, limit: u32) -> Result<Changes, StoreError> {
        let end: i64 = self.row("SELECT cursor FROM feed", (), |row| row.get(0))?.unwrap_or(0);
        let since = if since > end { 0 } else { since };
        let cursors: Vec<i64> = self.rows(
            "SELECT cursor FROM revocation WHERE cursor > ?1
             UNION ALL SELECT cursor FROM risk WHERE cursor > ?1
             UNION ALL SELECT cursor FROM cookie_line WHERE cursor > ?1 ORDER BY cursor LIMIT ?2",
            (since, limit),
            |row| row.get(0),
        )?;
        let is_full = u32::try_from(cursors.len()).is_ok_and(|entries| entries >= limit);
        let cursor = cursors.last().copied().filter(|_| is_full).unwrap_or(end);
        Ok(Changes {
            cursor,
            revoked_sessions: self.rows(
                "SELECT session, revoked_at FROM revocation
                 WHERE cursor > ?1 AND cursor <= ?2 ORDER BY cursor",
                (since, cursor),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            risk_levels: self.risks("cursor > ?1 AND cursor <= ?2 ORDER BY cursor", (since, cursor))?,
            forked_cookies: self.rows(
                "SELECT identity, line FROM cookie_line WHERE cursor > ?1 AND cursor <= ?2 ORDER BY cursor",
                (since, cursor),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            fail_safe: self
                .row("SELECT 1 FROM audit WHERE failed_at IS NOT NULL LIMIT 1", (), |_| Ok(()))?
                .is_some(),
        })
    }
}
