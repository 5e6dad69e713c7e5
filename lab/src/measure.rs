//! Measures of a scored set: how well it separates, how honest its probabilities are, and what deferring buys.

use serde::Serialize;

use crate::threshold::interval;

/// A share with its 95 % interval (Clopper–Pearson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// Of how many.
    pub n: usize,
    /// Share.
    pub share: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Rate {
    /// `hits` of `n`.
    #[must_use]
    pub fn of(hits: usize, n: usize) -> Self {
        let (low, high) = interval(hits, n.max(1));
        Self { n, share: hits as f64 / n.max(1) as f64, low, high }
    }
}

/// How well scores separate attacks from benign requests.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Separation {
    /// Area under the receiver operating characteristic; ties count half.
    pub auc: f64,
    /// Equal error rate.
    pub eer: f64,
    /// Share of attacks caught when one benign request in a hundred is accused.
    pub tpr_at_one_percent: Rate,
}

/// Separation of attacks from benign scores.
#[must_use]
pub fn separation(attacks: &[f64], benign: &[f64]) -> Separation {
    let mut all: Vec<(f64, bool)> = attacks
        .iter()
        .map(|score| (*score, true))
        .chain(benign.iter().map(|score| (*score, false)))
        .collect();
    all.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
    let (positives, negatives) = (attacks.len().max(1) as f64, benign.len().max(1) as f64);
    let (mut caught, mut accused, mut area, mut at_one_percent) = (0.0, 0.0, 0.0, 0.0);
    let mut equal: Option<f64> = None;
    let mut rest = all.as_slice();
    while let Some((score, _)) = rest.first() {
        let ties = rest.iter().take_while(|(other, _)| other == score).count();
        let (group, after) = rest.split_at(ties);
        let hits = group.iter().filter(|(_, is_attack)| *is_attack).count() as f64;
        let alarms = ties as f64 - hits;
        let (missed_before, false_before) = (1.0 - caught / positives, accused / negatives);
        area += alarms * (caught + hits / 2.0);
        caught += hits;
        accused += alarms;
        let (missed, false_alarms) = (1.0 - caught / positives, accused / negatives);
        if false_alarms <= 0.01 {
            at_one_percent = caught;
        }
        if equal.is_none() && false_alarms >= missed {
            // Where the lines cross between the two thresholds.
            let (gap, next) = (missed_before - false_before, missed - false_alarms);
            let part = if gap > next { gap / (gap - next) } else { 1.0 };
            equal = Some(false_before + part * (false_alarms - false_before));
        }
        rest = after;
    }
    Separation {
        auc: area / positives / negatives,
        eer: equal.unwrap_or(1.0),
        tpr_at_one_percent: Rate::of(at_one_percent as usize, attacks.len()),
    }
}

/// How honest probabilities are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Honesty {
    /// Share of attacks the measures are taken at.
    pub prevalence: f64,
    /// Expected calibration error over twenty bins of equal weight.
    pub ece: f64,
    /// Brier score.
    pub brier: f64,
    /// Logarithmic loss, natural units.
    pub log_loss: f64,
    /// Per bin: mean probability and share of attacks.
    pub bins: Vec<(f64, f64)>,
}

/// Honesty of (probability, is attack, weight); weights sum to 1.
#[must_use]
pub fn honesty(samples: &[(f64, bool, f64)], prevalence: f64) -> Honesty {
    const BINS: f64 = 20.0;
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ece, mut brier, mut log_loss, mut bins) = (0.0, 0.0, 0.0, Vec::new());
    let (mut weight, mut claimed, mut attacks) = (0.0, 0.0, 0.0);
    let mut rest = sorted.as_slice();
    while let Some((probability, ..)) = rest.first().copied() {
        // Equal probabilities stay in one bin.
        let ties = rest.iter().take_while(|(other, ..)| *other == probability).count();
        let (group, after) = rest.split_at(ties);
        for (p, is_attack, share) in group {
            let truth = f64::from(u8::from(*is_attack));
            weight += share;
            claimed += share * p;
            attacks += share * truth;
            brier += share * (p - truth) * (p - truth);
            let likelihood = if *is_attack { *p } else { 1.0 - p };
            log_loss -= share * libm::log(likelihood.max(1e-12));
        }
        if weight >= 1.0 / BINS || after.is_empty() {
            ece += (claimed - attacks).abs();
            bins.push((claimed / weight, attacks / weight));
            (weight, claimed, attacks) = (0.0, 0.0, 0.0);
        }
        rest = after;
    }
    Honesty { prevalence, ece, brier, log_loss, bins }
}

/// What it costs to decide alone, by how much is decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskCoverage {
    /// Area under the curve.
    pub aurc: f64,
    /// Coverage and the mean cost of what is covered, at each hundredth of coverage.
    pub curve: Vec<(f64, f64)>,
}

/// Cost of stopping a benign request, where allowing an attack costs 1.
const FALSE_ALARM: f64 = 0.05;

/// Decides the surest first: a sample is sure by how far its log-odds are from where both errors cost the same.
#[must_use]
pub fn risk_coverage(samples: &[(f64, bool, f64)]) -> RiskCoverage {
    let even = libm::log(FALSE_ALARM / 1.0);
    let odds = |p: f64| libm::log(p.max(1e-12) / (1.0 - p).max(1e-12));
    let mut sorted: Vec<(f64, f64, f64)> = samples
        .iter()
        .map(|(p, is_attack, weight)| {
            let lead = odds(*p) - even;
            let cost = match (lead > 0.0, is_attack) {
                (true, false) => FALSE_ALARM,
                (false, true) => 1.0,
                _ => 0.0,
            };
            (lead.abs(), cost, *weight)
        })
        .collect();
    sorted.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
    let (mut covered, mut cost, mut aurc, mut curve) = (0.0, 0.0, 0.0, Vec::with_capacity(101));
    for (_, price, weight) in sorted {
        covered += weight;
        cost += price * weight;
        aurc += weight * cost / covered;
        if covered * 100.0 >= curve.len() as f64 {
            curve.push((covered, cost / covered));
        }
    }
    RiskCoverage { aurc, curve }
}

/// Population stability index of two distributions over the same bins; above 0.2 the world has changed.
#[must_use]
pub fn stability(then: &[usize], now: &[usize]) -> f64 {
    let total = |counts: &[usize]| counts.iter().sum::<usize>() as f64 + counts.len() as f64 / 2.0;
    let (all_then, all_now) = (total(then), total(now));
    then.iter()
        .zip(now)
        .map(|(then, now)| {
            // Half a count in every bin: an empty one is rare, not impossible.
            let (p, q) = ((*then as f64 + 0.5) / all_then, (*now as f64 + 0.5) / all_now);
            (q - p) * libm::log(q / p)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separation_by_hand() {
        let perfect = separation(&[3.0, 4.0], &[1.0, 2.0]);
        assert_eq!((perfect.auc, perfect.eer, perfect.tpr_at_one_percent.share), (1.0, 0.0, 1.0));
        let useless = separation(&[1.0, 1.0], &[1.0, 1.0]);
        assert_eq!((useless.auc, useless.eer), (0.5, 0.5));
        // One of four attacks below one of four benign.
        let mixed = separation(&[5.0, 6.0, 7.0, 1.0], &[0.0, 0.5, 2.0, 0.1]);
        assert_eq!((mixed.auc, mixed.eer), (15.0 / 16.0, 0.25));
    }

    #[test]
    fn honest_probabilities_have_no_error() {
        let samples: Vec<(f64, bool, f64)> = (0..100).map(|at| (0.25, at % 4 == 0, 0.01)).collect();
        assert!(honesty(&samples, 0.25).ece < 1e-12);
        let shifted: Vec<(f64, bool, f64)> = samples.iter().map(|one| (0.35, one.1, one.2)).collect();
        assert!((honesty(&shifted, 0.25).ece - 0.1).abs() < 1e-9);
    }

    #[test]
    fn unsure_mistakes_cost_only_when_covered() {
        let samples = [(0.9, true, 0.25), (0.001, false, 0.25), (0.0001, false, 0.25), (0.06, false, 0.25)];
        let measured = risk_coverage(&samples);
        assert!((measured.aurc - 0.25 * 0.25 * FALSE_ALARM).abs() < 1e-9, "{}", measured.aurc);
    }

    #[test]
    fn a_stable_population_has_no_index() {
        assert!(stability(&[100, 50], &[1000, 500]) < 1e-4);
        assert!(stability(&[100, 50], &[50, 100]) > 0.2);
    }
}
