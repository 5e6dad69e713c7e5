//! How many people a scorecard lets through below the scores that its boldest attackers reach: what a band is judged by,
//! and what the logistic loss of a fit only stands in for.

use std::collections::BTreeMap;

use crate::dataset::{Row, SIGNALS};
use crate::scorecard::Scorecard;

/// Shares of each family that may be let through. A threshold that keeps one in a hundred for sure lies at about one in
/// two hundred; with those around it less is left to the chance of single rows.
const LEAKS: [f64; 3] = [0.0025, 0.005, 0.01];

/// Scores that are told apart: all reliefs together are less, and what is higher no band allows.
const LOWEST: i32 = -4096;
const SCORES: usize = 8192;

/// Rows that fell into the same bins, counted.
struct Cell {
    bins: [u8; SIGNALS],
    benign: u32,
    /// Index into [`Coverage::families`], and rows.
    attacks: Vec<(usize, u32)>,
    score: i32,
}

/// Rows, counted so that a scorecard is judged quickly.
pub(crate) struct Coverage {
    /// Of rows that may be let through at all.
    cells: Vec<Cell>,
    /// Rows per family, and by score those that may be let through.
    families: Vec<(u32, Vec<u32>)>,
    benign: (u32, Vec<u32>),
}

impl Coverage {
    /// Counts rows. Untrusted ones are let through with no score, and count among all.
    pub(crate) fn new(rows: &[&Row]) -> Self {
        let mut numbers = BTreeMap::new();
        let mut families: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut benign = (0, vec![0; SCORES]);
        let mut cells = BTreeMap::<[u8; SIGNALS], (u32, BTreeMap<usize, u32>)>::new();
        for row in rows {
            let family = row.is_attack.then(|| {
                *numbers.entry(row.family).or_insert_with(|| {
                    families.push((0, vec![0; SCORES]));
                    families.len() - 1
                })
            });
            let (count, _) = family.and_then(|family| families.get_mut(family)).unwrap_or(&mut benign);
            *count += 1;
            if row.is_trusted {
                let (benign, attacks) = cells.entry(row.bins).or_default();
                *family.map_or(benign, |family| attacks.entry(family).or_default()) += 1;
            }
        }
        let cells = cells.into_iter().map(|(bins, (benign, attacks))| Cell {
            bins,
            benign,
            attacks: attacks.into_iter().collect(),
            score: 0,
        });
        Self { cells: cells.collect(), families, benign }
    }

    /// Scores all rows anew.
    pub(crate) fn score(&mut self, card: &Scorecard) {
        for cell in &mut self.cells {
            cell.score = card.sum(cell.bins);
        }
    }

    /// Share of people that a card lets through ([`Self::share`]).
    pub(crate) fn of(&mut self, card: &Scorecard) -> f64 {
        self.score(card);
        self.share()
    }

    /// Adds points to the bins of one signal.
    pub(crate) fn add(&mut self, signal: usize, points: impl Fn(u8) -> i32) {
        for cell in &mut self.cells {
            cell.score += cell.bins.get(signal).map_or(0, |bin| points(*bin));
        }
    }

    /// Share of people below the threshold of the boldest family, in the mean of [`LEAKS`].
    pub(crate) fn share(&mut self) -> f64 {
        self.benign.1.fill(0);
        self.families.iter_mut().for_each(|(_, scores)| scores.fill(0));
        for cell in &self.cells {
            let at = usize::try_from(cell.score - LOWEST).unwrap_or(0).min(SCORES - 1);
            let counted = cell.attacks.iter().map(|(family, count)| (Some(*family), *count));
            for (family, count) in counted.chain([(None, cell.benign)]) {
                let rows = family.map_or(Some(&mut self.benign), |family| self.families.get_mut(family));
                if let Some(slot) = rows.and_then(|(_, scores)| scores.get_mut(at)) {
                    *slot += count;
                }
            }
        }
        let covered = LEAKS.map(|leak| {
            let threshold =
                self.families.iter().map(|(count, scores)| reach(scores, f64::from(*count) * leak));
            let (count, scores) = &self.benign;
            let below: u32 = scores.iter().take(threshold.min().unwrap_or(0)).sum();
            f64::from(below) / f64::from(*count).max(1.0)
        });
        covered.iter().sum::<f64>() / LEAKS.len() as f64
    }
}

/// First score at which more than so many rows are reached.
fn reach(scores: &[u32], most: f64) -> usize {
    let mut reached = 0;
    let is_past = |count: &u32| {
        reached += count;
        f64::from(reached) > most
    };
    scores.iter().position(is_past).unwrap_or(scores.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn row(family: u16, bin: u8) -> Row {
        let mut row = fixture::row(None, family);
        row.bins[0] = bin;
        row
    }

    #[test]
    fn people_are_counted_below_the_boldest_family() {
        let mut rows: Vec<Row> = (0..100).map(|bin| row(0, bin)).collect();
        // Of a thousand rows two, five and ten may be reached.
        rows.extend((0..1_000).map(|at| row(1, if at < 4 { 10 } else { 50 })));
        rows.extend((0..1_000).map(|at| row(2, if at < 11 { 40 } else { 200 })));
        let card = Scorecard { points: vec![(0..=255).collect()] };
        let mut coverage = Coverage::new(&rows.iter().collect::<Vec<_>>());
        coverage.score(&card);
        assert!((coverage.share() - (0.10 + 0.40 + 0.40) / 3.0).abs() < 1e-9, "{}", coverage.share());
        // Only their order matters.
        coverage.add(0, |_| -300);
        assert!((coverage.share() - 0.3).abs() < 1e-9);
        coverage.add(0, |bin| if bin == 10 { 300 } else { 0 });
        assert!((coverage.share() - (0.40 + 0.40 + 0.40 - 0.03) / 3.0).abs() < 1e-9, "{}", coverage.share());
    }

    #[test]
    fn whoever_is_not_trusted_is_let_through_by_no_score() {
        let mut rows: Vec<Row> = (0..100).map(|bin| row(0, bin)).collect();
        rows.extend((0..1_000).map(|_| row(1, 60)));
        let share = |rows: &[Row]| {
            let mut coverage = Coverage::new(&rows.iter().collect::<Vec<_>>());
            coverage.score(&Scorecard { points: vec![(0..=255).collect()] });
            coverage.share()
        };
        assert!((share(&rows) - 0.6).abs() < 1e-9);
        rows.iter_mut().skip(100).for_each(|row| row.is_trusted = false);
        assert!((share(&rows) - 1.0).abs() < 1e-9);
        rows.iter_mut().take(50).for_each(|row| row.is_trusted = false);
        assert!((share(&rows) - 0.5).abs() < 1e-9);
    }
}
