//! Whether edges that allow by themselves keep their promise.
//!
//! A model's band promises that of what it lets through at most a share `q` are attacks. Edges mark a random share of
//! what they allowed without asking; each marked session counts once, and counts as an attack when it is found to be
//! one, today or weeks later. Against "the promise holds" the audit bets: `E = Π (1 + λ(z − q))` over the sessions in
//! order, z = 1 for an attack. If the promise holds, E is a supermartingale that starts at 1, so that by Ville's
//! inequality it *ever* reaches 1/δ with probability δ at most, however often somebody looks (Ramdas, Grünwald, Vovk,
//! Shafer, "Game-theoretic statistics and safe anytime-valid inference", 2023). The mean of several bets λ is one too,
//! and finds small breaches as well as large ones.
//!
//! A session not yet known to be an attack counts as none. That only lowers E, so the promise about false alarms holds
//! for what is known at any time; it costs time until the alarm, and not its truth.

use serde::{Deserialize, Serialize};

/// Bets: λq = 1/2, 1/4, … With q = 10⁻⁴ the largest multiplies by 4,800 what one attack is worth, the smallest by 2.
const BETS: i32 = 12;

/// What the audit holds edges to: `audit` in `data/risk.json`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Promise {
    /// Largest share of any kind of attack that is let through.
    alpha: f64,
    /// Share of attacks among requests.
    prevalence: f64,
    /// Share of honest requests that are let through without asking.
    coverage: f64,
    /// Largest probability of ever raising a false alarm.
    delta: f64,
}

/// What was counted of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Audited sessions.
    pub allows: u64,
    /// Those of them that were attacks.
    pub attacks: u64,
}

impl Promise {
    /// The same with other shares, where they are given.
    pub(crate) const fn of(mut self, alpha: Option<f64>, prevalence: Option<f64>) -> Self {
        if let Some(alpha) = alpha {
            self.alpha = alpha;
        }
        if let Some(prevalence) = prevalence {
            self.prevalence = prevalence;
        }
        self
    }

    /// Largest share of attacks among what is let through: πα / (πα + (1−π)c).
    #[must_use]
    pub fn bound(self) -> f64 {
        let attacks = self.prevalence * self.alpha;
        attacks / (attacks + (1.0 - self.prevalence) * self.coverage)
    }

    /// Evidence at which the promise counts as broken: 1/δ.
    #[must_use]
    pub fn threshold(self) -> f64 {
        self.delta.recip()
    }

    /// E for what was counted; the order does not matter, because every bet stays the same.
    #[must_use]
    pub fn evidence(self, counted: Counted) -> f64 {
        let bound = self.bound();
        let attacks = counted.attacks as f64;
        let others = counted.allows.saturating_sub(counted.attacks) as f64;
        let bets = (1..=BETS).map(|bet| {
            let stake = 0.5_f64.powi(bet);
            let lambda = stake / bound;
            (attacks * (lambda * (1.0 - bound)).ln_1p() + others * (-stake).ln_1p()).exp()
        });
        bets.sum::<f64>() / f64::from(BETS)
    }

    /// Whether the promise counts as broken.
    #[must_use]
    pub fn is_broken(self, counted: Counted) -> bool {
        self.evidence(counted) >= self.threshold()
    }
}

/// How far a signal has moved, by the population stability index Σ (p−q)·ln(p/q) over its bins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Name of the signal.
    pub signal: String,
    /// The index.
    pub psi: f64,
    /// What it means, by the usual marks of 0.1 and 0.25.
    pub state: DriftState,
}

/// What an index means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DriftState {
    /// As before.
    Stable,
    /// Worth a look.
    Shifting,
    /// The thresholds were calibrated on something else.
    Shifted,
}

/// The drift of one signal between two windows. `bins` holds how often each bin was seen in the first and in the
/// second; what the totals have beyond them contributed nothing to the score, and is one bin more.
#[must_use]
pub fn drift(signal: &str, bins: &[(u64, u64)], totals: (u64, u64)) -> Drift {
    let seen = bins.iter().fold((0, 0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
    let rest = (totals.0.saturating_sub(seen.0), totals.1.saturating_sub(seen.1));
    let count = bins.len() as f64 + 1.0;
    // Half a sighting more in each bin keeps one that was never seen from being infinitely surprising.
    let share = |count_in_bin: u64, total: u64| (count_in_bin as f64 + 0.5) / (total as f64 + count / 2.0);
    let psi = bins.iter().chain([&rest]).fold(0.0, |sum, (before, after)| {
        let (before, after) = (share(*before, totals.0), share(*after, totals.1));
        sum + (after - before) * (after / before).ln()
    });
    let state = match psi {
        psi if psi < 0.1 => DriftState::Stable,
        psi if psi < 0.25 => DriftState::Shifting,
        _ => DriftState::Shifted,
    };
    Drift { signal: signal.to_owned(), psi, state }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::RiskModel;

    fn promise() -> Promise {
        RiskModel::shipped().unwrap().audit
    }

    /// SplitMix64, so that a run is the same everywhere.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, share: f64) -> bool {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ z >> 31) >> 11) as f64 / (1_u64 << 53) as f64 <= share
        }
    }

    /// After how many of `allows` sessions, of which a share `attacks` are attacks, the alarm is raised. A `known`
    /// share of the attacks is ever found out.
    fn alarm(seed: u64, allows: u64, attacks: f64, known: f64) -> Option<u64> {
        let mut dice = Dice(seed);
        let mut counted = Counted::default();
        for _ in 0..allows {
            counted.allows += 1;
            // E falls with every session that is no attack, so only attacks can raise the alarm.
            if dice.below(attacks) && dice.below(known) {
                counted.attacks += 1;
                if promise().is_broken(counted) {
                    return Some(counted.allows);
                }
            }
        }
        None
    }

    #[test]
    fn what_is_promised_is_the_operators() {
        let common = promise().of(None, Some(0.05));
        assert!(common.bound() > 5.0 * promise().bound());
        // Five times as many attacks keep the promise where attacks are five times as common.
        let counted = Counted { allows: 100_000, attacks: 54 };
        assert!(promise().is_broken(counted) && !common.is_broken(counted));
        assert!(promise().of(Some(0.001), None).bound() < promise().bound());
    }

    #[test]
    fn a_promise_that_holds_is_hardly_ever_called_broken() {
        const RUNS: u64 = 2_000;
        let false_alarms =
            (0..RUNS).filter(|run| alarm(run * 7_919, 20_000, promise().bound(), 1.0).is_some()).count();
        // δ of the runs, and three standard deviations of luck.
        let most = RUNS as f64 * promise().delta;
        assert!(false_alarms as f64 <= most + 3.0 * most.sqrt(), "{false_alarms} of {RUNS}");
    }

    #[test]
    fn a_promise_that_is_broken_is_found_out() {
        let found = |share: f64, known: f64, within: u64| {
            (0..200).filter(|run| alarm(run * 104_729, within, share, known).is_some()).count()
        };
        assert!(found(0.01, 1.0, 1_000) >= 190, "one in a hundred, within 1,000 audited sessions");
        assert!(found(0.01, 0.3, 4_000) >= 190, "of which three in ten are ever found out");
        assert!(found(promise().bound() * 10.0, 1.0, 20_000) >= 190, "ten times the promise");
    }

    #[test]
    fn evidence_starts_at_one_and_moves_the_right_way() {
        let evidence = |allows, attacks| promise().evidence(Counted { allows, attacks });
        assert!((evidence(0, 0) - 1.0).abs() < 1e-9);
        assert!(evidence(100, 0) < 1.0 && evidence(100, 1) > evidence(100, 0));
        assert!(evidence(u64::MAX, 0) >= 0.0 && evidence(u64::MAX, u64::MAX).is_infinite());
        assert!((promise().bound() - 1.05e-4).abs() < 1e-6);
    }

    #[test]
    fn drift_is_nothing_for_the_same_and_much_for_another_population() {
        let same = drift("asn", &[(500, 1_000), (300, 600)], (1_000, 2_000));
        assert!(same.psi < 1e-3 && same.state == DriftState::Stable);
        let moved = drift("asn", &[(500, 200), (300, 700)], (1_000, 1_000));
        assert_eq!(moved.state, DriftState::Shifted);
        assert!(drift("asn", &[(0, 900)], (1_000, 1_000)).psi.is_finite());
    }
}
