//! Rows for tests.

use edgeward::signal::CATALOGUE;

use crate::dataset::{Row, SIGNALS};
use crate::event::Split;

/// A trusted sign-in of principal 0 with a history, in the first bin of every signal. Family 0 is benign, others are not.
pub fn row(split: Option<Split>, family: u16) -> Row {
    Row {
        time: 0,
        user: 0,
        history: 1,
        family,
        is_attack: family > 0,
        is_session: false,
        split,
        bins: [0; SIGNALS],
        asn: None,
        ip: None,
        matches: Default::default(),
        is_trusted: true,
        freeman: None,
        counting: None,
    }
}

/// The same in a bin of a signal.
pub fn seen(mut row: Row, signal: &str, bin: &str) -> Row {
    let at = CATALOGUE.iter().position(|(name, _)| *name == signal).unwrap();
    let bin = CATALOGUE[at].1.iter().position(|name| *name == bin).unwrap();
    row.bins[at] = u8::try_from(bin).unwrap();
    row
}
