//! What every policy came to, as sets of policies: a host that gets these reads single policies out of them only if
//! somebody looks.

use super::PolicyOutcome;
use super::demand::Met;
use super::evaluate::Judgement;
use super::judge::Extent;
use super::result::PolicyResult;
use super::table::Table;
use crate::bits::Bits;

/// Bits of a result, a condition and an outage mode, in the order of [`Judgement::planes`].
const RESULT: usize = 4;
const CONDITION: usize = 5;
const OUTAGE: usize = 3;

const PLANES: usize = RESULT + CONDITION + OUTAGE;

/// Policies by what they came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    /// Whether they apply, or are met, is open.
    unknown: Bits,
    success: Bits,
    failure: Bits,
}

impl<'p> Judgement<'p> {
    /// For each policy a number, of which the first set holds the lowest bit: four bits for the index of its
    /// [`PolicyOutcome`], five for that of its [`Condition`](super::Condition) and three for that of its
    /// [`Outage`](super::Outage), both one more and 0 for none.
    pub(crate) fn planes(&self) -> [Bits; PLANES] {
        let table = &self.set.table;
        let split = self.split;
        let mut planes = [Bits::EMPTY; PLANES];
        let (results, rest) = planes.split_at_mut(RESULT);
        let (conditions, outages) = rest.split_at_mut(CONDITION);
        let untouched = !self.applies.may;
        mark(results, PolicyOutcome::Success as usize, split.success & table.enabled);
        mark(results, PolicyOutcome::Failure as usize, split.failure & table.enabled);
        mark(results, PolicyOutcome::NotApplied as usize, untouched & table.enabled);
        mark(results, PolicyOutcome::NotEnabled as usize, !table.active);
        mark(results, PolicyOutcome::Unknown as usize, split.unknown);
        if !table.report_only.is_empty() {
            let of = table.report_only;
            let beyond = self.beyond_prompts();
            mark(results, PolicyOutcome::ReportOnlySuccess as usize, split.success & of);
            mark(results, PolicyOutcome::ReportOnlyFailure as usize, split.failure & of & beyond);
            mark(results, PolicyOutcome::ReportOnlyInterrupted as usize, split.failure & of & !beyond);
            mark(results, PolicyOutcome::ReportOnlyNotApplied as usize, untouched & of);
        }
        let (mut certain, mut possible) = (table.active, table.active);
        for (condition, extent) in table.conditions.iter().zip(&self.conditions) {
            mark(conditions, *condition as usize + 1, (certain & !extent.must) | (possible & !extent.may));
            certain = certain & extent.must;
            possible = possible & extent.may;
        }
        for (mode, policies) in self.settled() {
            mark(outages, *mode as usize + 1, *policies);
        }
        planes
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
        let maybe_unmet = table.unmet(met.at_least());
        Self {
            unknown: applies.open() | (applies.must & maybe_unmet & !unmet),
            success: applies.must & !maybe_unmet & !unmet,
            failure: applies.must & unmet,
        }
    }
}

/// Gives policies a number, in place of the one they had.
#[inline]
fn mark(planes: &mut [Bits], number: usize, policies: Bits) {
    if policies.is_empty() {
        return;
    }
    for (bit, plane) in planes.iter_mut().enumerate() {
        *plane = if number >> bit & 1 == 0 { *plane & !policies } else { *plane | policies };
    }
}
