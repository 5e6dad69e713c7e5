//! From scores to decisions: thresholds with a guarantee, and the scorecard's probabilities and levels.

use std::collections::BTreeMap;

use crate::calibration::Calibration;
use crate::dataset::Row;
use crate::model::{Card, PREVALENCE};
use crate::scorecard::Scorecard;
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
