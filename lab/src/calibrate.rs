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
    /// Probability that the first fails for any family, and that the second does, each over the draw of the calibration
    /// data.
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
    /// Lowest score stopped; `None`: nothing is, because there are too few benign samples.
    pub block: Option<i32>,
    /// Samples per family.
    pub families: BTreeMap<u16, usize>,
    /// Families with too few samples to calibrate on.
    pub too_few: Vec<u16>,
    /// Samples that each family needs.
    pub family_needs: usize,
    /// Benign samples.
    pub benign: usize,
    /// Benign samples that are needed.
    pub benign_needs: usize,
}

/// Sets thresholds on calibration rows: the lowest of the families' own, each of which fails with an equal share of δ
/// (union bound), so that the promise holds for all of them at once and for every mixture.
///
/// One threshold for all needs no shares as long as calibration and use are alike: it fails only where that of the family
/// let through first does. They are months apart, and the shares are the margin for that.
///
/// Untrusted requests are never allowed, so they count as scored without end.
#[must_use]
pub fn thresholds(card: &Scorecard, rows: &[&Row], promise: Promise) -> Thresholds {
    let mut attacks: BTreeMap<u16, Vec<i32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_attack) {
        let score = if row.is_trusted { card.score(row) } else { i32::MAX };
        attacks.entry(row.family).or_default().push(score);
    }
    let families = attacks.iter().map(|(family, scores)| (*family, scores.len())).collect();
    let delta = promise.delta / attacks.len().max(1) as f64;
    let too_few = attacks
        .iter()
        .filter(|(_, scores)| allowance(scores.len(), promise.alpha, delta).is_none())
        .map(|(family, _)| *family)
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
        family_needs: least_samples(promise.alpha, delta),
        benign: benign.len(),
        benign_needs: least_samples(promise.beta, promise.delta),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::random::Random;

    /// Scores are the bin of the first signal, 0 to 255.
    fn card() -> Scorecard {
        Scorecard { points: vec![(0..=255).collect()] }
    }

    fn row(family: u16, score: u8) -> Row {
        let mut row = fixture::row(None, family);
        row.bins[0] = score;
        row
    }

    /// Of so many calibrations, how many let more than α of any family through. A family is the share of its scores, at
    /// each of 0 to 255, that is at most as high; samples are drawn from it.
    fn violations(families: &[fn(f64) -> f64], promise: Promise, runs: usize) -> usize {
        let random = &mut Random::new(11, 0);
        let card = card();
        (0..runs)
            .filter(|_| {
                let mut rows = vec![row(0, 255)];
                for (index, share) in families.iter().enumerate() {
                    let shares: Vec<f64> = (0..255).map(|score| share(f64::from(score))).collect();
                    rows.extend((0..400).map(|_| {
                        let unit = random.unit();
                        let score = shares.partition_point(|share| *share <= unit);
                        row(u16::try_from(index).unwrap() + 1, u8::try_from(score).unwrap())
                    }));
                }
                let allow = thresholds(&card, &rows.iter().collect::<Vec<_>>(), promise).allow.unwrap();
                families.iter().any(|share| share(f64::from(allow)) > promise.alpha)
            })
            .count()
    }

    #[test]
    fn one_threshold_keeps_the_promise_for_all_families_at_once() {
        let promise = Promise { alpha: 0.02, delta: 0.05, ..Promise::default() };
        let even: fn(f64) -> f64 = |score| (score + 1.0) / 4000.0;
        let coarse: fn(f64) -> f64 = |score| ((score + 1.0) / 10.0).floor() / 400.0;
        let bold: fn(f64) -> f64 = |score| (score + 1.0) / 1000.0;
        let far: fn(f64) -> f64 = |score| f64::from(u8::from(score >= 200.0));
        let runs = 400;
        // δ of 400 is 20; four standard deviations on top.
        for families in
            [vec![even; 8], vec![even, coarse, far], vec![coarse; 5], vec![bold, even, far, coarse]]
        {
            let found = violations(&families, promise, runs);
            assert!(found <= 37, "{found}");
        }
        let found = violations(&[bold], promise, runs);
        assert!((4..=37).contains(&found), "{found}: the bound is not used");
    }

    #[test]
    fn the_promise_to_people_holds_whatever_the_attackers_do() {
        let promise = Promise { beta: 0.02, delta: 0.05, ..Promise::default() };
        let random = &mut Random::new(12, 0);
        let card = card();
        // Of 256 scores people have the highest the more rarely: (256 - score)² of 256².
        let share = |score: i32| f64::from((256 - score).pow(2)) / 65_536.0;
        let runs = 400;
        let violations = (0..runs)
            .filter(|_| {
                let attacks = (0..random.below(400)).map(|_| row(1, 255));
                let mut rows: Vec<Row> = attacks.collect();
                for _ in 0..400 {
                    let unit = random.unit();
                    let score = (1..=255).take_while(|score| share(*score) > unit).count();
                    rows.push(row(0, u8::try_from(score).unwrap()));
                }
                let block = thresholds(&card, &rows.iter().collect::<Vec<_>>(), promise).block.unwrap();
                share(block) > promise.beta
            })
            .count();
        // δ of 400 is 20; four standard deviations on top.
        assert!((2..=37).contains(&violations), "{violations}");
    }

    #[test]
    fn one_family_with_too_few_samples_closes_the_band() {
        let mut rows: Vec<Row> = (0..2_000).map(|at| row(1 + at % 2, 200)).collect();
        rows.extend((0..100).map(|_| row(0, 0)));
        let set = |rows: &[Row]| thresholds(&card(), &rows.iter().collect::<Vec<_>>(), Promise::default());
        assert_eq!(set(&rows).allow, Some(199));
        rows.extend((0..407).map(|_| row(3, 250)));
        let closed = set(&rows);
        assert_eq!((closed.allow, closed.too_few, closed.family_needs), (None, vec![3], 408));
        rows.push(row(3, 250));
        assert_eq!(set(&rows).allow, Some(199));
    }

    #[test]
    fn without_enough_of_a_kind_nothing_is_decided() {
        let set = |rows: &[Row]| thresholds(&card(), &rows.iter().collect::<Vec<_>>(), Promise::default());
        let benign: Vec<Row> = (0..2_994).map(|_| row(0, 0)).collect();
        let found = set(&benign);
        assert_eq!((found.allow, found.families.len(), found.family_needs), (None, 0, 299));
        assert_eq!((found.block, found.benign, found.benign_needs), (None, 2_994, 2_995));
        assert_eq!(set(&[benign, vec![row(0, 0)]].concat()).block, Some(1));
    }
}
