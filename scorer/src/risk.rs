//! Risk of an identity and of a sign-in, compounded from detections.
//!
//! `risk = 1 − Π(1 − severity × confidence × decay)` over the distinct kinds of detection, in integers of
//! 1/65536. Several weak kinds compound, as different witnesses do; repeats of one kind do not, because the
//! hundredth request of one stolen session tells nothing that the first did not. A weight halves every half-life
//! and falls on a straight line between, so that risk never rises with time and needs no exponential.

use edgeward::assess::ReportedDetection;
use edgeward::detection::DetectionKind;
use edgeward::risk::RiskLevel;
use serde::{Deserialize, Serialize};

use crate::audit::Promise;

/// Certainty, in 1/65536.
const ONE: u64 = 1 << 16;
/// Milliseconds in a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A detection remembered of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// What was found, and how strong.
    pub detection: ReportedDetection,
    /// When it was last found, milliseconds since the Unix epoch.
    pub time: i64,
}

/// Graph `riskState`, of those that an identity has here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RiskState {
    /// Nothing was ever found.
    None,
    /// Something was found, and nobody has decided yet.
    AtRisk,
    /// A person confirmed that somebody else holds the account.
    ConfirmedCompromised,
    /// A person looked and found nothing.
    Dismissed,
}

impl RiskState {
    /// The JSON name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AtRisk => "atRisk",
            Self::ConfirmedCompromised => "confirmedCompromised",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Risk of an identity as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How high.
    pub level: RiskLevel,
    /// Who says so.
    pub state: RiskState,
    /// When time alone lowers the level, milliseconds since the Unix epoch.
    pub falls_at: Option<i64>,
}

/// What a weight speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    SignIn,
    Identity,
}

/// The weights: `data/risk.json`, which states their sources.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskModel {
    levels: PerLevel,
    severity: PerLevel,
    half_life_days: i64,
    /// What edges that allow by themselves are held to.
    pub audit: Promise,
    /// When sign-ins from one address are a spray.
    pub password_spray: SprayThresholds,
    kinds: Vec<KindWeights>,
}

/// Percentages per level.
#[derive(Debug, Deserialize)]
struct PerLevel {
    low: u64,
    medium: u64,
    high: u64,
}

/// Percentages of one kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KindWeights {
    #[serde(rename = "type")]
    kind: DetectionKind,
    sign_in: u64,
    identity: u64,
}

/// When sign-ins from one address are a spray: many principals fail, and failing is the rule. The second
/// condition spares offices and carrier-grade NAT, where many principals fail among many more who do not.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SprayThresholds {
    window_minutes: i64,
    failing_principals: u32,
    failures_per_success: u32,
}

impl SprayThresholds {
    /// How long attempts count, milliseconds.
    #[must_use]
    pub const fn window(self) -> i64 {
        self.window_minutes * 60 * 1000
    }

    /// More failing principals than so many change nothing, where so many succeed.
    #[must_use]
    pub const fn most_failing(self, succeeding: u32) -> u32 {
        let most = succeeding.saturating_add(1).saturating_mul(self.failures_per_success);
        if most > self.failing_principals { most } else { self.failing_principals }
    }

    /// Whether so many distinct principals failing and succeeding from one address are a spray.
    #[must_use]
    pub const fn is_spray(self, failing: u32, succeeding: u32) -> bool {
        failing >= self.failing_principals && failing / self.failures_per_success >= succeeding
    }
}

impl RiskModel {
    /// The model this build ships.
    ///
    /// # Errors
    /// The data file is not what [`RiskModel`] reads: a build that its own tests refuse.
    pub fn shipped() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../data/risk.json"))
    }

    /// Risk of one sign-in, from what was found in it.
    #[must_use]
    pub fn sign_in(&self, found: &[ReportedDetection]) -> RiskLevel {
        let now = found.iter().map(|detection| Remembered { detection: *detection, time: 0 });
        self.level(self.compound(now, 0, Subject::SignIn))
    }

    /// Risk of an identity at `now`, from what is remembered of it.
    #[must_use]
    pub fn identity(&self, remembered: &[Remembered], now: i64) -> RiskLevel {
        self.level(self.compound(remembered.iter().copied(), now, Subject::Identity))
    }

    /// Where an identity stands, from what is remembered of it and what a person last decided.
    #[must_use]
    pub fn standing(&self, remembered: &[Remembered], verdict: Option<RiskState>, now: i64) -> Standing {
        if verdict == Some(RiskState::ConfirmedCompromised) {
            // What a person confirmed does not pass with time; a person has to say that it is over.
            return Standing {
                level: RiskLevel::High,
                state: RiskState::ConfirmedCompromised,
                falls_at: None,
            };
        }
        let level = self.identity(remembered, now);
        let state = match level {
            RiskLevel::None => verdict.unwrap_or(RiskState::None),
            _ => RiskState::AtRisk,
        };
        Standing { level, state, falls_at: self.falls_at(remembered, now) }
    }

    /// When time alone first lowers the identity's level below what it is at `now`; `None` if it is at the bottom.
    #[must_use]
    pub fn falls_at(&self, remembered: &[Remembered], now: i64) -> Option<i64> {
        let level = self.identity(remembered, now);
        if level == RiskLevel::None {
            return None;
        }
        // Risk never rises with time, so the fall is found by bisection; after 17 half-lives nothing is left.
        let (mut before, mut after) = (now, now.saturating_add(17 * self.half_life_days * DAY));
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.identity(remembered, middle) == level {
                before = middle;
            } else {
                after = middle;
            }
        }
        Some(after)
    }

    fn compound(&self, found: impl Iterator<Item = Remembered>, now: i64, subject: Subject) -> u64 {
        let found: Vec<Remembered> = found.collect();
        // In the order of the data file, so that rounding is the same whatever the order of arrival.
        let innocent = self.kinds.iter().fold(ONE, |innocent, kind| {
            let strongest = found
                .iter()
                .filter(|one| one.detection.kind == kind.kind)
                .map(|one| self.weight(kind, one, now, subject))
                .max()
                .unwrap_or(0);
            (innocent * (ONE - strongest)) >> 16
        });
        ONE - innocent
    }

    fn weight(&self, kind: &KindWeights, found: &Remembered, now: i64, subject: Subject) -> u64 {
        let severity = match found.detection.level {
            RiskLevel::None => 0,
            RiskLevel::Low => self.severity.low,
            RiskLevel::Medium => self.severity.medium,
            RiskLevel::High => self.severity.high,
        };
        let confidence = match subject {
            Subject::SignIn => kind.sign_in,
            Subject::Identity => kind.identity,
        };
        let fresh = (severity * confidence * ONE / 10_000).min(ONE);
        (fresh * self.decay(now.saturating_sub(found.time))) >> 16
    }

    /// What is left of a weight after `age` milliseconds, in 1/65536.
    fn decay(&self, age: i64) -> u64 {
        let half_life = self.half_life_days * DAY;
        let age = age.max(0);
        let Ok(halvings @ 0..=16) = u32::try_from(age / half_life) else { return 0 };
        let start = ONE >> halvings;
        start - start / 2 * (age % half_life).unsigned_abs() / half_life.unsigned_abs()
    }

    fn level(&self, risk: u64) -> RiskLevel {
        let percent = |percent: u64| percent * ONE / 100;
        if risk >= percent(self.levels.high) {
            RiskLevel::High
        } else if risk >= percent(self.levels.medium) {
            RiskLevel::Medium
        } else if risk >= percent(self.levels.low) {
            RiskLevel::Low
        } else {
            RiskLevel::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DetectionKind::{
        AnomalousToken, AnonymizedIpAddress, ImpossibleTravel, NewCountry, UnfamiliarFeatures,
    };

    const fn found(kind: DetectionKind, level: RiskLevel) -> ReportedDetection {
        ReportedDetection { kind, level }
    }

    const fn at(kind: DetectionKind, level: RiskLevel, time: i64) -> Remembered {
        Remembered { detection: found(kind, level), time }
    }

    fn model() -> RiskModel {
        RiskModel::shipped().unwrap()
    }

    #[test]
    fn every_kind_weighs_exactly_once() {
        let model = model();
        for kind in DetectionKind::ALL {
            let entries = model.kinds.iter().filter(|weights| weights.kind == *kind).count();
            assert_eq!(entries, 1, "{}", kind.name());
        }
    }

    #[test]
    fn one_strong_detection_is_high_and_one_weak_is_low() {
        let model = model();
        assert_eq!(model.identity(&[at(AnomalousToken, RiskLevel::High, 0)], 0), RiskLevel::High);
        assert_eq!(model.identity(&[at(AnomalousToken, RiskLevel::Low, 0)], 0), RiskLevel::Low);
        assert_eq!(model.identity(&[at(NewCountry, RiskLevel::Medium, 0)], 0), RiskLevel::Low);
        assert_eq!(model.identity(&[], 0), RiskLevel::None);
    }

    #[test]
    fn distinct_kinds_compound_and_repeats_do_not() {
        let model = model();
        let country = at(NewCountry, RiskLevel::Medium, 0);
        let repeats = vec![country; 100];
        assert_eq!(model.identity(&repeats, 0), model.identity(&[country], 0));

        let weak = [
            country,
            at(UnfamiliarFeatures, RiskLevel::Medium, 0),
            at(AnonymizedIpAddress, RiskLevel::Medium, 0),
        ];
        for one in weak {
            assert_eq!(model.identity(&[one], 0), RiskLevel::Low);
        }
        assert_eq!(model.identity(&weak, 0), RiskLevel::Medium);
        let travelled = [weak[0], weak[1], weak[2], at(ImpossibleTravel, RiskLevel::High, 0)];
        assert_eq!(model.identity(&travelled, 0), RiskLevel::High);
    }

    #[test]
    fn more_evidence_never_lowers_risk_and_time_never_raises_it() {
        let model = model();
        let mut remembered = Vec::new();
        let mut before = 0;
        for (step, kind) in DetectionKind::ALL.iter().enumerate() {
            for level in RiskLevel::ALL {
                remembered.push(at(*kind, *level, -(step as i64) * DAY));
                let after = model.compound(remembered.iter().copied(), 0, Subject::Identity);
                assert!(after >= before && after <= ONE, "{} {level:?}", kind.name());
                before = after;
            }
        }
        for hours in 0..24 * 300 {
            let risk = model.compound(remembered.iter().copied(), hours * DAY / 24, Subject::Identity);
            assert!(risk <= before, "after {hours} hours");
            before = risk;
        }
        assert_eq!(before, 0, "nothing is held for ever");
    }

    #[test]
    fn a_weight_halves_at_each_half_life() {
        let model = model();
        let half_life = model.half_life_days * DAY;
        assert_eq!(model.decay(0), ONE);
        assert_eq!(model.decay(half_life / 2), ONE * 3 / 4);
        assert_eq!(model.decay(half_life), ONE / 2);
        assert_eq!(model.decay(3 * half_life), ONE / 8);
        assert_eq!(model.decay(-half_life), ONE, "a detection from the future is as strong as one from now");
        assert_eq!(model.decay(i64::MAX), 0);
    }

    #[test]
    fn the_fall_is_the_first_moment_below() {
        let model = model();
        let remembered = [at(AnomalousToken, RiskLevel::High, 1_000)];
        let fall = model.falls_at(&remembered, 1_000).unwrap();
        assert_eq!(model.identity(&remembered, fall - 1), RiskLevel::High);
        assert_eq!(model.identity(&remembered, fall), RiskLevel::Medium);
        assert_eq!(model.falls_at(&[], 0), None);
    }

    #[test]
    fn failures_are_counted_as_far_as_they_matter() {
        let spray = model().password_spray;
        for succeeding in 0..40 {
            let most = spray.most_failing(succeeding);
            for failing in 0..200 {
                let whole = spray.is_spray(failing, succeeding);
                assert_eq!(spray.is_spray(failing.min(most), succeeding), whole, "{failing} of {succeeding}");
            }
        }
        assert!(spray.most_failing(u32::MAX) >= spray.most_failing(0));
    }

    #[test]
    fn a_spray_is_many_failures_and_few_successes() {
        let spray = model().password_spray;
        assert!(spray.is_spray(5, 0) && spray.is_spray(5, 2));
        assert!(!spray.is_spray(4, 0), "a family that forgot its passwords");
        assert!(!spray.is_spray(20, 11), "a large office behind one address");
    }
}
