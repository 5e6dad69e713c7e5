//! Freeman et al., "Who Are You? A Statistical Approach to Measuring User Authenticity" (NDSS 2016), equation 7
//! without attack data, in the form Wiefling et al. evaluated and published (das-group/rba-algorithm, MIT).
//!
//! `score = Π_k p(x_k)/p(x_k|u) · p(u|attack)/p(u)` over the address and the user agent. The likelihood of each is
//! a weighted sum over its hierarchy; the global likelihood of the first level is smoothed by the number of unseen
//! values of the levels above it, the person's own is not. A value a person never had counts as a quarter of its
//! global likelihood, so that one feature weighs four at most.

use std::collections::{HashMap, HashSet};

use crate::login::Login;

/// Weights of address, autonomous system, country.
const ADDRESS: [f64; 3] = [0.6, 0.3, 0.1];
/// Weights of user agent, browser, system, kind of device.
const AGENT: [f64; 4] =
    [0.538_665_384_055_135_9, 0.268_045_149_862_566_6, 0.188_182_951_001_095_36, 0.005_106_515_081_202_152];

/// Counts of one feature's levels.
#[derive(Debug, Clone, Default)]
struct Counts<const LEVELS: usize> {
    by_value: Vec<HashMap<u64, u32>>,
    /// Per value of the first level, the distinct values of the levels above that it came with.
    above: HashMap<u64, HashSet<(u8, u64)>>,
}

impl<const LEVELS: usize> Counts<LEVELS> {
    fn add(&mut self, values: [u64; LEVELS]) {
        self.by_value.resize_with(LEVELS, HashMap::new);
        for (level, (counts, value)) in self.by_value.iter_mut().zip(values).enumerate() {
            *counts.entry(value).or_default() += 1;
            if level > 0 {
                self.above.entry(values[0]).or_default().insert((level as u8, value));
            }
        }
    }

    fn count(&self, level: usize, value: u64) -> f64 {
        self.by_value.get(level).and_then(|counts| counts.get(&value)).copied().map_or(0.0, f64::from)
    }

    /// Counts of the levels' values, weighted.
    fn weighted(&self, values: [u64; LEVELS], weights: [f64; LEVELS]) -> impl Iterator<Item = f64> {
        values
            .into_iter()
            .zip(weights)
            .enumerate()
            .map(|(level, (value, weight))| weight * self.count(level, value))
    }

    /// Values a smoothed level could not have seen: the distinct ones of every level above, and one.
    fn unseen(&self) -> f64 {
        1.0 + self.by_value.iter().skip(1).map(|counts| counts.len() as f64).sum::<f64>()
    }

    /// Global likelihood of the values among `total` log-ins.
    fn global(&self, values: [u64; LEVELS], weights: [f64; LEVELS], total: f64) -> f64 {
        let count = self.count(0, values[0]);
        // Within the log-ins of one value the value is certain, but for what is unseen above it.
        let above = 1.0 + self.above.get(&values[0]).map_or(0.0, |above| above.len() as f64);
        let first = count.max(1.0) / (total + self.unseen())
            * if count > 0.0 { count / (count + above) } else { 1.0 / above };
        weights[0] * first + self.weighted(values, weights).skip(1).sum::<f64>() / total
    }

    fn local(&self, values: [u64; LEVELS], weights: [f64; LEVELS], total: f64) -> f64 {
        self.weighted(values, weights).sum::<f64>() / total
    }
}

#[derive(Debug, Clone, Default)]
struct History {
    total: u32,
    address: Counts<3>,
    agent: Counts<4>,
}

impl History {
    fn add(&mut self, login: &Login) {
        self.total += 1;
        self.address.add(login.address);
        self.agent.add(login.agent);
    }
}

/// All log-ins so far.
#[derive(Debug, Clone, Default)]
pub struct Freeman {
    all: History,
    users: HashMap<u32, History>,
}

impl Freeman {
    /// Natural logarithm of the score of a log-in of `user`; `None` without a history.
    #[must_use]
    pub fn score(&self, user: u32, login: &Login) -> Option<f64> {
        let own = self.users.get(&user)?;
        let (total, n) = (f64::from(self.all.total), f64::from(own.total));
        let ratio = |global: f64, local: f64| if local == 0.0 { 4.0 } else { global / local };
        let address = ratio(
            self.all.address.global(login.address, ADDRESS, total),
            own.address.local(login.address, ADDRESS, n),
        );
        let agent =
            ratio(self.all.agent.global(login.agent, AGENT, total), own.agent.local(login.agent, AGENT, n));
        let attacked = 1.0 / self.users.len() as f64;
        Some(libm::log(address * agent * attacked / (n / total)))
    }

    /// Learns a successful log-in.
    pub fn learn(&mut self, user: u32, login: &Login) {
        self.all.add(login);
        self.users.entry(user).or_default().add(login);
    }
}

/// Simple counting ("SIMPLE" in the literature): how many of the features are new to the person.
#[derive(Debug, Clone, Default)]
pub struct Counting {
    seen: HashMap<u32, HashSet<(u8, u64)>>,
}

impl Counting {
    /// Features of a log-in that its user never had, 0 to 7; `None` without a history.
    #[must_use]
    pub fn score(&self, user: u32, login: &Login) -> Option<f64> {
        let seen = self.seen.get(&user)?;
        Some(features(login).filter(|feature| !seen.contains(feature)).count() as f64)
    }

    /// Learns a successful log-in.
    pub fn learn(&mut self, user: u32, login: &Login) {
        self.seen.entry(user).or_default().extend(features(login));
    }
}

fn features(login: &Login) -> impl Iterator<Item = (u8, u64)> {
    login.address.into_iter().chain(login.agent).enumerate().map(|(index, value)| (index as u8, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Login = Login { address: [1, 10, 100], agent: [5, 50, 500, 9] };

    fn close(score: Option<f64>, expected: f64) {
        let score = score.unwrap().exp();
        assert!((score / expected - 1.0).abs() < 1e-12, "{score} {expected}");
    }

    fn two_users() -> Freeman {
        let mut freeman = Freeman::default();
        freeman.learn(1, &HOME);
        freeman.learn(1, &HOME);
        freeman.learn(2, &Login { address: [2, 11, 100], agent: [6, 51, 501, 9] });
        freeman.learn(2, &Login { address: [3, 11, 100], agent: [6, 51, 501, 9] });
        freeman
    }

    #[test]
    fn a_familiar_log_in_by_hand() {
        // Address: seen 2 of 4 times; above it one network and one country, so the value is certain to 2/(2+3);
        // unseen above are 2 networks, 1 country, and 1. Local likelihood is 1.
        let address = 0.6 * (2.0 / (4.0 + 4.0)) * (2.0 / 5.0) + 0.3 * 2.0 / 4.0 + 0.1 * 4.0 / 4.0;
        // User agent: unseen above are 2 browsers, 2 systems, 1 kind, and 1; above the value 3, and 1.
        let agent = AGENT[0] * (2.0 / (4.0 + 6.0)) * (2.0 / 6.0)
            + AGENT[1] * 2.0 / 4.0
            + AGENT[2] * 2.0 / 4.0
            + AGENT[3] * 4.0 / 4.0;
        let weights: f64 = AGENT.iter().sum();
        // Two users, of whom this one has half of the log-ins: 1/2 over 2/4.
        close(two_users().score(1, &HOME), address * agent / weights);
    }

    #[test]
    fn nothing_ever_seen_weighs_four_per_feature() {
        let strange = Login { address: [7, 70, 700], agent: [8, 80, 800, 8] };
        close(two_users().score(1, &strange), 16.0);
    }

    #[test]
    fn one_level_known_is_not_nothing() {
        // The country alone is known: global 0.6·1/(4+4)·1 (smoothed, unseen value) + 0.1; local 0.1.
        let abroad = Login { address: [7, 70, 100], ..HOME };
        let familiar = two_users().score(1, &HOME).unwrap().exp();
        let home_address = 0.6 * (2.0 / 8.0) * (2.0 / 5.0) + 0.3 * 0.5 + 0.1;
        let address = (0.6 / 8.0 + 0.1) / 0.1;
        close(two_users().score(1, &abroad), familiar / home_address * address);
    }

    #[test]
    fn counting_counts() {
        let mut counting = Counting::default();
        counting.learn(1, &HOME);
        assert_eq!(counting.score(1, &HOME), Some(0.0));
        assert_eq!(counting.score(1, &Login { address: [7, 10, 100], ..HOME }), Some(1.0));
        assert_eq!(counting.score(2, &HOME), None);
    }
}
