//! The store on SQLite: one file, created on start, in WAL mode so that questions are answered while receipts
//! are written. One connection writes, one reads; each unit of work takes tens of microseconds to a few
//! milliseconds, and SQLite has one writer anyway.

mod migrate;
mod reader;
mod writer;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edgeward::risk::RiskLevel;
use rusqlite::{Connection, OpenFlags};
use serde::de::DeserializeOwned;

use super::{Reader, Store, StoreError, Writer};

/// How long a writer waits for another process that holds the database, such as a backup.
const BUSY: Duration = Duration::from_secs(5);

/// A database file, open.
#[derive(Debug)]
pub struct Sqlite {
    // Closed first: the last to close empties the log into the file, which a connection that only reads can not.
    reading: Mutex<Connection>,
    writing: Mutex<Connection>,
}

impl Sqlite {
    /// Opens the file, creates it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// The file can not be created or is no SQLite database, or a newer scorer wrote it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let opening = |error| StoreError::new("opening the database", error);
        // SQLite's names for what is not a file would open two databases of which one is never written.
        if path.as_os_str() == ":memory:" {
            return Err(StoreError::new(
                "opening the database",
                "it must be a file, because two connections share it",
            ));
        }
        let file = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let flags = file | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let writing = Connection::open_with_flags(path, flags).map_err(opening)?;
        writing.busy_timeout(BUSY).map_err(opening)?;
        // FULL: what was answered lasts when the power fails. An edge sends again only what it saw no answer to, and a
        // cursor that was given out must not be given out a second time, for another change.
        writing.pragma_update(None, "journal_mode", "wal").map_err(opening)?;
        writing.pragma_update(None, "synchronous", "full").map_err(opening)?;
        migrate::run(&writing)?;

        let flags = file | OpenFlags::SQLITE_OPEN_READ_ONLY;
        let reading = Connection::open_with_flags(path, flags).map_err(opening)?;
        reading.busy_timeout(BUSY).map_err(opening)?;
        for connection in [&writing, &reading] {
            connection.set_prepared_statement_cache_capacity(64);
        }
        Ok(Self { writing: Mutex::new(writing), reading: Mutex::new(reading) })
    }
}

impl Store for Sqlite {
    fn read(&self) -> Result<Box<dyn Reader + '_>, StoreError> {
        Ok(Box::new(Unit::begin(&self.reading, "BEGIN DEFERRED")?))
    }

    fn write(&self) -> Result<Box<dyn Writer + '_>, StoreError> {
        Ok(Box::new(Unit::begin(&self.writing, "BEGIN IMMEDIATE")?))
    }
}

/// A transaction. rusqlite's own borrows the connection, which would tie this to the lock that holds it.
struct Unit<'s> {
    connection: MutexGuard<'s, Connection>,
    open: bool,
}

impl<'s> Unit<'s> {
    fn begin(connection: &'s Mutex<Connection>, statement: &str) -> Result<Self, StoreError> {
        // A panic elsewhere rolled its transaction back when it dropped the unit: the connection is sound.
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection
            .execute_batch(statement)
            .map_err(|error| StoreError::new("beginning a transaction", error))?;
        Ok(Self { connection, open: true })
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        // SQLite has itself rolled back what met a full disk.
        if self.open
            && !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

/// Levels as stored: their place in [`RiskLevel::ALL`].
fn level_of(stored: i64) -> Result<RiskLevel, StoreError> {
    usize::try_from(stored)
        .ok()
        .and_then(|place| RiskLevel::ALL.get(place))
        .copied()
        .ok_or_else(|| unreadable(&format!("risk level {stored}")))
}

/// A name as stored: that of its JSON.
fn name_of<T: DeserializeOwned>(stored: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::from(stored)).map_err(|_| unreadable(stored))
}

fn unreadable(stored: &str) -> StoreError {
    StoreError::new("reading the database", format!("`{stored}` is not known to this version"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::IdentityKind;
    use crate::store::{Attempt, Habit, RECEIPT_RETENTION, RETENTION};

    fn store() -> (Sqlite, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Sqlite::open(&directory.path().join("scorer.db")).unwrap(), directory)
    }

    #[test]
    fn an_uncommitted_unit_leaves_no_trace_and_a_reader_sees_one_moment() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        assert!(writer.note_receipt("aa", 0).unwrap());
        assert!(writer.revoke("s0", 0).unwrap());
        drop(writer);

        let reader = store.read().unwrap();
        assert!(!reader.is_revoked("s0").unwrap(), "rolled back");
        let mut writer = store.write().unwrap();
        assert!(writer.note_receipt("aa", 0).unwrap(), "rolled back");
        writer.revoke("s1", 0).unwrap();
        writer.commit().unwrap();
        assert!(!reader.is_revoked("s1").unwrap(), "committed after the reader began");
        drop(reader);
        assert!(store.read().unwrap().is_revoked("s1").unwrap());
    }

    #[test]
    fn habits_are_bounded_and_the_most_recent_stay() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        for asn in 0..40 {
            writer.learn("u1", &Habit { time: i64::from(asn), asn: Some(asn), ..Habit::default() }).unwrap();
        }
        let profile = writer.profile("u1").unwrap().unwrap();
        assert_eq!(profile.count, 40);
        assert_eq!(profile.asns, (24..40).collect::<Vec<_>>(), "newest last");
        assert_eq!(profile.counts.asns, [1; 16]);
    }

    #[test]
    fn values_are_counted_once_in_a_session_by_town() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        let mut learn = |session, latitude_e6, country| {
            let place = Some(edgeward::profile::Sighting { time: 1, latitude_e6, longitude_e6: 10_700_000 });
            let habit =
                Habit { time: 1, session: Some(session), place, country: Some(country), ..Habit::default() };
            writer.learn("u1", &habit).unwrap();
        };
        learn("s1", 59_900_000, "NO");
        learn("s1", 59_950_000, "NO");
        learn("s2", 59_900_000, "NO");
        learn("s3", 63_400_000, "NO");
        let profile = writer.profile("u1").unwrap().unwrap();
        let cities: Vec<(&str, u32)> =
            profile.cities.iter().map(|city| &**city).zip(profile.counts.cities).collect();
        assert_eq!(cities, [("63.5,10.5", 1), ("60.0,10.5", 2)]);
        assert_eq!(profile.counts.countries, [3]);
    }

    #[test]
    fn a_session_counts_once_and_late_receipts_do_not_move_the_last_place_back() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        let habit = |time, session, latitude_e6| Habit {
            time,
            session,
            place: Some(edgeward::profile::Sighting { time, latitude_e6, longitude_e6: 0 }),
            ..Habit::default()
        };
        writer.learn("u1", &habit(10, Some("s1"), 1)).unwrap();
        writer.learn("u1", &habit(30, Some("s1"), 3)).unwrap();
        writer.learn("u1", &habit(20, Some("s2"), 2)).unwrap();
        let profile = writer.profile("u1").unwrap().unwrap();
        assert_eq!((profile.count, profile.last.map(|last| last.latitude_e6)), (2, Some(3)));
    }

    #[test]
    fn the_feed_pages_and_forgets_no_change() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        for session in ["s1", "s2", "s3"] {
            assert!(writer.revoke(session, 5).unwrap());
            assert!(!writer.revoke(session, 6).unwrap(), "once");
        }
        let first = writer.changes(0, 2).unwrap();
        assert_eq!((first.cursor, first.revoked_sessions.len()), (2, 2));
        let second = writer.changes(first.cursor, 2).unwrap();
        assert_eq!((second.cursor, second.revoked_sessions), (3, vec![("s3".to_owned(), 5)]));
        assert!(writer.changes(second.cursor, 2).unwrap().revoked_sessions.is_empty());
        assert_eq!(writer.changes(99, 10).unwrap().revoked_sessions.len(), 3, "a cursor of another database");

        // Established anew under its old id, and revoked again.
        assert!(writer.revoke("s1", 9_000).unwrap());
        let again = writer.changes(second.cursor, 2).unwrap();
        assert_eq!((again.cursor, again.revoked_sessions), (4, vec![("s1".to_owned(), 9_000)]));
    }

    #[test]
    fn sign_ins_of_an_address_are_counted_without_reading_all_of_them() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        for nth in 0..20 {
            let identity = format!("u{nth}");
            let (kind, succeeded) = (IdentityKind::User, nth % 4 == 0);
            let (address, identity, familiar) = ("192.0.2.0/24", identity.as_str(), false);
            writer
                .note_attempt(&Attempt { address, identity, kind, succeeded, familiar, time: nth })
                .unwrap();
        }
        assert_eq!(writer.succeeding("192.0.2.0/24", 0).unwrap(), 5);
        assert_eq!(writer.succeeding("192.0.2.0/24", 5).unwrap(), 3);
        assert_eq!(writer.failing("192.0.2.0/24", 0, 99).unwrap(), 15);
        assert_eq!(writer.failing("192.0.2.0/24", 0, 7).unwrap(), 7);
        assert_eq!(writer.failing("198.51.100.0/24", 0, 7).unwrap(), 0);
        writer.commit().unwrap();
        let connection = store.reading.lock().unwrap();
        let plan: String = connection
            .query_row(
                "EXPLAIN QUERY PLAN SELECT 1 FROM attempt WHERE address = ?1 AND succeeded = 0 AND last_seen >= ?2",
                ("192.0.2.0/24", 0),
                |row| row.get(3),
            )
            .unwrap();
        assert!(plan.contains("COVERING INDEX attempt_by_outcome"), "{plan}");
    }

    #[test]
    fn a_file_that_was_closed_is_whole_by_itself() {
        let (store, directory) = store();
        let mut writer = store.write().unwrap();
        writer.revoke("s1", 0).unwrap();
        writer.commit().unwrap();
        assert!(store.read().unwrap().is_revoked("s1").unwrap());
        drop(store);
        let files: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["scorer.db"], "whoever copies it copies everything");
    }

    #[test]
    fn what_was_answered_outlasts_a_power_failure() {
        let (store, _directory) = store();
        let full: i64 =
            store.writing.lock().unwrap().pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(full, 2, "FULL");
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let (store, _directory) = store();
        let mut writer = store.write().unwrap();
        writer.learn("u1", &Habit { asn: Some(64500), session: Some("s1"), ..Habit::default() }).unwrap();
        writer.revoke("s1", 0).unwrap();
        writer.note_receipt("aa", 0).unwrap();
        writer.prune(RETENTION, 0).unwrap();
        assert!(writer.profile("u1").unwrap().is_some() && writer.is_revoked("s1").unwrap());
        assert!(writer.note_receipt("aa", RETENTION).unwrap(), "{RECEIPT_RETENTION} is shorter");
        writer.prune(RETENTION + 1, 0).unwrap();
        assert!(writer.profile("u1").unwrap().is_none() && !writer.is_revoked("s1").unwrap());
    }

    #[test]
    fn a_receipt_that_an_older_scorer_noted_is_noted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorer.db");
        let old = Connection::open(&path).unwrap();
        let digest = "00112233445566778899aabbccddeeff".repeat(2);
        migrate::up_to(&old, 5).unwrap();
        old.execute("INSERT INTO receipt (digest, received_at) VALUES (?1, 7)", [&digest]).unwrap();
        drop(old);
        let store = Sqlite::open(&path).unwrap();
        assert!(!store.write().unwrap().note_receipt(&digest, 8).unwrap());
        let other = digest.replace("00", "01");
        assert!(store.write().unwrap().note_receipt(&other, 8).unwrap());
    }

    #[test]
    fn what_is_not_ours_is_refused_and_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notes.txt");
        std::fs::write(
            &path,
            "not a database, but longer than a header needs to be to be looked at".repeat(9),
        )
        .unwrap();
        let error = Sqlite::open(&path).unwrap_err().to_string();
        assert!(error.contains("not a database"), "{error}");

        let path = directory.path().join("newer.db");
        drop(Sqlite::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = Sqlite::open(&path).unwrap_err().to_string();
        assert!(error.contains("version 99"), "{error}");

        let error = Sqlite::open(&directory.path().join("absent").join("scorer.db")).unwrap_err().to_string();
        assert!(error.contains("unable to open"), "{error}");
    }
}
