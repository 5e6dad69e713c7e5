//! What the edge needs of its surroundings, so that everything else can be tested without them.

use std::fmt;

/// The central scorer.
pub trait Scorer {
    /// `POST /v1/assess`.
    ///
    /// # Errors
    /// No usable answer in time.
    fn assess(&self, assessment: &str) -> Result<String, Failure>;

    /// `GET /v1/state?since=`.
    ///
    /// # Errors
    /// No usable answer in time.
    fn state(&self, since: u64) -> Result<String, Failure>;

    /// `POST /v1/receipts`.
    ///
    /// # Errors
    /// They were not taken.
    fn record(&self, receipts: &str) -> Result<(), Failure>;
}

/// The key-value store beside the service.
pub trait Store {
    /// The bundle and its signature.
    fn bundle(&self) -> Option<StoredBundle>;

    /// A profile kept under `key`.
    fn profile(&self, key: &str) -> Option<String>;

    /// Keeps a profile.
    fn keep_profile(&self, key: &str, profile: &str, ttl_seconds: u32);
}

/// A bundle as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBundle {
    /// Its exact text.
    pub text: String,
    /// The envelope beside it, JSON.
    pub signature: Option<String>,
}

/// Why the scorer could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Too late, or not there.
    Unreachable(String),
    /// Unwilling: a wrong token, overloaded.
    Refused(String),
    /// What it was sent is at fault, and would be again.
    Rejected(String),
    /// What it answered can not be read.
    Garbage(String),
}

impl Failure {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "scorer_unreachable",
            Self::Refused(_) => "scorer_refused",
            Self::Rejected(_) => "scorer_rejected",
            Self::Garbage(_) => "scorer_garbage",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) | Self::Refused(why) | Self::Rejected(why) | Self::Garbage(why) => {
                formatter.write_str(why)
            }
        }
    }
}
