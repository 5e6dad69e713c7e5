//! One labelled request: a line of a stream.

use edgeward::Request;
use edgeward::request::Text;
use serde::{Deserialize, Serialize};

/// A labelled request. Streams are lines of these in ascending time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Event<'a> {
    /// The request, as an edge would see it.
    #[serde(borrow)]
    pub request: Request<'a>,
    /// Whether the principal is behind it.
    pub label: Label,
    /// Kind of attack, or what a benign request is an example of.
    #[serde(borrow)]
    pub family: Text<'a>,
    /// Part of an experiment; `None` is history only.
    #[serde(default)]
    pub split: Option<Split>,
}

/// Whether the principal is behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Label {
    /// The principal, or somebody on the principal's behalf.
    Benign,
    /// Somebody else.
    Attack,
}

/// Part of an experiment. Parts share no user, and follow each other in time as far as the stream allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Split {
    /// The points are learned from it.
    Train,
    /// Probabilities and thresholds are set on it.
    Calibrate,
    /// Everything reported is measured on it.
    Test,
}

impl Split {
    /// All parts, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Calibrate, Self::Test];

    /// Name in streams and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Calibrate => "calibrate",
            Self::Test => "test",
        }
    }
}
