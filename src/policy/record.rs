//! What every policy came to, as sets of policies: a host that gets these reads single policies out of them only if
//! somebody looks.

use super::PolicyOutcome;
use super::demand::Met;
use super::evaluate::Judgement;
use super::judge::Extent;
use super::result::{Condition, PolicyResult};
use super::table::Table;
use crate::bits::Bits;

/// Sets that number the conditions, and those that number the outage modes.
const CONDITION: usize = 5;
const _: () = assert!(Condition::ALL.len() < 1 << CONDITION);
const OUTAGE: usize = 3;

/// Sets between these.
const SETS: usize = 3;

/// Policies by what they came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    /// Whether they apply, or are met, is open.
    unknown: Bits,
    success: Bits,
    failure: Bits,
}

/// What kept policies from applying: for each a number, of which the first set holds the lowest bit. One more than the place of
/// a condition among those of the table: the first that fails, or else the first that is not known; 0 for none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Kept([Bits; CONDITION]);

impl Kept {
    /// Notes what a condition came to, of the policies that apply by those before. `number` is above theirs.
    #[inline]
    pub(super) fn mark(&mut self, number: usize, before: Extent, extent: Extent) {
        let kept = (before.must & !extent.must) | (before.may & !extent.may);
        if kept.is_empty() {
            return;
        }
        // Only one that was open before has a number already.
        let again = kept & before.open();
        if !again.is_empty() {
            self.0.iter_mut().for_each(|plane| *plane = *plane & !again);
        }
        let mut rest = number;
        for plane in &mut self.0 {
            if rest & 1 != 0 {
                *plane |= kept;
            }
            rest >>= 1;
        }
    }

    /// The place of the condition that kept a policy from applying.
    pub(super) fn from(&self, policy: usize) -> Option<usize> {
        let bits = self.0.iter().enumerate().filter(|(_, plane)| plane.contains(policy));
        bits.fold(0_usize, |number, (bit, _)| number | 1 << bit).checked_sub(1)
    }
}

impl<'p> Judgement<'p> {
    /// What each policy came to, as sets of policies by place; those that are left out are empty. First what kept it from
    /// applying ([`Kept`]), by place among [`PolicySet::conditions`](super::PolicySet::conditions). Then the policies that
    /// failed, those of them that no prompt helps (report-only ones alone) and those that are open. Last one more than the
    /// index of the [`Outage`](super::Outage), as a number like the first.
    pub(crate) fn planes(&self, mut put: impl FnMut(usize, Bits)) {
        let mut put = |place, plane: Bits| {
            if !plane.is_empty() {
                put(place, plane);
            }
        };
        self.kept.0.iter().enumerate().for_each(|(bit, plane)| put(bit, *plane));
        let Split { unknown, failure, .. } = self.split;
        let report_only = failure & self.set.table.report_only;
        let beyond = if report_only.is_empty() { report_only } else { report_only & self.beyond_prompts() };
        [failure, beyond, unknown]
            .into_iter()
            .enumerate()
            .for_each(|(set, plane)| put(CONDITION + set, plane));
        for bit in 0..OUTAGE {
            let modes = self.settled().iter().filter(|(mode, _)| (*mode as usize + 1) >> bit & 1 != 0);
            put(CONDITION + SETS + bit, modes.fold(Bits::EMPTY, |all, (_, policies)| all | *policies));
        }
    }

    /// The enforced policies that may be a reason for the verdict, by place; without their conditions.
    pub(crate) fn telling(&self) -> impl Iterator<Item = (usize, PolicyResult<'p>)> {
        let split = self.split;
        let settled = self.settled().iter().fold(Bits::EMPTY, |all, (_, policies)| all | *policies);
        let telling = (split.unknown | split.failure | settled) & self.set.table.enabled;
        telling.iter().filter_map(move |index| {
            let (result, applies) = if split.failure.contains(index) {
                (PolicyOutcome::Failure, Some(true))
            } else if split.unknown.contains(index) {
                (PolicyOutcome::Unknown, None)
            } else {
                (PolicyOutcome::Success, Some(true))
            };
            let (policy, outage) = (self.set.policies.get(index)?, self.outage_of(index));
            Some((index, PolicyResult { policy, result, applies, reason: None, outage }))
        })
    }

    /// Whether an enforced policy applies and is met.
    pub(crate) fn is_any_met(&self) -> bool {
        self.split.success.intersects(self.set.table.enabled)
    }
}

impl Split {
    pub(super) fn new(table: &Table, applies: Extent, met: Met) -> Self {
        let unmet = table.unmet(met.at_most());
        let is_known = met.at_least() == met.at_most();
        let maybe_unmet = if is_known { unmet } else { table.unmet(met.at_least()) };
        Self {
            unknown: applies.open() | (applies.must & maybe_unmet & !unmet),
            success: applies.must & !maybe_unmet & !unmet,
            failure: applies.must & unmet,
        }
    }
}
