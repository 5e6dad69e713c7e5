//! Probabilities: the log-odds that a score stands for, at a stated prevalence.

use std::collections::BTreeMap;

use crate::dataset::Row;
use crate::measure::honesty;
use crate::scorecard::{POINTS_PER_NAT, Scorecard, ascend};

/// Log-odds by score: a line through knots. What the engine computes with, in points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// Score and log-odds.
    pub knots: Vec<(i32, i32)>,
}

/// A row's score, whether it is an attack, and its weight.
type Sample = (f64, bool, f64);

/// Parts that the rows are split into to choose a form; each is held out once.
const FOLDS: u32 = 5;
/// Newton steps after which a line stands; it does after ten.
const STEPS: usize = 50;
/// Share of all benign or all attack weight that makes a knot: sixteen or so.
const KNOT: f64 = 0.12;
/// Surest claims made, natural units of log-odds: one in 50,000.
const SUREST: f64 = 10.8;

impl Calibration {
    /// As if the score were log-odds already, at a prevalence: what holds until it is calibrated.
    #[must_use]
    pub fn none(prevalence: f64) -> Self {
        let shift = libm::round(libm::log(prevalence / (1.0 - prevalence)) * POINTS_PER_NAT) as i32;
        Self { knots: vec![(-2048, shift - 2048), (2048, shift + 2048)] }
    }

    /// Fits to rows at a prevalence of attacks; every family of attackers weighs the same. The form is the one with
    /// the lesser logarithmic loss on principals it was not fitted to: few knots that follow the rows can follow their
    /// chance too, and one straight line can miss a bend.
    #[must_use]
    pub fn fit(card: &Scorecard, rows: &[&Row], prevalence: f64) -> Self {
        let loss = |form: fn(&[Sample], f64) -> Self| -> f64 {
            let held_out = |fold| {
                // Whole principals: a principal's requests resemble each other.
                let (inside, outside): (Vec<&Row>, Vec<&Row>) =
                    rows.iter().partition(|row| row.user % FOLDS == fold);
                let fitted = form(&weighted(card, &outside, prevalence), prevalence);
                honesty(&fitted.probabilities(card, &inside, prevalence), prevalence).log_loss
            };
            (0..FOLDS).map(held_out).sum()
        };
        let samples = weighted(card, rows, prevalence);
        if loss(Self::line) <= loss(Self::knots) {
            Self::line(&samples, prevalence)
        } else {
            Self::knots(&samples, prevalence)
        }
    }

    /// Logistic regression on the score (Platt 1999), as far as scores were seen.
    fn line(samples: &[Sample], prevalence: f64) -> Self {
        let count = |kind| samples.iter().filter(|(_, is_attack, _)| *is_attack == kind).count() as f64;
        // Platt's targets: a line is finite even where scores separate everything.
        let (attack, benign) = (1.0 - 1.0 / (count(true) + 2.0), 1.0 / (count(false) + 2.0));
        let (mut slope, mut offset) = (1.0, libm::log(prevalence / (1.0 - prevalence)));
        for _ in 0..STEPS {
            let (mut ascent, mut lift) = (0.0, 0.0);
            let (mut square, mut cross, mut curve) = (0.0, 0.0, 0.0);
            for (score, is_attack, weight) in samples {
                let at = score / POINTS_PER_NAT;
                let claimed = 1.0 / (1.0 + libm::exp(-(slope * at + offset)));
                let rest = weight * (if *is_attack { attack } else { benign } - claimed);
                let bend = weight * claimed * (1.0 - claimed);
                (ascent, lift) = (ascent + rest * at, lift + rest);
                (square, cross, curve) = (square + bend * at * at, cross + bend * at, curve + bend);
            }
            let determinant = square * curve - cross * cross;
            if determinant < f64::MIN_POSITIVE {
                break;
            }
            // Newton's step, kept short where the curve is flat.
            let steeper = ((ascent * curve - lift * cross) / determinant).clamp(-0.5, 0.5);
            let higher = ((lift * square - ascent * cross) / determinant).clamp(-1.0, 1.0);
            (slope, offset) = (slope + steeper, offset + higher);
            if steeper.abs() < 1e-9 && higher.abs() < 1e-9 {
                break;
            }
        }
        let (slope, offset) = (slope.max(0.0), offset * POINTS_PER_NAT);
        let surest = SUREST * POINTS_PER_NAT;
        let lowest = samples.iter().map(|(score, ..)| *score).fold(f64::INFINITY, f64::min);
        let highest = samples.iter().map(|(score, ..)| *score).fold(f64::NEG_INFINITY, f64::max);
        let ends = [lowest.max((-surest - offset) / slope), highest.min((surest - offset) / slope)];
        let [low, high] = ends.map(|end| {
            let score = libm::round(end);
            (score as i32, libm::round((slope * score + offset).clamp(-surest, surest)) as i32)
        });
        if low.0 < high.0 { Self { knots: vec![low, high] } } else { Self::none(prevalence) }
    }

    /// Knots that are each the share of attacks among rows of about the same score, pooled where it would descend
    /// (Zadrozny and Elkan, KDD 2002).
    fn knots(samples: &[Sample], prevalence: f64) -> Self {
        let mut scored = samples.to_vec();
        scored.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let (mut scores, mut shares, mut certainty) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sum, mut attack, mut weight) = (0.0, 0.0, 0.0);
        let mut rest = scored.as_slice();
        while let Some((score, ..)) = rest.first() {
            // Equal scores stay in one knot.
            let ties = rest.iter().take_while(|(other, ..)| other == score).count();
            let (group, after) = rest.split_at(ties);
            for (score, is_attack, share) in group {
                sum += score * share;
                weight += share;
                attack += if *is_attack { *share } else { 0.0 };
            }
            if weight / (1.0 - prevalence) + attack / prevalence > KNOT || after.is_empty() {
                scores.push(sum / weight);
                shares.push(attack / weight);
                certainty.push(weight);
                (sum, attack, weight) = (0.0, 0.0, 0.0);
            }
            rest = after;
        }
        ascend(&mut shares, &certainty);
        let points = |share: f64| {
            let odds = libm::log(share.max(1e-9) / (1.0 - share).max(1e-9)).clamp(-SUREST, SUREST);
            libm::round(odds * POINTS_PER_NAT) as i32
        };
        let mut knots: Vec<(i32, i32)> = Vec::with_capacity(scores.len());
        for (score, share) in scores.into_iter().zip(shares) {
            let score = (libm::round(score) as i32).max(knots.last().map_or(i32::MIN, |last| last.0 + 1));
            knots.push((score, points(share)));
        }
        // Between two knots of its own log-odds a knot says nothing.
        let mut inner: Vec<(i32, i32)> = Vec::with_capacity(knots.len());
        for (at, knot) in knots.iter().enumerate() {
            let is_flat = |other: Option<&(i32, i32)>| other.is_some_and(|other| other.1 == knot.1);
            if !(is_flat(at.checked_sub(1).and_then(|before| knots.get(before)))
                && is_flat(knots.get(at + 1)))
            {
                inner.push(*knot);
            }
        }
        let knots = inner;
        if knots.len() < 2 { Self::none(prevalence) } else { Self { knots } }
    }

    /// Log-odds at a score, in points.
    #[must_use]
    pub fn log_odds(&self, score: f64) -> f64 {
        let above = self.knots.partition_point(|(knot, _)| f64::from(*knot) < score);
        let right = self.knots.get(above).or(self.knots.last());
        let left = above.checked_sub(1).and_then(|below| self.knots.get(below)).or(self.knots.first());
        let (Some((x0, y0)), Some((x1, y1))) = (left, right) else { return 0.0 };
        let part = (score - f64::from(*x0)) / f64::from((x1 - x0).max(1));
        f64::from(*y0) + f64::from(y1 - y0) * part.clamp(0.0, 1.0)
    }

    /// Probability of an attack at a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        1.0 / (1.0 + libm::exp(-self.log_odds(score) / POINTS_PER_NAT))
    }

    /// Probability, label and weight of rows.
    #[must_use]
    pub fn probabilities(&self, card: &Scorecard, rows: &[&Row], prevalence: f64) -> Vec<Sample> {
        let rows = weighted(card, rows, prevalence).into_iter();
        rows.map(|(score, is_attack, weight)| (self.probability(score), is_attack, weight)).collect()
    }

    /// Least scores of the levels low, medium and high: one attack in twenty, in five, in two.
    #[must_use]
    pub fn levels(&self) -> [i32; 3] {
        let mut above = i32::MIN;
        [0.05, 0.2, 0.5].map(|share| {
            let odds = libm::log(share / (1.0 - share)) * POINTS_PER_NAT;
            let least = (-4096..4096).find(|score| self.log_odds(f64::from(*score)) >= odds).unwrap_or(4096);
            above = least.max(above.saturating_add(1));
            above
        })
    }
}

/// Score, label and weight of rows, such that attacks weigh `prevalence` in total and families weigh the same.
fn weighted(card: &Scorecard, rows: &[&Row], prevalence: f64) -> Vec<Sample> {
    let mut families: BTreeMap<u16, f64> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_attack) {
        *families.entry(row.family).or_default() += 1.0;
    }
    let benign = rows.iter().filter(|row| !row.is_attack).count() as f64;
    let share = prevalence / families.len().max(1) as f64;
    rows.iter()
        .map(|row| {
            let weight = if row.is_attack {
                share / families.get(&row.family).copied().unwrap_or(1.0)
            } else {
                (1.0 - prevalence) / benign
            };
            (f64::from(card.score(row)), row.is_attack, weight)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::SIGNALS;
    use crate::random::Random;

    /// Scores of −600 to 675, by the bin of the first signal.
    fn card() -> Scorecard {
        Scorecard { points: vec![(0..=255).map(|bin| bin * 5 - 600).collect()] }
    }

    fn row(user: u32, is_attack: bool, score: f64) -> Row {
        let mut bins = [0; SIGNALS];
        bins[0] = (score / 5.0 + 120.0) as u8;
        Row {
            time: 0,
            user,
            history: 1,
            family: u16::from(is_attack),
            is_attack,
            is_session: false,
            split: None,
            bins,
            asn: None,
            ip: None,
            matches: Default::default(),
            is_trusted: true,
            freeman: None,
            counting: None,
        }
    }

    fn fit(rows: &[Row]) -> Calibration {
        Calibration::fit(&card(), &rows.iter().collect::<Vec<_>>(), 0.01)
    }

    #[test]
    fn a_straight_line_is_found_straight() {
        // Two normal distributions a unit wide and three apart: log-odds climb by three in three.
        let random = &mut Random::new(1, 0);
        let rows: Vec<Row> = (0..12_000)
            .map(|user| {
                let is_attack = user % 2 == 0;
                row(user, is_attack, (random.normal() + if is_attack { 1.5 } else { -1.5 }) * 100.0)
            })
            .collect();
        let line = fit(&rows);
        assert_eq!(line.knots.len(), 2, "{line:?}");
        for score in [-100.0, 50.0, 200.0] {
            let truth = (score / 100.0 * 3.0 + libm::log(0.01 / 0.99)) * POINTS_PER_NAT;
            assert!((line.log_odds(score) - truth).abs() < 50.0, "{score}: {line:?}");
        }
    }

    #[test]
    fn a_bend_is_followed() {
        // Half of the attacks look like people; the others score far above.
        let random = &mut Random::new(2, 0);
        let rows: Vec<Row> = (0..6_000)
            .map(|user| {
                let stands_out = user % 4 == 0;
                row(user, user % 2 == 0, random.normal() * 100.0 + if stands_out { 450.0 } else { -150.0 })
            })
            .collect();
        let bent = fit(&rows);
        assert!(bent.knots.len() > 2, "{bent:?}");
        assert!(bent.knots.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
    }

    #[test]
    fn rows_that_say_nothing_claim_nothing() {
        assert_eq!(fit(&[]), Calibration::none(0.01));
        assert_eq!(fit(&[row(0, false, 0.0), row(1, true, 0.0)]), Calibration::none(0.01));
        // Nothing is claimed past the surest, however far apart.
        let apart: Vec<Row> = (0..200)
            .map(|user| row(user, user % 2 == 0, if user % 2 == 0 { 600.0 } else { -600.0 }))
            .collect();
        assert!(fit(&apart).knots.iter().all(|(_, points)| points.abs() <= 998));
    }
}
