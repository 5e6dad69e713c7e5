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

/// Where "now" comes from, milliseconds since the Unix epoch. Tests turn it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How often old records are looked for, milliseconds.
const PRUNE_EVERY: i64 = 10 * 60 * 1000;

/// A scorer, ready to serve.
pub struct Scorer {
    pub(crate) store: Box<dyn Store>,
    pub(crate) tokens: Tokens,
    pub(crate) bundle: Option<BundleFile>,
    pub(crate) model: RiskModel,
    clock: Clock,
    pruned_at: AtomicI64,
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
        Ok(Self { store, tokens, bundle, model, clock, pruned_at: AtomicI64::new(i64::MIN) })
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
        now.saturating_sub(before) >= PRUNE_EVERY
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

/// Runs work that blocks, on the pool made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a handler did not finish");
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the scorer failed to answer"))
    })
}
