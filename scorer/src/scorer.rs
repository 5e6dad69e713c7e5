//! The scorer: what its handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::auth::Tokens;
use crate::bundle::BundleFile;
use crate::problem::Problem;
use crate::risk::RiskModel;
use crate::store::Store;
use axum::http::StatusCode;
use tokio::sync::Semaphore;

/// Where "now" comes from, milliseconds since the Unix epoch. Tests turn it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How often old records are looked for, milliseconds.
const PRUNE_EVERY: i64 = 10 * 60 * 1000;

/// Requests that may wait for the one writer on threads of their own. The others wait without one: a pool whose every
/// thread waits to write answers no question.
const WRITERS: usize = 4;

/// A scorer, ready to serve.
pub struct Scorer {
    pub(crate) store: Box<dyn Store>,
    pub(crate) tokens: Tokens,
    pub(crate) bundle: Option<BundleFile>,
    pub(crate) model: RiskModel,
    clock: Clock,
    pruned_at: AtomicI64,
    writers: Arc<Semaphore>,
}

impl Scorer {
    /// Puts a scorer together.
    ///
    /// # Errors
    /// The risk model this build ships can not be read.
    pub fn new(
        store: Box<dyn Store>,
        tokens: Tokens,
        bundle: Option<BundleFile>,
        clock: Clock,
    ) -> Result<Self, serde_json::Error> {
        let model = RiskModel::shipped()?;
        let (pruned_at, writers) = (AtomicI64::new(i64::MIN), Arc::new(Semaphore::new(WRITERS)));
        Ok(Self { store, tokens, bundle, model, clock, pruned_at, writers })
    }

    /// Holds edges to what their model was calibrated for, and to how common attacks are here: shares between 0 and 1.
    #[must_use]
    pub const fn auditing(mut self, alpha: Option<f64>, prevalence: Option<f64>) -> Self {
        self.model.audit = self.model.audit.of(alpha, prevalence);
        self
    }

    /// Now, milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Whether it is time to look for old records; says so once per interval.
    pub(crate) fn is_prune_due(&self, now: i64) -> bool {
        let before = self.pruned_at.load(Ordering::Relaxed);
        // A clock that was set back must not keep old records until it has caught up.
        (now < before || now.saturating_sub(before) >= PRUNE_EVERY)
            && self.pruned_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Scorer").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Runs work that writes.
pub(crate) async fn writing<T: Send + 'static>(
    scorer: Arc<Scorer>,
    work: impl FnOnce(&Scorer) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    // Never closed, so there is always a permit to wait for.
    let permit = Arc::clone(&scorer.writers).acquire_owned().await;
    blocking(move || {
        // Held to the end of the work, which goes on when whoever asked for it has gone.
        let _permit = permit;
        work(&scorer)
    })
    .await
}

/// Runs work that blocks, on the pool made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a handler did not finish");
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the scorer failed to answer"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sqlite;

    #[test]
    fn old_records_are_looked_for_once_an_interval_and_after_the_clock_was_set_back() {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("scorer.db")).unwrap();
        let tokens = Tokens::new(&["token-of-the-oslo-edge"], &[]).unwrap();
        let scorer = Scorer::new(Box::new(store), tokens, None, system_clock()).unwrap();
        let now = 1_790_000_000_000;
        assert!(
            scorer.is_prune_due(now)
                && !scorer.is_prune_due(now)
                && !scorer.is_prune_due(now + PRUNE_EVERY - 1)
        );
        assert!(scorer.is_prune_due(now + PRUNE_EVERY));
        let year = 365 * 24 * 60 * 60 * 1000;
        assert!(scorer.is_prune_due(now + year), "set forward by mistake");
        assert!(scorer.is_prune_due(now) && !scorer.is_prune_due(now + 1), "and back");
    }
}
