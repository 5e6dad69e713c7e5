//! How a command ends, and how it says what was wrong.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// How a command ended; the worst of what it met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// All well.
    #[default]
    Clean,
    /// The input could be read and something was found in it.
    Findings,
    /// Some input could not be read.
    BadInput,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command could not go on.
#[derive(Debug)]
pub enum Failure {
    /// Reading or writing failed.
    Io {
        /// File name, or the name of the stream.
        name: String,
        /// The system's reason.
        why: io::Error,
    },
    /// An input is not what the command takes.
    Input {
        /// File name, or the name of the stream.
        name: String,
        /// What is wrong with it, and where in it.
        why: String,
    },
}

impl Failure {
    /// Reading or writing `path` failed.
    pub fn io(path: &Path, why: io::Error) -> Self {
        Self::Io { name: path.display().to_string(), why }
    }

    /// Standard output failed.
    pub fn output(why: io::Error) -> Self {
        Self::Io { name: "standard output".to_owned(), why }
    }

    /// `name` is not what the command takes.
    pub fn input(name: &str, why: impl fmt::Display) -> Self {
        Self::Input { name: name.to_owned(), why: why.to_string() }
    }

    /// Whether the reader of our output went away.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { why, .. } if why.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Says it on standard error.
    pub fn report(&self) {
        match self {
            Self::Io { name, why } => report(name, why),
            Self::Input { name, why } => report(name, why),
        }
    }
}

/// One line on standard error. Quoted input may carry escape sequences that would reach a terminal: control
/// characters are written as escapes.
pub fn report(place: &str, what: impl fmt::Display) {
    let raw = format!("{place}: {what}");
    let mut line = String::with_capacity(raw.len());
    for character in raw.chars() {
        if character.is_control() {
            let _ = write!(line, "{}", character.escape_default());
        } else {
            line.push(character);
        }
    }
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_wins() {
        assert_eq!(Status::Findings.max(Status::BadInput), Status::BadInput);
        assert_eq!(Status::Clean.max(Status::Findings), Status::Findings);
    }
}
