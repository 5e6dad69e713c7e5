//! How often each value of a profile was seen, and what that makes the principal likely to show again.

use crate::logarithm::log2;
use crate::read::record;
use crate::write::written;

/// Counts stay below: a byte holds one, and older habits fade.
const MOST: u32 = 255;

/// Sign-ins that showed each value of a profile's lists, in the order of the values. An empty list: nobody counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named like the list it counts")]
pub struct Counts {
    pub networks: Vec<u32>,
    pub asns: Vec<u32>,
    pub countries: Vec<u32>,
    pub cities: Vec<u32>,
    pub agents: Vec<u32>,
    pub systems: Vec<u32>,
    pub tls: Vec<u32>,
    pub devices: Vec<u32>,
}

record!(Counts {
    "networks" => Counts(networks),
    "asns" => Counts(asns),
    "countries" => Counts(countries),
    "cities" => Counts(cities),
    "agents" => Counts(agents),
    "systems" => Counts(systems),
    "tls" => Counts(tls),
    "devices" => Counts(devices),
});

written!(Counts {
    "networks" => networks,
    "asns" => asns,
    "countries" => countries,
    "cities" => cities,
    "agents" => agents,
    "systems" => systems,
    "tls" => tls,
    "devices" => devices,
});

/// How often a principal shows a value, by its own past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// Sign-ins that showed the value, or one of so many values that share them.
    count: u32,
    kept: u32,
    /// All that were counted.
    sign_ins: u32,
}

impl Habit {
    /// That of the value at a place of a list of `kept` values. Where nobody counted, each is taken to have its share of
    /// the sign-ins, which is what they amount to in the mean.
    #[must_use]
    pub fn of(place: usize, counts: &[u32], kept: usize, sign_ins: u32) -> Self {
        match counts.get(place).filter(|count| **count > 0 && counts.len() == kept) {
            Some(count) => {
                let sign_ins = counts.iter().fold(0_u32, |all, count| all.saturating_add(*count));
                Self { count: *count, kept: 1, sign_ins }
            }
            None => {
                let kept = u32::try_from(kept).unwrap_or(u32::MAX).min(sign_ins);
                Self { count: sign_ins, kept, sign_ins }
            }
        }
    }

    /// `−log₂(c/(n + 1))`, in points of 1/64 bit: c of n sign-ins showed it.
    pub(crate) fn points(self) -> i32 {
        log2(self.kept) + log2(self.sign_ins.saturating_add(1)) - log2(self.count)
    }
}

/// Counts for as many values as are kept: those that nobody counted get their share.
pub(super) fn complete(counts: &mut Vec<u32>, kept: usize, sign_ins: u32) {
    let share = sign_ins.checked_div(u32::try_from(kept).unwrap_or(u32::MAX)).unwrap_or_default();
    counts.resize(kept, share.clamp(1, MOST));
}

/// Counts the newest value once more than `before`. All counts age by halves, and keep their proportions.
pub(super) fn add(counts: &mut Vec<u32>, before: u32) {
    counts.push(before.saturating_add(1));
    if before >= MOST {
        counts.iter_mut().for_each(|count| *count = (*count / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_counted_or_shared_out() {
        let points =
            |place, counts: &[u32], kept, sign_ins| Habit::of(place, counts, kept, sign_ins).points();
        assert_eq!(points(1, &[6, 1], 2, 40), 64 * 3, "one of eight, with one for what is to come");
        assert_eq!(
            points(0, &[], 2, 7),
            points(0, &[7, 7], 2, 7) - (log2(15) - log2(14)) + (log2(8) - log2(7))
        );
        assert_eq!(points(0, &[0, 3], 2, 7), points(0, &[], 2, 7), "nobody counted this one");
        assert_eq!(points(0, &[3], 2, 7), points(0, &[], 2, 7), "counts of another list");
        assert_eq!(points(0, &[u32::MAX; 3], 3, u32::MAX), 0, "full");
        assert_eq!(points(0, &[], usize::MAX, 0), 0, "without any sign-in");
    }

    #[test]
    fn who_was_never_counted_gets_a_share_and_old_habits_fade() {
        let mut counts = Vec::new();
        complete(&mut counts, 3, 10);
        assert_eq!(counts, [3; 3]);
        complete(&mut counts, 0, 10);
        assert_eq!(counts, [0; 0]);
        counts = vec![100, 1];
        add(&mut counts, MOST);
        assert_eq!(counts, [50, 1, 128]);
        complete(&mut counts, 4, u32::MAX);
        assert_eq!(counts, [50, 1, 128, MOST]);
    }
}
