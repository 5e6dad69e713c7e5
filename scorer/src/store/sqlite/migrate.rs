//! Schema changes, applied once each and in order. The file counts them in `user_version`.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::store::StoreError;

const MIGRATIONS: [&str; 7] = [
    include_str!("../../../migrations/sqlite/0001_learned.sql"),
    include_str!("../../../migrations/sqlite/0002_hours.sql"),
    include_str!("../../../migrations/sqlite/0003_audit.sql"),
    include_str!("../../../migrations/sqlite/0004_counts.sql"),
    include_str!("../../../migrations/sqlite/0005_outcomes.sql"),
    include_str!("../../../migrations/sqlite/0006_receipts.sql"),
    include_str!("../../../migrations/sqlite/0007_kinds.sql"),
];

/// Applies what the file lacks, each step whole or not at all.
pub(super) fn run(connection: &Connection) -> Result<(), StoreError> {
    up_to(connection, MIGRATIONS.len())
}

/// Applies what the file lacks of the first steps.
pub(super) fn up_to(connection: &Connection, steps: usize) -> Result<(), StoreError> {
    let migrating = |error| StoreError::new("migrating the database", error);
    let version =
        || -> rusqlite::Result<i64> { connection.pragma_query_value(None, "user_version", |row| row.get(0)) };
    let applied = version().map_err(migrating)?;
    let known = i64::try_from(steps).unwrap_or(i64::MAX);
    if applied > known {
        let why = format!("its schema is version {applied}, this scorer knows {known}: a newer one wrote it");
        return Err(StoreError::new("migrating the database", why));
    }
    for (step, migration) in (1_i64..).zip(MIGRATIONS).take(steps).filter(|(step, _)| *step > applied) {
        let transaction =
            Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(migrating)?;
        // Another process that started at the same time may have been first.
        if version().map_err(migrating)? >= step {
            continue;
        }
        transaction.execute_batch(migration).map_err(migrating)?;
        transaction.pragma_update(None, "user_version", step).map_err(migrating)?;
        transaction.commit().map_err(migrating)?;
        tracing::info!(step, "migrated the database");
    }
    Ok(())
}
