//! How often people are asked again: the protocol of Wiefling et al. (FC 2021, TOPS 2022).
//!
//! A threshold is set per attacker so that a given share of that attacker's attempts is caught; then the
//! sign-ins of every person that score as high are counted. Medians and means are over the people with at least
//! so many sign-ins. The first sign-in has no history; here it is not counted, while the published medians are never
//! below one. Whose sign-ins and attacks are counted is up to the caller: in a report, those of principals of the test
//! part.

use std::collections::BTreeMap;

use serde::Serialize;

/// A scored sign-in: its person, its number (the first is 1) and its score.
pub type Scored = (u32, u32, f64);

/// Re-authentications in the first `sign_ins` sign-ins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reauthentications {
    /// Share of the attacker's attempts that score at least the threshold.
    pub caught: f64,
    /// People counted.
    pub people: usize,
    /// Median over people.
    pub median: f64,
    /// Mean over people.
    pub mean: f64,
}

/// Least score such that at least `share` of the attacks score as high.
#[must_use]
pub fn threshold(attacks: &[f64], share: f64) -> Option<f64> {
    let mut sorted = attacks.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let missed = ((1.0 - share) * sorted.len() as f64 + 1e-9) as usize;
    sorted.get(missed.min(sorted.len().checked_sub(1)?)).copied()
}

/// Counts per person. People's first sign-in has no history, is always asked, and is not counted.
#[must_use]
pub fn count(benign: &[Scored], attacks: &[f64], share: f64, sign_ins: u32) -> Option<Reauthentications> {
    let threshold = threshold(attacks, share)?;
    let mut people: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for (user, number, score) in benign {
        let (asked, last) = people.entry(*user).or_default();
        *last = (*last).max(*number);
        *asked += u32::from(*number <= sign_ins && *score >= threshold);
    }
    let mut counts: Vec<u32> =
        people.values().filter(|(_, last)| *last >= sign_ins).map(|(asked, _)| *asked).collect();
    counts.sort_unstable();
    let (low, high) = (counts.get((counts.len().checked_sub(1)?) / 2)?, counts.get(counts.len() / 2)?);
    let caught = attacks.iter().filter(|score| **score >= threshold).count();
    Some(Reauthentications {
        caught: caught as f64 / attacks.len() as f64,
        people: counts.len(),
        median: f64::from(low + high) / 2.0,
        mean: counts.iter().map(|count| f64::from(*count)).sum::<f64>() / counts.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_asked_when_they_look_like_the_attacker() {
        let attacks = [1.0, 5.0, 6.0, 7.0];
        assert_eq!(threshold(&attacks, 1.0), Some(1.0));
        assert_eq!(threshold(&attacks, 0.75), Some(5.0));
        // One person scores high once of three times, another never, a third has too few sign-ins.
        let benign = [
            (1, 1, 0.0),
            (1, 2, 5.5),
            (1, 3, 0.0),
            (2, 2, 0.0),
            (2, 3, 4.9),
            (3, 1, 9.0),
            (1, 4, 9.0),
            (2, 4, 0.0),
        ];
        let counted = count(&benign, &attacks, 0.75, 3).unwrap();
        assert_eq!((counted.people, counted.median, counted.mean, counted.caught), (2, 0.5, 0.5, 0.75));
        assert_eq!(count(&benign, &[], 0.9, 3), None);
    }
}
