//! What a report rests on.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::dataset::{Dataset, Row};
use crate::event::Split;

/// What the measures rest on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// Rows of the stream.
    pub rows: usize,
    /// Principals.
    pub principals: u32,
    /// Benign test rows measured on, all with a history.
    pub benign: usize,
    /// Benign test sign-ins without a history: always deferred, and not measured on.
    pub without_history: usize,
    /// Families of the attacks measured on.
    pub attackers: Vec<String>,
    /// Families neither learned from nor calibrated on in `generalisation`.
    pub held_out: Vec<String>,
    /// The parts of the experiment, in order.
    pub splits: Vec<Part>,
}

/// A part of the experiment, as far as its principals have a history: nothing else is learned from or measured on.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Which.
    pub split: Split,
    /// Principals.
    pub principals: usize,
    /// Rows, attacks among them.
    pub rows: usize,
    /// Attacks, those of families held out among them.
    pub attacks: usize,
    /// Time of the first row, milliseconds since the Unix epoch.
    pub from: Option<i64>,
    /// Time of the last row.
    pub to: Option<i64>,
}

impl Basis {
    /// What a data set has to measure on.
    pub(super) fn of(dataset: &Dataset, held_out: &[String]) -> Self {
        let is_first = |row: &&Row| row.history == 0 && !row.is_attack && row.split == Some(Split::Test);
        let test = dataset.part(Split::Test, &[]);
        let attacks: BTreeSet<u16> = test.iter().filter(|row| row.is_attack).map(|row| row.family).collect();
        Self {
            rows: dataset.rows.len(),
            principals: dataset.users,
            benign: test.iter().filter(|row| !row.is_attack).count(),
            without_history: dataset.rows.iter().filter(is_first).count(),
            attackers: attacks.iter().filter_map(|family| dataset.name(*family)).map(str::to_owned).collect(),
            held_out: held_out.to_vec(),
            splits: Split::ALL.map(|split| Part::of(dataset, split)).into(),
        }
    }
}

impl Part {
    fn of(dataset: &Dataset, split: Split) -> Self {
        let rows = dataset.part(split, &[]);
        let times = || rows.iter().map(|row| row.time);
        Self {
            split,
            principals: rows.iter().map(|row| row.user).collect::<BTreeSet<_>>().len(),
            rows: rows.len(),
            attacks: rows.iter().filter(|row| row.is_attack).count(),
            from: times().min(),
            to: times().max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::row;

    #[test]
    fn parts_are_named_with_their_size_and_time() {
        let (train, test) = (Some(Split::Train), Some(Split::Test));
        let at = |row: Row, user, time| Row { user, time, ..row };
        let first = Row { history: 0, ..at(row(test, 0), 3, 8) };
        let rows = vec![at(row(train, 0), 1, 4), at(row(train, 1), 1, 5), at(row(test, 0), 2, 7), first];
        let rows = [rows, vec![at(row(test, 1), 2, 7)]].concat();
        let families = ["usual", "crude"].map(str::to_owned).into();
        let dataset = Dataset { rows, users: 3, families, ..Dataset::default() };
        let basis = Basis::of(&dataset, &[]);
        assert_eq!((basis.rows, basis.benign, basis.without_history), (5, 1, 1));
        assert_eq!(basis.attackers, ["crude"]);
        let part =
            |split, principals, rows, attacks, from, to| Part { split, principals, rows, attacks, from, to };
        let expected = [
            part(Split::Train, 1, 2, 1, Some(4), Some(5)),
            part(Split::Calibrate, 0, 0, 0, None, None),
            part(Split::Test, 1, 2, 1, Some(7), Some(7)),
        ];
        assert_eq!(basis.splits, expected);
    }
}
