//! Risk levels, and sets of them for what is not known exactly.

use crate::vocabulary::vocabulary;
use crate::write::{Elements, Value, Write, written};

vocabulary! {
    /// Graph `riskLevel`. `hidden` (a tenant without the licence) is no level: report it as unknown.
    pub enum RiskLevel {
        /// No risk seen.
        None = "none",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }
}

vocabulary! {
    /// Graph insider risk levels.
    pub enum InsiderRiskLevel {
        /// No insider risk.
        None = "none",
        /// Minor.
        Minor = "minor",
        /// Moderate.
        Moderate = "moderate",
        /// Elevated.
        Elevated = "elevated",
    }
}

/// The levels a risk may still have. One member: known. All four: nothing is known.
///
/// ```
/// use edgeward::risk::{LevelSet, RiskLevel};
/// let some = LevelSet::between(RiskLevel::None, RiskLevel::Low);
/// assert!(some.contains(RiskLevel::Low) && !some.contains(RiskLevel::High));
/// assert_eq!(LevelSet::only(RiskLevel::High).exactly(), Some(RiskLevel::High));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelSet(u8);

impl LevelSet {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0b1111);

    /// Exactly one level.
    #[must_use]
    pub const fn only(level: RiskLevel) -> Self {
        Self(1 << level as u8)
    }

    /// All levels from `low` to `high`, both included.
    #[must_use]
    pub fn between(low: RiskLevel, high: RiskLevel) -> Self {
        RiskLevel::ALL
            .iter()
            .filter(|level| (low..=high).contains(level))
            .fold(Self(0), |set, level| Self(set.0 | Self::only(*level).0))
    }

    /// The known level, or nothing known.
    #[must_use]
    pub const fn from_fact(level: Option<RiskLevel>) -> Self {
        match level {
            Some(level) => Self::only(level),
            None => Self::UNKNOWN,
        }
    }

    /// Whether the level is still possible.
    #[must_use]
    pub const fn contains(self, level: RiskLevel) -> bool {
        self.0 & Self::only(level).0 != 0
    }

    /// The one level, if only one is left.
    #[must_use]
    pub fn exactly(self) -> Option<RiskLevel> {
        RiskLevel::ALL.iter().copied().find(|level| Self::only(*level) == self)
    }

    /// Raises every possible level below `floor` to it: evidence of `floor` can not be talked down.
    #[must_use]
    pub fn at_least(self, floor: RiskLevel) -> Self {
        RiskLevel::ALL
            .iter()
            .copied()
            .filter(|level| self.contains(*level))
            .fold(Self(0), |set, level| Self(set.0 | Self::only(level.max(floor)).0))
    }

    /// A bit for each possible level, `none` the lowest.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The possible levels, ascending.
    pub fn iter(self) -> impl Iterator<Item = RiskLevel> {
        RiskLevel::ALL.iter().copied().filter(move |level| self.contains(*level))
    }
}

impl Elements for LevelSet {
    fn each(&self, put: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|element| put(element.value()));
    }
}

written!(@list LevelSet);
