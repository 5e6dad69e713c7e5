//! Bundle versions, which only go up.

use std::fmt;

use crate::error::Error;
use crate::write::written;

/// One to eight decimal numbers joined by dots, compared number by number: `7`, `2026.11.23.2`.
///
/// ```
/// use edgeward::bundle::Version;
/// assert!(Version::parse("2026.11.9").unwrap() < Version::parse("2026.11.23").unwrap());
/// assert!(Version::parse("1.0").unwrap() > Version::parse("1").unwrap());
/// assert!(Version::parse("v2").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    numbers: Vec<u64>,
    text: String,
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// [`Error::Bundle`] if it is anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let numbers: Option<Vec<u64>> = text
            .split('.')
            .map(|number| number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit())))
            .collect();
        match numbers.filter(|numbers| numbers.len() <= 8) {
            Some(numbers) => Ok(Self { numbers, text: text.to_owned() }),
            None => {
                let is_number =
                    |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                let why = if text.split('.').count() <= 8 && text.split('.').all(is_number) {
                    format!("`{text}` has a number above {}", u64::MAX)
                } else {
                    format!("`{text}` is not one to eight decimal numbers joined by dots")
                };
                Err(Error::bundle("version", why))
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

written!(@shown Version);
