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

    /// A text that begins on line `first` of the input of that name is not what the command takes. What `serde_json` and
    /// the engine say of a text ends with the place.
    pub fn document(name: &str, first: usize, why: impl fmt::Display) -> Self {
        let why = why.to_string();
        let place = Place::told_by(&why);
        match place.line {
            Some(line) => {
                Self::input(&format!("{name}:{}", (first + line).saturating_sub(1)), place.within_line())
            }
            None => Self::input(name, why),
        }
    }

    /// The engine refuses a document of that name.
    pub fn refused(name: &str, why: &edgeward::Error) -> Self {
        match why {
            edgeward::Error::Json { input: "bundle", why } => Self::document(name, 1, why),
            edgeward::Error::Bundle { path, why } => Self::input(name, format_args!("{path}: {why}")),
            // Of a part of the document, and so is the place.
            why => Self::input(name, Place::told_by(&why.to_string()).without()),
        }
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

/// What a message says, apart from the line and column that it ends with.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'a> {
    what: &'a str,
    line: Option<usize>,
    /// None at the beginning of a line, where a text ends too early.
    column: Option<usize>,
}

impl<'a> Place<'a> {
    /// Takes apart a message as `serde_json` writes it.
    pub fn told_by(message: &'a str) -> Self {
        let apart = message.rsplit_once(" at line ").and_then(|(what, place)| {
            let (line, column) = place.split_once(" column ")?;
            Some((what, line.parse().ok()?, column.parse().ok()?))
        });
        match apart {
            Some((what, line, column)) => {
                Self { what, line: Some(line), column: Some(column).filter(|column| *column > 0) }
            }
            None => Self { what: message, line: None, column: None },
        }
    }

    /// What is said to whoever knows the line.
    pub fn within_line(&self) -> String {
        let column = self.column.map(|column| format!(", column {column}"));
        format!("{}{}", self.what, column.unwrap_or_default())
    }

    /// What is said to whoever does not have the text.
    pub fn without(&self) -> &'a str {
        self.what
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
    fn a_place_is_told_one_way() {
        let told = |first, message: &str| match Failure::document("f", first, message) {
            Failure::Input { name, why } => format!("{name}: {why}"),
            Failure::Io { name, .. } => name,
        };
        assert_eq!(told(1, "a: is odd at line 3 column 7"), "f:3: a: is odd, column 7");
        assert_eq!(told(4, "ends at line 2 column 0"), "f:5: ends");
        assert_eq!(told(1, "says `x at line y column z`"), "f: says `x at line y column z`");
    }

    #[test]
    fn the_worst_outcome_wins() {
        assert_eq!(Status::Findings.max(Status::BadInput), Status::BadInput);
        assert_eq!(Status::Clean.max(Status::Findings), Status::Findings);
    }
}
