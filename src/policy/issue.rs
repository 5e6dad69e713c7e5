//! What is wrong, or doubtful, in a set of policies.

use std::fmt;

use crate::vocabulary::vocabulary;
use crate::write::written;

vocabulary! {
    /// How bad an issue is.
    pub enum Severity {
        /// The policies load; what they do is likely not what was meant.
        Warning = "warning",
        /// The policies can not be enforced as written, so none of the set is loaded.
        Error = "error",
    }
}

/// One finding about a policy or a named location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Stable machine-readable code.
    pub code: &'static str,
    /// Whether it stops the set from loading.
    pub severity: Severity,
    /// Where: `policies[3].conditions.users.includeUsers[0]`.
    pub path: String,
    /// Display name, else id, of the policy.
    pub policy: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
}

written!(Issue {
    "code" => code,
    "severity" => severity,
    "path" => path,
    "policy" => ?policy,
    "message" => message,
    "fix" => ?fix,
});

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
