//! What is wrong, or doubtful, in a set of policies.

use std::fmt;

use serde::Serialize;

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The policies load; what they do is likely not what was meant.
    Warning,
    /// The policies can not be enforced as written, so none of the set is loaded.
    Error,
}

/// One finding about a policy or a named location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    /// Stable machine-readable code.
    pub code: &'static str,
    /// Whether it stops the set from loading.
    pub severity: Severity,
    /// Where: `policies[3].conditions.users.includeUsers[0]`.
    pub path: String,
    /// Display name, else id, of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Issue {
    /// Whether it stops the set from loading.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}
