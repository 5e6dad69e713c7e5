//! From single policies to one verdict.

use super::control::{Control, ControlSet, Grant};
use super::model::{Policy, PolicyState};
use super::result::{Outage, Outcome, PolicyResult};
use super::session_controls::SessionControls;
use super::truth::Truth;
use super::view::View;
use super::{Evaluation, Facts, PolicySet, Unknowns, Verdict};
use crate::fact::{Fact, FactSet};
use crate::request::TrustType;

/// What a set of policies comes to. Monotone: one policy more only adds to it. Clauses are kept minimal (no clause
/// contains another) and sorted, so that equal demands are equal values whatever the order of the policies.
#[derive(Debug, Clone, Default, PartialEq)]
struct Demand {
    block: bool,
    clauses: Vec<ControlSet>,
    session: SessionControls,
}

/// Which controls the session meets, and which it may.
struct Met {
    yes: ControlSet,
    unknown: Vec<(ControlSet, FactSet)>,
}

/// One enabled policy, as far as facts tell.
struct Standing {
    applies: Truth,
    /// Whether its demands are met; `True` for one that only has session controls, `False` for a block.
    met: Truth,
}

impl PolicySet {
    pub(super) fn combine(&self, facts: &Facts<'_>, unknowns: Unknowns) -> Evaluation<'_> {
        let view = View::new(self, facts);
        let met = self.met_controls(&view);
        let mut results = Vec::with_capacity(self.policies.len());
        let mut open = Vec::new();
        let mut certain = Demand::default();
        let mut needs = FactSet::EMPTY;
        for policy in &self.policies {
            let (mut result, reason, applies, fulfilled) = if policy.state == PolicyState::Disabled {
                (Outcome::NotEnabled, None, Truth::False, Truth::True)
            } else {
                let (applies, reason) = policy.conditions.applies(&view, facts, &self.locations);
                let fulfilled = policy.grant.is_met(&met);
                (Outcome::Unknown, reason, applies, fulfilled)
            };
            if policy.state != PolicyState::Disabled {
                result = self.outcome(policy, applies, fulfilled, &met);
            }
            if policy.state == PolicyState::Enabled {
                if applies == Truth::True {
                    certain.add(policy, &met);
                }
                if applies != Truth::False {
                    let standing = Standing { applies, met: fulfilled };
                    if standing.is_open() {
                        open.push((results.len(), standing));
                    }
                }
            }
            results.push(PolicyResult { policy, result, reason, outage: None });
        }

        let mut verdict = None;
        if !open.is_empty() {
            let mut possible = certain.clone();
            for (index, standing) in &open {
                let Some(policy) = self.policies.get(*index) else { continue };
                possible.add_possibly(policy, &met);
                needs = needs.union(standing.applies.facts()).union(standing.met.facts());
            }
            if !possible.is_same_verdict(&certain) {
                match unknowns {
                    Unknowns::Ask => verdict = Some(Verdict::Undetermined),
                    Unknowns::Settle => {
                        self.settle(&mut certain, &open, &view, &met, &mut results);
                        needs = FactSet::EMPTY;
                    }
                }
            } else {
                needs = FactSet::EMPTY;
            }
        }
        let verdict = verdict.unwrap_or(certain.verdict());
        if certain.block {
            return Evaluation {
                verdict,
                controls: Vec::new(),
                session_controls: SessionControls::default(),
                results,
                needs,
            };
        }
        Evaluation {
            verdict,
            controls: self.prompts(&certain.clauses),
            session_controls: certain.session,
            results,
            needs,
        }
    }

    fn outcome(&self, policy: &Policy, applies: Truth, fulfilled: Truth, met: &Met) -> Outcome {
        let report_only = policy.state == PolicyState::ReportOnly;
        match (applies, fulfilled) {
            (Truth::False, _) if report_only => Outcome::ReportOnlyNotApplied,
            (Truth::False, _) => Outcome::NotApplied,
            (Truth::Unknown(_), _) | (_, Truth::Unknown(_)) => Outcome::Unknown,
            (Truth::True, Truth::True) if report_only => Outcome::ReportOnlySuccess,
            (Truth::True, Truth::True) => Outcome::Success,
            (Truth::True, Truth::False) if !report_only => Outcome::Failure,
            (Truth::True, Truth::False) => {
                let promptable = |clause: &ControlSet| {
                    clause.intersects(met.yes)
                        || clause
                            .indices()
                            .any(|index| self.controls.get(index).is_some_and(Control::is_interactive))
                };
                if !policy.grant.block && policy.grant.clauses.iter().all(promptable) {
                    Outcome::ReportOnlyInterrupted
                } else {
                    Outcome::ReportOnlyFailure
                }
            }
        }
    }

    /// Nobody can tell any more: each open policy falls back to its own outage mode.
    fn settle(
        &self,
        certain: &mut Demand,
        open: &[(usize, Standing)],
        view: &View<'_>,
        met: &Met,
        results: &mut [PolicyResult<'_>],
    ) {
        for (index, _) in open {
            let Some(policy) = self.policies.get(*index) else { continue };
            let outage = if policy.session.disable_resilience_defaults {
                certain.block = true;
                Outage::Denied
            } else if view.has_session {
                Outage::SessionContinues
            } else {
                certain.add_possibly(policy, met);
                Outage::TakenToApply
            };
            if let Some(result) = results.get_mut(*index) {
                result.outage = Some(outage);
            }
        }
    }

    /// The controls to ask for, in prompt order: of each clause that nothing asked for already meets, the first.
    fn prompts(&self, clauses: &[ControlSet]) -> Vec<&Control> {
        let mut asked = ControlSet::EMPTY;
        for clause in clauses.iter().filter(|clause| clause.first() == **clause) {
            asked = asked.union(*clause);
        }
        for clause in clauses {
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

    fn met_controls(&self, view: &View<'_>) -> Met {
        let mut met = Met { yes: ControlSet::EMPTY, unknown: Vec::new() };
        for (index, control) in self.controls.iter().enumerate() {
            match control.is_met(view) {
                Truth::True => met.yes = met.yes.union(ControlSet::only(index)),
                Truth::False => {}
                Truth::Unknown(facts) => met.unknown.push((ControlSet::only(index), facts)),
            }
        }
        met
    }
}

impl Control {
    fn is_met(&self, view: &View<'_>) -> Truth {
        let stated = |names: &[&str]| match view.amr {
            Some(amr) => amr.iter().any(|method| names.contains(&&**method)).into(),
            None => Truth::Unknown(FactSet::only(Fact::SessionAmr)),
        };
        match self {
            Self::SignInFrequency(oldest) => match view.sign_in_age {
                Some(age) => age.is_some_and(|age| age <= *oldest).into(),
                None => Truth::Unknown(FactSet::only(Fact::AuthTime)),
            },
            // RFC 8176 `mfa`; Entra also writes `ngcmfa` for a fresh one.
            Self::Mfa => stated(&["mfa", "ngcmfa"]),
            Self::CompliantDevice => match view.is_compliant {
                Some(compliant) => compliant.into(),
                None => Truth::Unknown(FactSet::only(Fact::DeviceIsCompliant)),
            },
            Self::DomainJoinedDevice => match view.trust_type {
                Some(trust) => (trust == Some(TrustType::ServerAD)).into(),
                None => Truth::Unknown(FactSet::only(Fact::DeviceTrustType)),
            },
            Self::AuthenticationStrength(_)
            | Self::ApprovedApplication
            | Self::CompliantApplication
            | Self::PasswordChange
            | Self::RiskRemediation
            | Self::TermsOfUse(_)
            | Self::CustomAuthenticationFactor(_) => stated(&[&self.name()]),
        }
    }
}

impl Grant {
    fn is_met(&self, met: &Met) -> Truth {
        if self.block {
            return Truth::False;
        }
        self.clauses.iter().fold(Truth::True, |all, clause| all.and(met.clause(*clause)))
    }
}

impl Met {
    fn clause(&self, clause: ControlSet) -> Truth {
        if clause.intersects(self.yes) {
            return Truth::True;
        }
        let facts = self
            .unknown
            .iter()
            .filter(|(control, _)| clause.intersects(*control))
            .fold(FactSet::EMPTY, |facts, (_, more)| facts.union(*more));
        if facts.is_empty() { Truth::False } else { Truth::Unknown(facts) }
    }
}

impl Standing {
    /// Whether what the policy demands is not known yet.
    fn is_open(&self) -> bool {
        matches!(self.applies, Truth::Unknown(_)) || matches!(self.met, Truth::Unknown(_))
    }
}

impl Demand {
    /// Adds what a policy that applies certainly demands.
    fn add(&mut self, policy: &Policy, met: &Met) {
        self.block |= policy.grant.block;
        for clause in &policy.grant.clauses {
            if met.clause(*clause) == Truth::False {
                self.require(*clause);
            }
        }
        self.session = self.session.merge(policy.session);
    }

    /// Adds all that a policy might demand.
    fn add_possibly(&mut self, policy: &Policy, met: &Met) {
        self.block |= policy.grant.block;
        for clause in &policy.grant.clauses {
            if met.clause(*clause) != Truth::True {
                self.require(*clause);
            }
        }
        self.session = self.session.merge(policy.session);
    }

    fn require(&mut self, clause: ControlSet) {
        if self.clauses.iter().any(|other| clause.contains(*other)) {
            return;
        }
        self.clauses.retain(|other| !other.contains(clause));
        let place = self.clauses.partition_point(|other| *other < clause);
        self.clauses.insert(place, clause);
    }

    /// Session controls come into effect when access is granted; before that they do not tell two verdicts apart.
    fn is_same_verdict(&self, other: &Self) -> bool {
        if self.block || other.block {
            return self.block == other.block;
        }
        self.clauses == other.clauses && (!self.clauses.is_empty() || self.session == other.session)
    }

    const fn verdict(&self) -> Verdict {
        if self.block {
            Verdict::Block
        } else if self.clauses.is_empty() {
            Verdict::Allow
        } else {
            Verdict::Challenge
        }
    }
}
