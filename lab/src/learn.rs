//! Learning the points: penalised logistic regression over bins, by cyclic Newton steps on one signal at a time,
//! each followed by the projection onto what is held of the signal (direction, caps). Every step reads the rows in
//! order and in one thread, so the same rows give the same points to the last bit.

use std::collections::BTreeMap;

use crate::coverage::Coverage;
use crate::dataset::{Row, SIGNALS};
use crate::refine::refine;
use crate::scorecard::{Constraints, POINTS_PER_NAT, Scorecard};

/// Passes over all signals. The points move by less than one after thirty.
const PASSES: usize = 40;
/// Ridge penalty: rows' worth of evidence for the prior.
const RIDGE: f64 = 2.0;

/// Rows that fell into the same bins, counted: streams repeat themselves.
struct Cell {
    bins: [u8; SIGNALS],
    benign: f64,
    attack: f64,
    score: f64,
}

/// What a card is learned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Attackers that it is not learned from, too. It stays a plain fit: what is moved for the sake of those it knows is
    /// lost on others, whose equal error rate rises from 7 to 8 %.
    Anybody,
    /// The attackers it is learned from, and no others: a band that lets most people through and none of these.
    Band,
}

impl Aim {
    /// How much more all attacks weigh than all benign rows. A logistic curve tells scores apart best at even odds; a
    /// band is set where the boldest hundredth of attackers lies, among ten times as many people.
    const fn emphasis(self) -> f64 {
        match self {
            Self::Anybody => 1.0,
            Self::Band => 10.0,
        }
    }
}

/// Rounds of weighing families anew.
const ROUNDS: usize = 8;
/// How fast a family's weight falls, per point that its boldest hundredth scores above the worst family's.
const STEP: f64 = 0.003;
/// Points beyond which a family is safe however far it is.
const SAFE: f64 = 200.0;
/// Least weight of a family.
const LEAST: f64 = 0.05;

/// Learns a scorecard from rows. Families of attackers weigh the same at first, so that what is rare in the stream is not
/// what is let through; then more, the lower they score (group distributionally robust optimisation, Sagawa et al., ICLR
/// 2020): a band is set by the worst of them, and what the others lose they can afford. For a band, that round is taken
/// which lets most people through, and its points are moved for it. `progress` is called with the share done.
#[must_use]
pub fn learn(constraints: &Constraints, rows: &[&Row], aim: Aim, mut progress: impl FnMut(f64)) -> Scorecard {
    let mut weights: BTreeMap<u16, f64> =
        rows.iter().filter(|row| row.is_attack).map(|row| (row.family, 1.0)).collect();
    let steps = ROUNDS as f64 + 1.0;
    let mut learn = |round: usize, weights: &BTreeMap<u16, f64>| {
        let cells = cells(rows, weights, aim);
        learn_weighted(constraints, cells, |share| progress((round as f64 + share) / steps))
    };
    let mut cards = vec![learn(0, &weights)];
    for round in 1..=ROUNDS {
        if let Some(card) = cards.last() {
            weigh_anew(&mut weights, card, rows);
        }
        cards.push(learn(round, &weights));
    }
    match aim {
        Aim::Anybody => cards.pop().unwrap_or_default(),
        Aim::Band => {
            let mut coverage = Coverage::new(rows);
            let best = cards.into_iter().max_by(|one, other| coverage.of(one).total_cmp(&coverage.of(other)));
            refine(constraints, &best.unwrap_or_default(), &mut coverage)
        }
    }
}

fn weigh_anew(weights: &mut BTreeMap<u16, f64>, card: &Scorecard, rows: &[&Row]) {
    let mut scores: BTreeMap<u16, Vec<i32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_attack) {
        // Nobody believes a low score of these.
        let score = if row.is_trusted { card.score(row) } else { i32::MAX };
        scores.entry(row.family).or_default().push(score);
    }
    let boldest: BTreeMap<u16, i32> = scores
        .into_iter()
        .map(|(family, mut scores)| {
            let at = scores.len() / 100;
            (family, *scores.select_nth_unstable(at).1)
        })
        .collect();
    let Some(worst) = boldest.values().min().copied() else { return };
    for (family, score) in &boldest {
        if let Some(weight) = weights.get_mut(family) {
            *weight *= libm::exp(-STEP * (f64::from(*score) - f64::from(worst)).min(SAFE));
        }
    }
    let mean = weights.values().sum::<f64>() / weights.len() as f64;
    for weight in weights.values_mut() {
        *weight = (*weight / mean).max(LEAST);
    }
}

fn learn_weighted(
    constraints: &Constraints,
    mut cells: Vec<Cell>,
    mut progress: impl FnMut(f64),
) -> Scorecard {
    let groups: Vec<Vec<usize>> = (0..SIGNALS)
        .map(|signal| {
            cells
                .iter()
                .map(|cell| constraints.group(signal, cell.bins.get(signal).copied().unwrap_or(0)))
                .collect()
        })
        .collect();
    let priors: Vec<Vec<f64>> = (0..SIGNALS).map(|signal| constraints.prior(signal)).collect();
    let mut weights: Vec<Vec<f64>> = priors.iter().map(|prior| vec![0.0; prior.len()]).collect();
    for pass in 0..PASSES {
        progress(pass as f64 / PASSES as f64);
        shift(&mut cells);
        for (signal, ((weights, prior), groups)) in weights.iter_mut().zip(&priors).zip(&groups).enumerate() {
            let mut moved = newton(weights, prior, groups, &cells);
            constraints.project(signal, &mut moved.0, &moved.1);
            for (cell, group) in cells.iter_mut().zip(groups) {
                if let (Some(new), Some(old)) = (moved.0.get(*group), weights.get(*group)) {
                    cell.score += new - old;
                }
            }
            *weights = moved.0;
        }
    }
    let points = edgeward::signal::CATALOGUE
        .iter()
        .enumerate()
        .zip(&weights)
        .map(|((signal, (_, bins)), weights)| {
            (0..bins.len())
                .map(|bin| {
                    let group = constraints.group(signal, u8::try_from(bin).unwrap_or(0));
                    let weight = weights.get(group).copied().unwrap_or(0.0);
                    libm::round(weight * POINTS_PER_NAT) as i32
                })
                .collect()
        })
        .collect();
    Scorecard { points }
}

fn cells(rows: &[&Row], weights: &BTreeMap<u16, f64>, aim: Aim) -> Vec<Cell> {
    let benign = rows.iter().filter(|row| !row.is_attack).count().max(1) as f64;
    let mut families = BTreeMap::<u16, f64>::new();
    for row in rows.iter().filter(|row| row.is_attack) {
        *families.entry(row.family).or_default() += 1.0;
    }
    // As much evidence in total as there are benign rows, or so many times as much.
    let share = aim.emphasis() * benign / families.len().max(1) as f64;
    let mut counted = BTreeMap::<[u8; SIGNALS], (f64, f64)>::new();
    for row in rows {
        let (benign, attack) = counted.entry(row.bins).or_default();
        if row.is_attack {
            let weight = weights.get(&row.family).copied().unwrap_or(1.0);
            *attack += weight * share / families.get(&row.family).copied().unwrap_or(1.0);
        } else {
            *benign += 1.0;
        }
    }
    counted.into_iter().map(|(bins, (benign, attack))| Cell { bins, benign, attack, score: 0.0 }).collect()
}

fn logistic(score: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-score))
}

/// One Newton step on the intercept. It is no part of the scorecard: the calibration finds it anew.
fn shift(cells: &mut [Cell]) {
    let (mut slope, mut curvature) = (0.0, 1e-9);
    for cell in cells.iter() {
        let (p, n) = (logistic(cell.score), cell.benign + cell.attack);
        slope += cell.attack - n * p;
        curvature += n * p * (1.0 - p);
    }
    let step = (slope / curvature).clamp(-2.0, 2.0);
    for cell in cells.iter_mut() {
        cell.score += step;
    }
}

/// One Newton step on the weights of a signal, and the curvature that says how certain each is.
fn newton(weights: &[f64], prior: &[f64], groups: &[usize], cells: &[Cell]) -> (Vec<f64>, Vec<f64>) {
    let mut slope = vec![0.0; weights.len()];
    let mut curvature = vec![RIDGE; weights.len()];
    for (cell, group) in cells.iter().zip(groups) {
        let (p, n) = (logistic(cell.score), cell.benign + cell.attack);
        if let (Some(slope), Some(curvature)) = (slope.get_mut(*group), curvature.get_mut(*group)) {
            *slope += cell.attack - n * p;
            *curvature += n * p * (1.0 - p);
        }
    }
    let moved = weights
        .iter()
        .zip(prior)
        .zip(slope.iter().zip(&curvature))
        .map(|((weight, prior), (slope, curvature))| {
            weight + ((slope - RIDGE * (weight - prior)) / curvature).clamp(-2.0, 2.0)
        })
        .collect();
    (moved, curvature)
}

#[cfg(test)]
mod tests {
    use edgeward::signal::CATALOGUE;

    use super::*;
    use crate::dataset::{Builder, Dataset};
    use crate::event::Split;
    use crate::simulate::{Options, simulate};

    fn stream() -> Dataset {
        let mut builder = Builder::default();
        let options = Options { seed: 5, users: 1_500, attacks: 250 };
        simulate(options, |_| {}, |event| builder.add(event.clone())).unwrap();
        builder.finish()
    }

    fn points<'a>(card: &'a Scorecard, signal: &str) -> impl Fn(&str) -> i32 + 'a {
        let at = CATALOGUE.iter().position(|(name, _)| *name == signal).unwrap();
        move |bin| card.points[at][CATALOGUE[at].1.iter().position(|name| *name == bin).unwrap()]
    }

    #[test]
    fn the_same_rows_give_the_same_points_and_they_separate() {
        let (dataset, constraints) = (stream(), Constraints::load().unwrap());
        let rows = dataset.part(Split::Train, &[]);
        let card = learn(&constraints, &rows, Aim::Band, |_| {});
        assert_eq!(card, learn(&constraints, &rows, Aim::Band, |_| {}));
        let mean = |attack: bool| {
            let test = dataset.part(Split::Test, &[]);
            let scores: Vec<i32> =
                test.iter().filter(|row| row.is_attack == attack).map(|row| card.score(row)).collect();
            scores.iter().sum::<i32>() / i32::try_from(scores.len()).unwrap()
        };
        assert!(mean(true) > mean(false) + 300, "{} {}", mean(true), mean(false));
    }

    #[test]
    fn directions_caps_and_honesty_hold_in_what_is_learned() {
        let (dataset, constraints) = (stream(), Constraints::load().unwrap());
        for aim in [Aim::Anybody, Aim::Band] {
            held(&learn(&constraints, &dataset.part(Split::Train, &[]), aim, |_| {}));
        }
    }

    fn held(card: &Scorecard) {
        let agent = points(card, "agent");
        assert!((-65..=0).contains(&agent("known")) && agent("early") >= 0 && agent("absent") == 0);
        assert!(agent("new") <= agent("strange"));
        let (class, claims) = (points(card, "agentClass"), points(card, "claims"));
        assert!(class("aiBot") <= class("missing") && class("missing") <= class("headless"));
        assert!(
            claims("verified") <= claims("consistent") && claims("consistent") <= claims("contradictory")
        );
    }
}
