//! Labelled events out of logs: which part of an experiment a row belongs to, and what became of the rows.

use std::fmt;

use edgeward_lab::event::{Label, Split};

use crate::failure::{Failure, Status};

/// A stretch of time whose parts the parts of an experiment get: milliseconds since the Unix epoch, without its end.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    from: i64,
    to: i64,
}

impl Period {
    /// A period as arguments state it.
    pub fn new(from: i64, to: i64) -> Result<Self, Failure> {
        if from >= to {
            return Err(Failure::input("--to", "is not after --from"));
        }
        Ok(Self { from, to })
    }

    /// The part of the experiment that a row belongs to: by its user, and only in the part's own time, so that no part
    /// knows a user or a moment of another that it is compared with.
    pub fn split(&self, user: &str, time: i64) -> Option<Split> {
        let position = (time.saturating_sub(self.from)) as f64 / (self.to.saturating_sub(self.from)) as f64;
        let hash = user.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let (split, is_its_time) = match (hash ^ hash >> 32) % 100 {
            0..34 => (Split::Train, (0.0..0.6).contains(&position)),
            34..74 => (Split::Calibrate, (0.3..0.7).contains(&position)),
            _ => (Split::Test, (0.7..1.0).contains(&position)),
        };
        is_its_time.then_some(split)
    }
}

/// What became of the rows.
#[derive(Debug, Default)]
pub struct Tally {
    pub rows: usize,
    pub benign: usize,
    pub attacks: usize,
    pub unlabelled: usize,
    pub repeated: usize,
    pub incomplete: usize,
    pub unread: usize,
}

impl Tally {
    /// Counts an event that was written.
    pub fn count(&mut self, label: Label) {
        *(if label == Label::Attack { &mut self.attacks } else { &mut self.benign }) += 1;
    }

    /// How the import ended.
    pub fn status(&self) -> Status {
        match self {
            Self { unread: 1.., .. } => Status::BadInput,
            Self { incomplete: 1.., .. } => Status::Findings,
            _ => Status::Clean,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, benign, attacks, unlabelled, repeated, incomplete, unread } = self;
        write!(
            formatter,
            "{rows} rows: {benign} benign, {attacks} attacks, {unlabelled} without a label left out, "
        )?;
        if *repeated > 0 {
            write!(formatter, "{repeated} repeated, ")?;
        }
        write!(formatter, "{unread} not read; {incomplete} with values that are unknown now")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_own_users_in_its_own_time() {
        let period = Period::new(0, 100).unwrap();
        let parts = |user: usize| -> Vec<Option<Split>> {
            [-1, 10, 50, 65, 80, 100].map(|time| period.split(&format!("u{user}"), time)).into()
        };
        let (train, calibrate, test) = (Some(Split::Train), Some(Split::Calibrate), Some(Split::Test));
        let expected = [
            vec![None, train, train, None, None, None],
            vec![None, None, calibrate, calibrate, None, None],
            vec![None, None, None, None, test, None],
        ];
        let counts = expected.map(|one| (0..10_000).filter(|user| parts(*user) == one).count());
        assert_eq!(counts.iter().sum::<usize>(), 10_000);
        for (count, share) in counts.into_iter().zip([3_400, 4_000, 2_600]) {
            assert!(count.abs_diff(share) < 250, "{counts:?}");
        }
        assert!(Period::new(5, 5).is_err());
    }
}
