//! What a set of applying policies demands.

use super::control::{Control, ControlSet};
use super::session_controls::SessionControls;
use super::state::State;
use super::table::Table;
use super::{PolicySet, Verdict};
use crate::bits::Bits;

/// What policies come to. Monotone: one policy more only adds. Clauses are kept minimal (none contains another) and
/// sorted, so that equal demands are equal values whatever the order of the policies.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Demand {
    pub(super) block: bool,
    pub(super) clauses: Vec<ControlSet>,
    pub(super) session: SessionControls,
}

/// Which controls are met, and of which it is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    pub(super) yes: ControlSet,
    pub(super) open: ControlSet,
}

impl Met {
    pub(super) fn new(table: &Table, state: &State<'_>) -> Self {
        let every_age =
            || table.by_age.iter().fold(ControlSet::EMPTY, |all, (_, control)| all.union(*control));
        let flag = |fact: Option<bool>, control: ControlSet| {
            fact.map(|met| if met { control } else { ControlSet::EMPTY }).ok_or(control)
        };
        [
            state.by_methods.ok_or(table.by_methods),
            state.by_age.ok_or_else(every_age),
            flag(state.is_compliant, table.by_device_compliance),
            flag(state.is_hybrid_joined, table.by_device_trust),
        ]
        .into_iter()
        .fold(Self::default(), |met, known| match known {
            Ok(yes) => Self { yes: met.yes.union(yes), ..met },
            Err(open) => Self { open: met.open.union(open), ..met },
        })
    }

    /// No open control is met.
    pub(super) const fn at_least(self) -> ControlSet {
        self.yes
    }

    /// Every open control is met.
    pub(super) const fn at_most(self) -> ControlSet {
        self.yes.union(self.open)
    }
}

impl Table {
    /// What these policies demand, if exactly these controls are met.
    pub(super) fn demand(&self, policies: Bits, met: ControlSet) -> Demand {
        let policies = policies & self.enabled;
        let mut demand = Demand { block: policies.intersects(self.block), ..Demand::default() };
        for (clause, row) in &self.clauses {
            if policies.intersects(*row) && !clause.intersects(met) {
                demand.require(*clause);
            }
        }
        for (session, row) in &self.sessions {
            if policies.intersects(*row) {
                demand.session = demand.session.merge(*session);
            }
        }
        demand
    }

    /// What a session is presumed to have met at its start, it may have met by a device state that the device is now
    /// known not to have. Then the presumption says nothing about the other, open alternatives: without this a
    /// device known not to be compliant gets in by not telling how it is joined. Adds these demands; answers the
    /// policies, of those given, that have them. Methods are different: what a session proved at its start stays.
    pub(super) fn require_lost(&self, policies: Bits, met: Met, demand: &mut Demand) -> Bits {
        let lost = self.by_device_compliance.union(self.by_device_trust).without(met.at_most());
        let mut found = Bits::EMPTY;
        for (clause, row) in &self.clauses {
            let policies = policies & *row;
            let is_open = clause.intersects(met.open) && !clause.intersects(met.yes);
            if is_open && clause.intersects(lost) && !policies.is_empty() {
                demand.require(*clause);
                found |= policies;
            }
        }
        found
    }

    /// Policies that demand something that is not met, if exactly these controls are met.
    pub(super) fn unmet(&self, met: ControlSet) -> Bits {
        let unmet = self.clauses.iter().filter(|(clause, _)| !clause.intersects(met));
        unmet.fold(self.block, |all, (_, row)| all | *row)
    }
}

impl Demand {
    fn require(&mut self, clause: ControlSet) {
        if self.clauses.iter().any(|other| clause.contains(*other)) {
            return;
        }
        self.clauses.retain(|other| !other.contains(clause));
        let place = self.clauses.partition_point(|other| *other < clause);
        self.clauses.insert(place, clause);
    }

    /// The demands of both.
    pub(super) fn join(mut self, other: &Self) -> Self {
        self.block |= other.block;
        other.clauses.iter().for_each(|clause| self.require(*clause));
        self.session = self.session.merge(other.session);
        self
    }

    /// Session controls come into effect when access is granted; before that they do not tell two verdicts apart.
    pub(super) fn is_same_verdict(&self, other: &Self) -> bool {
        if self.block || other.block {
            return self.block == other.block;
        }
        self.clauses == other.clauses && (!self.clauses.is_empty() || self.session == other.session)
    }

    pub(super) const fn verdict(&self) -> Verdict {
        if self.block {
            Verdict::Block
        } else if self.clauses.is_empty() {
            Verdict::Allow
        } else {
            Verdict::Challenge
        }
    }
}

impl PolicySet {
    /// The controls to ask for, in prompt order: of each clause that nothing asked for already meets, the first.
    pub(super) fn prompts(&self, demand: &Demand) -> Vec<&Control> {
        let mut asked = ControlSet::EMPTY;
        for clause in demand.clauses.iter().filter(|clause| clause.first() == **clause) {
            asked = asked.union(*clause);
        }
        for clause in &demand.clauses {
            if !clause.intersects(asked) {
                asked = asked.union(clause.first());
            }
        }
        let mut prompts: Vec<&Control> = Vec::new();
        for control in asked.indices().filter_map(|index| self.controls.get(index)) {
            // Several sign-in frequencies are one prompt.
            let repeated = matches!(control, Control::SignInFrequency(_))
                && matches!(prompts.last(), Some(Control::SignInFrequency(_)));
            if !repeated {
                prompts.push(control);
            }
        }
        prompts
    }
}
