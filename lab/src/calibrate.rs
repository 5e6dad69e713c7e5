//! From scores to decisions: thresholds with a guarantee, and probabilities at a stated prevalence.

use std::collections::BTreeMap;

use crate::dataset::Row;
use crate::model::{Card, PREVALENCE};
use crate::scorecard::{POINTS_PER_NAT, Scorecard, ascend};
use crate::threshold::{allow_below, allowance, block_above, least_samples};

/// What the guarantee is to say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Largest share of any family of attackers that may be allowed.
    pub alpha: f64,
    /// Largest share of the principals' own requests that may be stopped.
    pub beta: f64,
    /// Probability that either fails, over the draw of the calibration data; split over the families.
    pub delta: f64,
}

impl Default for Promise {
    fn default() -> Self {
        Self { alpha: 0.01, beta: 0.001, delta: 0.05 }
    }
}

/// Thresholds of one setting, and what they rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Highest score allowed; `None`: nothing is, because some family has too few samples.
    pub allow: Option<i32>,
    /// Lowest score stopped; `None`: nothing is.
    pub block: Option<i32>,
    /// Samples per family.
    pub families: BTreeMap<u16, usize>,
    /// Families with too few samples to calibrate on, and how many they would need.
    pub too_few: BTreeMap<u16, usize>,
}

/// Sets thresholds on calibration rows. Untrusted requests are never allowed, so they count as scored without end.
#[must_use]
pub fn thresholds(card: &Scorecard, rows: &[&Row], promise: Promise) -> Thresholds {
    let mut attacks: BTreeMap<u16, Vec<i32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_attack) {
        let score = if row.is_trusted { card.score(row) } else { i32::MAX };
        attacks.entry(row.family).or_default().push(score);
    }
    let delta = promise.delta / attacks.len().max(1) as f64;
    let families = attacks.iter().map(|(family, scores)| (*family, scores.len())).collect();
    let too_few = attacks
        .iter()
        .filter(|(_, scores)| allowance(scores.len(), promise.alpha, delta).is_none())
        .map(|(family, _)| (*family, least_samples(promise.alpha, delta)))
        .collect();
    // One family that can not be calibrated closes the band: every mixture of families is promised.
    let lowest: Option<Vec<i32>> =
        attacks.values_mut().map(|scores| allow_below(scores, promise.alpha, delta)).collect();
    let mut benign: Vec<i32> = rows.iter().filter(|row| !row.is_attack).map(|row| card.score(row)).collect();
    Thresholds {
        // A threshold past every score would promise something about scores never seen.
        allow: lowest.and_then(|lowest| lowest.into_iter().min()).map(|lowest| lowest.min(HIGHEST)),
        block: block_above(&mut benign, promise.beta, promise.delta),
        families,
        too_few,
    }
}

/// Sets a scorecard's probabilities, levels and band. One that abstains allows nothing and stops nothing.
pub fn calibrate(card: &mut Card, rows: &[&Row], promise: Promise) -> Thresholds {
    let scorecard = card.scorecard();
    let found = thresholds(&scorecard, rows, promise);
    card.calibration = Calibration::fit(&scorecard, rows, PREVALENCE);
    card.levels = card.calibration.levels();
    card.band = Some((found.allow.unwrap_or(i32::MIN), found.block.unwrap_or(i32::MAX)));
    found
}

/// No score this high is ever allowed locally: even odds with the prevalence of one in a hundred taken off.
const HIGHEST: i32 = 424;

/// Log-odds by score: a line through knots, each the share of attacks among rows of about the same score, pooled
/// where it would descend (Zadrozny and Elkan, KDD 2002). What the engine computes with, in points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// Score and log-odds.
    pub knots: Vec<(i32, i32)>,
}

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

    /// Fits to rows at a prevalence of attacks; every family of attackers weighs the same.
    #[must_use]
    pub fn fit(card: &Scorecard, rows: &[&Row], prevalence: f64) -> Self {
        let mut scored = weighted(card, rows, prevalence);
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
#[must_use]
pub fn weighted(card: &Scorecard, rows: &[&Row], prevalence: f64) -> Vec<(f64, bool, f64)> {
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
