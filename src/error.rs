//! Errors of the engine. Each names what, where and why.

use std::fmt;

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

    pub(crate) fn model(path: &str, why: String) -> Self {
        Self::Model { path: path.to_owned(), why }
    }

    /// Stable machine-readable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } => "invalid_json",
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
            Self::Option { name, why } => write!(formatter, "option `{name}` {why}"),
            Self::Model { path, why } => write!(formatter, "model: `{path}` {why}"),
            Self::TooLarge { input, size, limit } => {
                write!(formatter, "{input} is too large: {size} bytes, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for Error {}
