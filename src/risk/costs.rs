//! What errors cost, in the operator's eyes (Chow, On Optimum Recognition Error and Reject Tradeoff, 1970): where asking
//! is cheaper than what deciding alone may cost, the scorer is asked. Beside the band's guarantee, never instead of it:
//! of both, the stricter one decides.

use super::{LevelSet, RiskLevel};
use crate::compiled::compiled;
use crate::logarithm::log2;
use crate::read::record;

/// Costs, in a unit of the operator's choice, and how common attacks are. All nothing: not stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs {
    /// Of asking the scorer.
    pub call: u32,
    /// Of letting an attack through.
    pub attack: u32,
    /// Of stopping a principal.
    pub alarm: u32,
    /// Attacks in a million requests; nothing is one in a hundred, which models are calibrated at.
    pub attacks_per_million: u32,
}

record!(strict Costs {
    "call" => Whole(call),
    "attack" => Whole(attack),
    "alarm" => Whole(alarm),
    "attacksPerMillion" => Whole(attacks_per_million),
} requires {});

compiled!(Costs { call, attack, alarm, attacks_per_million });

const MILLION: u32 = 1_000_000;
/// One in a hundred.
const CALIBRATED_AT: u32 = MILLION / 100;

/// The log-odds at which a scorer that is always right costs as much as deciding alone, in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Worth {
    /// Highest log-odds that are let through.
    allow: i32,
    /// Lowest log-odds that are stopped.
    block: i32,
    /// How much commoner attacks are than where models are calibrated.
    pub(super) shift: i32,
}

impl Costs {
    /// `None` if no costs are stated.
    ///
    /// # Errors
    /// Which of the settings says what no one can mean, and why: asking has to cost something, and less than either error.
    #[inline]
    pub(crate) fn worth(self) -> Result<Option<Worth>, (&'static str, &'static str)> {
        let Self { call, attack, alarm, attacks_per_million } = self;
        if self == Self::default() {
            return Ok(None);
        }
        let attacks = if attacks_per_million == 0 { CALIBRATED_AT } else { attacks_per_million };
        if call == 0 || attack <= call || alarm <= call {
            return Err(("costs", "needs `call`, and `attack` and `alarm` that cost more"));
        }
        if attacks >= MILLION {
            return Err(("costs.attacksPerMillion", "must leave somebody who is no attacker"));
        }
        Ok(Some(Worth {
            allow: log2(call) - log2(attack - call),
            block: log2(alarm - call) - log2(call),
            shift: log2(attacks) - log2(MILLION - attacks) - log2(CALIBRATED_AT)
                + log2(MILLION - CALIBRATED_AT),
        }))
    }
}

impl Worth {
    /// The levels that a band leaves at these log-odds, opened again where the scorer is worth its call.
    pub(super) fn of(self, levels: LevelSet, odds: i32) -> LevelSet {
        let is_cheaper_asked = (levels == LevelSet::only(RiskLevel::None) && odds > self.allow)
            || (levels == LevelSet::only(RiskLevel::High) && odds < self.block);
        if is_cheaper_asked { LevelSet::UNKNOWN } else { levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(call: u32, attack: u32, alarm: u32, attacks_per_million: u32) -> Worth {
        Costs { call, attack, alarm, attacks_per_million }.worth().unwrap().unwrap()
    }

    #[test]
    fn what_may_cost_more_than_a_call_is_asked() {
        // A call costs a hundredth of an attack: up to odds of 1 : 99, 6.63 bits, nobody is asked.
        let costs = worth(1, 100, 5, 0);
        let (none, high) = (LevelSet::only(RiskLevel::None), LevelSet::only(RiskLevel::High));
        assert_eq!(costs.of(none, -424), none);
        assert_eq!(costs.of(none, -423), LevelSet::UNKNOWN);
        // A false alarm costs five calls: from 4 : 1 on.
        assert_eq!(costs.of(high, 128), high);
        assert_eq!(costs.of(high, 127), LevelSet::UNKNOWN);
        assert_eq!(costs.of(LevelSet::UNKNOWN, 0), LevelSet::UNKNOWN, "what is open stays open");
        assert_eq!((costs.shift, worth(1, 100, 5, 10_000).shift), (0, 0));
        // One in two is 99 times the odds.
        assert!((423..=426).contains(&worth(1, 100, 5, 500_000).shift));
    }

    #[test]
    fn costs_that_say_nothing_are_refused() {
        assert_eq!(Costs::default().worth(), Ok(None));
        for (call, attack, alarm, attacks_per_million) in
            [(0, 9, 9, 0), (9, 9, 99, 0), (9, 99, 9, 0), (1, 9, 9, MILLION), (0, 0, 0, 1)]
        {
            let costs = Costs { call, attack, alarm, attacks_per_million };
            assert!(costs.worth().unwrap_err().0.starts_with("costs"), "{costs:?}");
        }
    }
}
