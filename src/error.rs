//! Errors of the engine. Each names what, where and why.

use std::fmt;

use crate::policy::Issue;

/// What was wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the JSON that was expected.
    Json {
        /// Which input.
        input: &'static str,
        /// What, and at which line and column.
        why: String,
    },
    /// A bundle is not one this engine can decide by.
    Bundle {
        /// Path of the member.
        path: String,
        /// Why.
        why: String,
    },
    /// A bundle is the source of one, where only compiled ones are loaded.
    NotCompiled,
    /// A bundle's policies or locations are wrong; every issue found is listed.
    Policies {
        /// Errors and warnings.
        issues: Vec<Issue>,
    },
    /// A bundle's signature does not hold.
    Signature {
        /// Why.
        why: String,
    },
    /// A bundle is older than the one at work.
    OlderBundle {
        /// Version offered.
        offered: String,
        /// Version at work.
        current: String,
    },
    /// A bundle does not answer its own test vector right.
    SelfTest {
        /// The vector.
        name: String,
        /// Why.
        why: String,
    },
    /// No bundle is loaded yet.
    NoBundle,
    /// An option of the host is wrong.
    Option {
        /// Which.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// A model is not one this engine can score with.
    Model {
        /// Path of the member.
        path: String,
        /// Why.
        why: String,
    },
    /// The input is larger than the engine reads.
    TooLarge {
        /// Which input.
        input: &'static str,
        /// Its size, bytes.
        size: usize,
        /// The limit, bytes.
        limit: usize,
    },
}

impl Error {
    pub(crate) fn json(input: &'static str, why: &serde_json::Error) -> Self {
        Self::Json { input, why: why.to_string() }
    }

    pub(crate) fn bundle(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Bundle { path: path.into(), why: why.into() }
    }

    pub(crate) fn model(path: &str, why: String) -> Self {
        Self::Model { path: path.to_owned(), why }
    }

    /// The same error of a model's member, told from further out.
    pub(crate) fn within(self, member: &str) -> Self {
        match self {
            Self::Model { path, why } => Self::Model { path: format!("{member}.{path}"), why },
            other => other,
        }
    }

    /// Stable machine-readable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } => "invalid_json",
            Self::Bundle { .. } => "invalid_bundle",
            Self::NotCompiled => "bundle_not_compiled",
            Self::Policies { .. } => "invalid_policies",
            Self::Signature { .. } => "bad_signature",
            Self::OlderBundle { .. } => "older_bundle",
            Self::SelfTest { .. } => "self_test_failed",
            Self::NoBundle => "no_bundle",
            Self::Option { .. } => "invalid_option",
            Self::Model { .. } => "invalid_model",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { input, why } => write!(formatter, "{input} is not valid: {why}"),
            Self::Bundle { path, why } => write!(formatter, "bundle: `{path}` {why}"),
            Self::NotCompiled => formatter.write_str(
                "bundle: this is the source of one; compile it with `edgeward bundle compile`, or `compile` of `edgeward/compiler`",
            ),
            Self::Policies { issues } => {
                let errors = issues.iter().filter(|issue| issue.is_error()).count();
                write!(formatter, "bundle: {errors} error(s) in policies and named locations")?;
                issues
                    .iter()
                    .filter(|issue| issue.is_error())
                    .try_for_each(|issue| write!(formatter, "; {issue}"))
            }
            Self::Signature { why } => write!(formatter, "bundle signature refused: {why}"),
            Self::OlderBundle { offered, current } => {
                write!(formatter, "bundle version `{offered}` is older than `{current}`, which stays")
            }
            Self::SelfTest { name, why } => {
                write!(formatter, "bundle refused by its own test `{name}`: {why}")
            }
            Self::NoBundle => formatter.write_str("no bundle is loaded"),
            Self::Option { name, why } => write!(formatter, "option `{name}` {why}"),
            Self::Model { path, why } => write!(formatter, "model: `{path}` {why}"),
            Self::TooLarge { input, size, limit } => {
                write!(formatter, "{input} is too large: {size} bytes, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for Error {}
