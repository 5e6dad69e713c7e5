//! The last step of learning: points are moved one group of bins at a time as long as more people come through with the
//! same attackers kept out.
//!
//! A fit by logistic loss asks to be right everywhere; a band is set by the boldest attackers alone, and how a card ranks
//! the people around them is all that matters to it. What is held of every signal holds at every step. Nothing is
//! promised from these rows: thresholds are calibrated on principals that no point has seen.

use crate::coverage::Coverage;
use crate::dataset::SIGNALS;
use crate::scorecard::{Constraints, Scorecard};

/// Points by which groups are moved, one pass over all signals each: a second time coarsely, because what one signal
/// gave makes room for others.
const STEPS: [i32; 7] = [32, 16, 8, 32, 16, 8, 4];
/// Share of people that a move must gain: what fewer rows gain is chance, and does not come again on others.
const GAIN: f64 = 0.0003;

/// Moves the points of a card.
pub(crate) fn refine(constraints: &Constraints, card: &Scorecard, coverage: &mut Coverage) -> Scorecard {
    let mut groups: Vec<Vec<i32>> = constraints.gathered(card);
    coverage.score(card);
    let mut best = coverage.share();
    for step in STEPS {
        for signal in 0..SIGNALS {
            for group in 0..groups.get(signal).map_or(0, Vec::len) {
                for by in [step, -step] {
                    while let Some(old) = groups.get(signal)
                        && let Some(moved) = constraints.moved(signal, old, group, by)
                        && let Some(share) = improved(constraints, coverage, signal, old, &moved, best + GAIN)
                    {
                        best = share;
                        if let Some(old) = groups.get_mut(signal) {
                            *old = moved;
                        }
                    }
                }
            }
        }
    }
    constraints.spread(&groups)
}

/// The share of people with other points of a signal, if it is more than `least`; else nothing is changed.
fn improved(
    constraints: &Constraints,
    coverage: &mut Coverage,
    signal: usize,
    old: &[i32],
    new: &[i32],
    least: f64,
) -> Option<f64> {
    let difference: Vec<i32> = new.iter().zip(old).map(|(new, old)| new - old).collect();
    let of = |bin| difference.get(constraints.group(signal, bin)).copied().unwrap_or(0);
    coverage.add(signal, of);
    let share = coverage.share();
    if share > least {
        return Some(share);
    }
    coverage.add(signal, |bin| -of(bin));
    None
}

#[cfg(test)]
mod tests {
    use edgeward::signal::CATALOGUE;

    use super::*;
    use crate::fixture;

    #[test]
    fn points_move_to_where_people_and_attackers_part_and_no_further_than_is_held() {
        let constraints = Constraints::load().unwrap();
        let at = |signal: &str, bin: &str| {
            let signal = CATALOGUE.iter().position(|(name, _)| *name == signal).unwrap();
            (signal, CATALOGUE[signal].1.iter().position(|name| *name == bin).unwrap())
        };
        let row = |family, bins: &[(&str, &str)]| {
            let mut row = fixture::row(None, family);
            for (signal, bin) in bins {
                let (signal, bin) = at(signal, bin);
                row.bins[signal] = u8::try_from(bin).unwrap();
            }
            row
        };
        let neutral = [("network", "absent"), ("address", "absent"), ("hour", "unknown")];
        let of = |family, bins: &[(&str, &str)], count: usize| {
            vec![row(family, &[&neutral[..], bins].concat()); count]
        };
        let rows = [
            of(0, &[("network", "vpn")], 100),
            of(0, &[("hour", "usual")], 100),
            of(0, &[], 100),
            of(1, &[("address", "near"), ("hour", "usual")], 1000),
            of(2, &[("network", "vpn"), ("address", "near")], 1000),
        ]
        .concat();
        let mut coverage = Coverage::new(&rows.iter().collect::<Vec<_>>());
        // As if everything but the hour were worth nothing.
        let mut card = Scorecard { points: CATALOGUE.iter().map(|(_, bins)| vec![0; bins.len()]).collect() };
        let (hour, usual) = at("hour", "usual");
        card.points[hour][usual] = -30;
        card.points[hour][0] = -30;
        coverage.score(&card);
        assert_eq!(coverage.share(), 0.0);
        let refined = refine(&constraints, &card, &mut coverage);
        coverage.score(&refined);
        assert!((coverage.share() - 1.0).abs() < 1e-9, "{}", coverage.share());
        for (signal, points) in refined.points.iter().enumerate() {
            let groups: Vec<f64> =
                constraints.gathered(&refined)[signal].iter().map(|at| f64::from(*at)).collect();
            let mut held: Vec<f64> =
                groups.iter().map(|points| points / crate::scorecard::POINTS_PER_NAT).collect();
            let before = held.clone();
            constraints.project(signal, &mut held, &vec![1.0; groups.len()]);
            assert!(before.iter().zip(&held).all(|(one, other)| (one - other).abs() < 1e-9), "{points:?}");
        }
    }
}
