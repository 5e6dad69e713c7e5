//! A scorecard while it is learned: points per signal and bin, and what is held of every signal.
//!
//! What is held is data (`data/constraints.json`): the direction of a signal, by the order of its bins, and how far
//! it may relieve, by how copyable it is. A bin that means "not known" is worth nothing, so that a host which
//! sees less can not score better than one which sees all and finds nothing. A bin that the stream never fell into
//! keeps the prior set by hand (`data/model/priors.json`), as far as its neighbours allow.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use edgeward::signal::CATALOGUE;
use serde::Deserialize;
use serde_json::Value;

use crate::dataset::{Row, SIGNALS};

/// What is held of one signal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    /// Groups of bins from best to worst; `=` marks the group that is worth nothing. Bins of a group share points.
    order: Vec<String>,
    /// Most points a bin may relieve.
    relief: i32,
    /// Why.
    #[serde(rename = "why")]
    _why: String,
}

/// What is held of every signal, by index.
#[derive(Debug)]
pub struct Constraints {
    /// Per signal, per bin: position in the order.
    group: Vec<Vec<usize>>,
    /// Per signal: position of the group worth nothing, and number of groups.
    zero: Vec<(usize, usize)>,
    relief: Vec<i32>,
    /// Per signal, per group: the weight that holds until rows say otherwise.
    prior: Vec<Vec<f64>>,
}

impl Constraints {
    /// The constraints as published in `data/constraints.json`.
    ///
    /// # Errors
    /// What is wrong with the file; a test reads the same one.
    pub fn load() -> Result<Self, String> {
        let rules: BTreeMap<String, Rule> =
            serde_json::from_str(include_str!("../data/constraints.json")).map_err(|why| why.to_string())?;
        let mut constraints = Self {
            group: Vec::with_capacity(SIGNALS),
            zero: Vec::new(),
            relief: Vec::new(),
            prior: Vec::new(),
        };
        let priors: Value = serde_json::from_str(include_str!("../../data/model/priors.json"))
            .map_err(|why| why.to_string())?;
        for (signal, bins) in CATALOGUE {
            let rule = rules.get(*signal).ok_or_else(|| format!("{signal}: has no constraint"))?;
            let position = |bin: &str| {
                rule.order
                    .iter()
                    .position(|group| group.trim_start_matches('=').split('|').any(|name| name.trim() == bin))
            };
            let group: Option<Vec<usize>> = bins.iter().map(|bin| position(bin)).collect();
            let group = group.ok_or_else(|| format!("{signal}: a bin has no place in the order"))?;
            // The mean of the bins that share a weight.
            let mut prior = vec![(0.0, 0.0); rule.order.len()];
            for (bin, at) in bins.iter().zip(&group) {
                let points =
                    priors.get("standard").and_then(|card| card.get("signals")?.get(*signal)?.get(*bin));
                let points =
                    points.and_then(|points| points.as_f64().or_else(|| points.get("points")?.as_f64()));
                if let (Some(points), Some((sum, count))) = (points, prior.get_mut(*at)) {
                    (*sum, *count) = (*sum + points / POINTS_PER_NAT, *count + 1.0);
                }
            }
            constraints
                .prior
                .push(prior.into_iter().map(|(sum, count)| sum / f64::max(count, 1.0)).collect());
            constraints.group.push(group);
            let zero = rule.order.iter().position(|group| group.starts_with('='));
            let zero = zero.ok_or_else(|| format!("{signal}: no group is worth nothing"))?;
            constraints.zero.push((zero, rule.order.len()));
            constraints.relief.push(rule.relief);
        }
        Ok(constraints)
    }

    /// Weights of a signal's groups before anything is learned: the priors set by hand, projected.
    pub(crate) fn prior(&self, signal: usize) -> Vec<f64> {
        let mut prior = self.prior.get(signal).cloned().unwrap_or_default();
        let certainty = vec![1.0; prior.len()];
        self.project(signal, &mut prior, &certainty);
        prior
    }

    /// Group of a bin.
    pub(crate) fn group(&self, signal: usize, bin: u8) -> usize {
        self.group.get(signal).and_then(|bins| bins.get(usize::from(bin))).copied().unwrap_or(0)
    }

    /// Points of a card by group.
    pub(crate) fn gathered(&self, card: &Scorecard) -> Vec<Vec<i32>> {
        let of_signal = |(signal, points): (usize, &Vec<i32>)| {
            let mut groups = vec![0; self.zero.get(signal).map_or(0, |(_, count)| *count)];
            for (bin, points) in (0..).zip(points) {
                if let Some(slot) = groups.get_mut(self.group(signal, bin)) {
                    *slot = *points;
                }
            }
            groups
        };
        card.points.iter().enumerate().map(of_signal).collect()
    }

    /// The card of points by group.
    pub(crate) fn spread(&self, groups: &[Vec<i32>]) -> Scorecard {
        let of_signal = |(bins, points): (&Vec<usize>, &Vec<i32>)| {
            bins.iter().map(|group| points.get(*group).copied().unwrap_or(0)).collect()
        };
        Scorecard { points: self.group.iter().zip(groups).map(of_signal).collect() }
    }

    /// Points of a signal's groups after one of them moved: the others give way as far as the order demands, and all stay
    /// within what is held. `None` if that leaves them as they are.
    pub(crate) fn moved(&self, signal: usize, points: &[i32], group: usize, by: i32) -> Option<Vec<i32>> {
        let (zero, _) = self.zero.get(signal)?;
        let range = match group.cmp(zero) {
            Ordering::Less => -self.relief.get(signal)?..=0,
            Ordering::Equal => return None,
            Ordering::Greater => 0..=(LIMIT * POINTS_PER_NAT) as i32,
        };
        let new = (points.get(group)? + by).clamp(*range.start(), *range.end());
        let give_way = |(other, points): (usize, &i32)| match other.cmp(&group) {
            Ordering::Less => (*points).min(new),
            Ordering::Equal => new,
            Ordering::Greater => (*points).max(new),
        };
        let moved: Vec<i32> = points.iter().enumerate().map(give_way).collect();
        (moved != points).then_some(moved)
    }

    /// Nearest weights (weighted least squares) that ascend with the groups, are nothing where nothing is known,
    /// and relieve no more than allowed. `weights` and their certainties are by group.
    pub(crate) fn project(&self, signal: usize, weights: &mut [f64], certainty: &[f64]) {
        let Some((zero, _)) = self.zero.get(signal).copied() else { return };
        let relief = self.relief.get(signal).copied().map_or(0.0, f64::from) / POINTS_PER_NAT;
        let (better, rest) = weights.split_at_mut(zero.min(weights.len()));
        let (certain_better, certain_rest) = certainty.split_at(zero.min(certainty.len()));
        ascend(better, certain_better);
        for weight in better {
            *weight = weight.clamp(-relief, 0.0);
        }
        if let (Some((nothing, worse)), Some((_, certain_worse))) =
            (rest.split_first_mut(), certain_rest.split_first())
        {
            *nothing = 0.0;
            ascend(worse, certain_worse);
            for weight in worse {
                *weight = weight.clamp(0.0, LIMIT);
            }
        }
    }
}

/// Points per natural unit of log-odds: 64/ln 2.
pub const POINTS_PER_NAT: f64 = 64.0 / std::f64::consts::LN_2;

/// Largest weight, natural units: 12 bits.
const LIMIT: f64 = 8.3;

/// Pool adjacent violators: the nearest ascending sequence (Ayer et al. 1955).
pub(crate) fn ascend(values: &mut [f64], certainty: &[f64]) {
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(values.len());
    for (value, weight) in values.iter().zip(certainty) {
        let mut pool = (*value, weight.max(1e-9), 1);
        while let Some((mean, weight, count)) = pools.last().copied().filter(|(mean, ..)| *mean > pool.0) {
            let total = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / total, total, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let pooled = pools.iter().flat_map(|(mean, _, count)| std::iter::repeat_n(*mean, *count));
    for (value, mean) in values.iter_mut().zip(pooled) {
        *value = mean;
    }
}

/// Integer points by signal and bin, in 1/64 bit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scorecard {
    /// By signal, then bin.
    pub points: Vec<Vec<i32>>,
}

impl Scorecard {
    /// Sum of the points of a row's bins.
    #[must_use]
    pub fn score(&self, row: &Row) -> i32 {
        self.sum(row.bins)
    }

    pub(crate) fn sum(&self, bins: [u8; SIGNALS]) -> i32 {
        self.points.iter().zip(bins).map(|(bins, bin)| bins.get(usize::from(bin)).copied().unwrap_or(0)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_give_way_to_a_group_that_moves() {
        let constraints = Constraints::load().unwrap();
        // known -194 at most, = bound and others, near, early, new, strange
        let address = CATALOGUE.iter().position(|(name, _)| *name == "address").unwrap();
        let moved = |points: [i32; 6], group, by| constraints.moved(address, &points, group, by);
        let from = [-100, 0, 10, 20, 20, 40];
        assert_eq!(moved(from, 3, 32), Some(vec![-100, 0, 10, 52, 52, 52]));
        assert_eq!(moved(from, 4, -16), Some(vec![-100, 0, 4, 4, 4, 40]));
        assert_eq!(moved(from, 2, -16), Some(vec![-100, 0, 0, 20, 20, 40]));
        assert_eq!(moved(from, 0, -128), Some(vec![-194, 0, 10, 20, 20, 40]));
        assert_eq!(moved(from, 0, 128), Some(vec![0, 0, 10, 20, 20, 40]));
        assert_eq!(moved(from, 1, 8), None, "what is not known is worth nothing");
        assert_eq!(moved([-194, 0, 0, 0, 0, 766], 0, -8), None);
        assert_eq!(moved([-194, 0, 0, 0, 0, 766], 5, 8), None);
    }

    #[test]
    fn a_card_is_the_same_by_group() {
        let constraints = Constraints::load().unwrap();
        let groups: Vec<Vec<i32>> = (0..SIGNALS)
            .map(|signal| (0..).take(constraints.prior(signal).len()).map(|group| 7 * group).collect())
            .collect();
        let card = constraints.spread(&groups);
        assert!(card.points.iter().zip(CATALOGUE).all(|(points, (_, bins))| points.len() == bins.len()));
        assert_eq!(constraints.gathered(&card), groups);
    }

    #[test]
    fn every_bin_has_its_place() {
        let constraints = Constraints::load().unwrap();
        for (signal, (name, bins)) in CATALOGUE.iter().enumerate() {
            assert_eq!(constraints.group[signal].len(), bins.len(), "{name}");
        }
    }

    #[test]
    fn violators_are_pooled_by_weight() {
        let mut values = [1.0, 3.0, 0.0, 5.0];
        ascend(&mut values, &[1.0, 1.0, 2.0, 1.0]);
        assert_eq!(values, [1.0, 1.0, 1.0, 5.0]);
    }

    #[test]
    fn what_is_not_known_is_worth_nothing_and_relief_is_capped() {
        let constraints = Constraints::load().unwrap();
        let (signal, _) = CATALOGUE.iter().enumerate().find(|(_, (name, _))| *name == "asn").unwrap();
        let groups = constraints.prior(signal).len();
        let mut weights: Vec<f64> = (0..groups).map(|group| 100.0 - group as f64).collect();
        weights[0] = -100.0;
        constraints.project(signal, &mut weights, &vec![1.0; groups]);
        let zero = constraints.zero[signal].0;
        assert_eq!(weights[zero], 0.0);
        assert!(weights.is_sorted() && weights[0] >= -f64::from(constraints.relief[signal]) / POINTS_PER_NAT);
    }
}
