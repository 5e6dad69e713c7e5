//! From scores to decisions: thresholds with a guarantee, and probabilities at a stated prevalence.

use std::collections::BTreeMap;

use crate::dataset::Row;
use crate::scorecard::{POINTS_PER_NAT, Scorecard};
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

/// No score this high is ever allowed locally: even odds with the prevalence of one in a hundred taken off.
const HIGHEST: i32 = 424;

/// Log-odds as a line over the score (Platt 1999), at a prevalence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    /// Natural log-odds per point.
    pub slope: f64,
    /// Natural log-odds at score 0.
    pub intercept: f64,
}

impl Platt {
    /// Fits to rows at a prevalence of attacks; every family of attackers weighs the same.
    #[must_use]
    pub fn fit(card: &Scorecard, rows: &[&Row], prevalence: f64) -> Self {
        let scored = weighted(card, rows, prevalence);
        let (mut slope, mut intercept) = (1.0 / POINTS_PER_NAT, libm::log(prevalence / (1.0 - prevalence)));
        for _ in 0..50 {
            // Newton on two parameters, with a little ridge against perfect separation.
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-6);
            for (score, is_attack, weight) in &scored {
                let p = 1.0 / (1.0 + libm::exp(-(slope * score + intercept)));
                let (error, spread) =
                    (weight * (f64::from(u8::from(*is_attack)) - p), weight * p * (1.0 - p));
                g0 += error;
                g1 += error * score;
                h00 += spread;
                h01 += spread * score;
                h11 += spread * score * score;
            }
            let determinant = h00 * h11 - h01 * h01;
            intercept += ((h11 * g0 - h01 * g1) / determinant).clamp(-2.0, 2.0);
            slope = (slope + ((h00 * g1 - h01 * g0) / determinant).clamp(-0.01, 0.01)).max(1e-4);
        }
        Self { slope, intercept }
    }

    /// Slope in 1/65536 of a natural scorecard's, and intercept in points: what the engine computes with.
    #[must_use]
    pub fn integers(self) -> (u32, i32) {
        let slope = libm::round(self.slope * POINTS_PER_NAT * 65_536.0) as u32;
        (slope, libm::round(self.intercept * POINTS_PER_NAT) as i32)
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
