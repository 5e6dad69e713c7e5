//! From single policies to one verdict.

use super::cases::{Cases, decide_by_cases};
use super::control::{Control, ControlSet};
use super::demand::{Demand, Met};
use super::judge::Extent;
use super::model::{Policy, PolicyState};
use super::record::{Kept, Split};
use super::result::{Outage, PolicyOutcome, PolicyResult};
use super::session_controls::SessionControls;
use super::state::{State, Unions};
use super::{Facts, PolicySet, Unknowns, Verdict};
use crate::bits::Bits;
use crate::fact::FactSet;

/// The combined verdict of all policies. What each single policy came to is worked out only when asked for.
#[derive(Debug, Clone)]
pub struct Judgement<'p> {
    /// The combined verdict.
    pub verdict: Verdict,
    /// Unmet demands in prompt order; of alternatives the first. Of an undetermined verdict, those that are certain
    /// already. Empty for a block: nothing would help.
    pub controls: Vec<&'p Control>,
    /// Session controls of the policies that certainly apply, the most restrictive of each; none for a block.
    pub session_controls: SessionControls,
    /// Facts that would settle an undetermined verdict, and of those none that could be left out; else empty. Empty
    /// as well where no fact of a request can settle it.
    pub needs: FactSet,
    pub(super) set: &'p PolicySet,
    pub(super) applies: Extent,
    pub(super) met: Met,
    pub(super) split: Split,
    pub(super) kept: Kept,
    /// Policies by what became of them when nobody could tell, which is rare.
    settled: Option<Box<Settled>>,
}

type Settled = [(Outage, Bits); 4];

impl PolicySet {
    /// Evaluates all policies: enabled and report-only ones are judged, enabled ones enforced.
    #[must_use]
    pub fn judge(&self, facts: &Facts<'_>, unknowns: Unknowns) -> Judgement<'_> {
        let mut unions = Unions::default();
        let state = State::new(self, facts, &mut unions);
        let mut judgement = self.apply(&state);
        let (applies, met) = (judgement.applies, judgement.met);
        let mut certain = judgement.certain_demand();
        judgement.verdict = certain.verdict();
        // Policies only ever add demands: if all that may apply add nothing to those that do, unknown facts can not
        // matter. Only otherwise is it worth looking at the facts case by case.
        let is_open = applies.must != applies.may || met.at_least() != met.at_most();
        if is_open && !self.table.demand(applies.may, met.at_least()).is_same_verdict(&certain) {
            match decide_by_cases(self, &state, applies, met, &certain) {
                Cases::Agree(demand) => {
                    let allowed = demand.verdict() == Verdict::Allow;
                    let session = if allowed { demand.session } else { certain.session };
                    certain = Demand { session, ..demand };
                    judgement.verdict = certain.verdict();
                }
                Cases::Differ(needs) if unknowns == Unknowns::Ask => {
                    judgement.verdict = Verdict::Undetermined;
                    judgement.needs = needs;
                }
                Cases::Differ(_) => {
                    certain = judgement.settle(certain, &state);
                    judgement.verdict = certain.verdict();
                }
            }
        }
        if !certain.block {
            judgement.controls = self.prompts(&certain);
            judgement.session_controls = certain.session;
        }
        judgement
    }

    /// Which policies apply and which controls are met; no verdict yet.
    pub(super) fn apply(&self, state: &State<'_>) -> Judgement<'_> {
        let mut kept = Kept::default();
        let mut place = 0;
        let applies = self.table.judge(state, |before, extent| {
            place += 1;
            kept.mark(place, before, extent);
        });
        let met = Met::new(&self.table, state);
        Judgement {
            verdict: Verdict::Undetermined,
            controls: Vec::new(),
            session_controls: SessionControls::default(),
            needs: FactSet::EMPTY,
            set: self,
            applies,
            met,
            split: Split::new(&self.table, applies, met),
            kept,
            settled: None,
        }
    }
}

impl<'p> Judgement<'p> {
    /// Nobody can tell any more: each open policy falls back to its own outage mode.
    #[inline(never)]
    fn settle(&mut self, certain: Demand, state: &State<'_>) -> Demand {
        let (table, met) = (&self.set.table, self.met);
        let open_demand = self.applies.may & table.unmet(met.at_least()) & !table.unmet(met.at_most());
        let open = table.enabled & (self.applies.open() | open_demand);
        let denied = open & table.disable_resilience_defaults;
        let rest = open & !denied;
        let mut demand = certain;
        demand.block |= !denied.is_empty();
        let (mut continued, mut reevaluated, mut taken) = (Bits::EMPTY, Bits::EMPTY, Bits::EMPTY);
        if state.has_session {
            reevaluated = table.require_lost(rest & self.applies.must, met, &mut demand);
            continued = rest & !reevaluated;
        } else {
            taken = rest;
            demand = demand.join(&table.demand(taken, met.at_least()));
        }
        self.settled = Some(Box::new([
            (Outage::Denied, denied),
            (Outage::SessionContinues, continued),
            (Outage::Reevaluated, reevaluated),
            (Outage::TakenToApply, taken),
        ]));
        demand
    }

    /// The policies that an outage settled, by how.
    pub(super) fn settled(&self) -> &[(Outage, Bits)] {
        self.settled.as_ref().map_or(&[], |settled| settled.as_slice())
    }

    pub(super) fn outage_of(&self, index: usize) -> Option<Outage> {
        self.settled().iter().find(|(_, policies)| policies.contains(index)).map(|(outage, _)| *outage)
    }

    /// What each policy came to, in the order of the policies.
    pub fn results(&self) -> impl Iterator<Item = PolicyResult<'p>> {
        let table = &self.set.table;
        let unmet = table.unmet(self.met.at_most());
        let maybe_unmet = table.unmet(self.met.at_least());
        let beyond_prompts = self.beyond_prompts();
        self.set.policies.iter().enumerate().map(move |(index, policy)| {
            let applies = match (self.applies.must.contains(index), self.applies.may.contains(index)) {
                (true, _) => Some(true),
                (false, true) => None,
                (false, false) => Some(false),
            };
            let fulfilled = match (unmet.contains(index), maybe_unmet.contains(index)) {
                (true, _) => Some(false),
                (false, true) => None,
                (false, false) => Some(true),
            };
            let result = outcome(policy, applies, fulfilled, beyond_prompts.contains(index));
            let reason = self.kept.from(index).and_then(|place| table.conditions.get(place).copied());
            let outage = self.outage_of(index);
            PolicyResult { policy, result, applies, reason, outage }
        })
    }

    /// What the policies that certainly apply demand.
    pub(super) fn certain_demand(&self) -> Demand {
        self.set.table.demand(self.applies.must, self.met.at_most())
    }

    /// Policies that block, or that have an unmet demand that no prompt can meet.
    pub(super) fn beyond_prompts(&self) -> Bits {
        let table = &self.set.table;
        let interactive = (0..).zip(&self.set.controls).filter(|(_, control)| control.is_interactive());
        let interactive =
            interactive.fold(ControlSet::EMPTY, |all, (index, _)| all.union(ControlSet::only(index)));
        table.unmet(self.met.at_least().union(interactive))
    }
}

impl Policy {
    /// What it comes to where it is met, where it is not, where no prompt would help, where it does not apply and where that
    /// is open.
    pub(crate) fn outcomes(&self) -> [PolicyOutcome; 5] {
        [
            outcome(self, Some(true), Some(true), false),
            outcome(self, Some(true), Some(false), false),
            outcome(self, Some(true), Some(false), true),
            outcome(self, Some(false), None, false),
            outcome(self, None, None, false),
        ]
    }
}

const fn outcome(
    policy: &Policy,
    applies: Option<bool>,
    fulfilled: Option<bool>,
    beyond_prompts: bool,
) -> PolicyOutcome {
    match (policy.state, applies, fulfilled) {
        (PolicyState::Disabled, ..) => PolicyOutcome::NotEnabled,
        (PolicyState::Enabled, Some(false), _) => PolicyOutcome::NotApplied,
        (PolicyState::ReportOnly, Some(false), _) => PolicyOutcome::ReportOnlyNotApplied,
        (_, None, _) | (_, _, None) => PolicyOutcome::Unknown,
        (PolicyState::Enabled, _, Some(true)) => PolicyOutcome::Success,
        (PolicyState::Enabled, _, Some(false)) => PolicyOutcome::Failure,
        (PolicyState::ReportOnly, _, Some(true)) => PolicyOutcome::ReportOnlySuccess,
        (PolicyState::ReportOnly, _, Some(false)) if beyond_prompts => PolicyOutcome::ReportOnlyFailure,
        (PolicyState::ReportOnly, ..) => PolicyOutcome::ReportOnlyInterrupted,
    }
}
