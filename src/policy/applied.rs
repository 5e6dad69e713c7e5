//! What each policy came to, told as Graph's sign-in logs tell it: `appliedConditionalAccessPolicy` (beta).
//!
//! Decisions carry only a result and a reason per policy, because they are written for every request. This is for
//! people who ask why.

mod rule;

use std::fmt;

use rule::rules;
pub use rule::{Rule, RuleSatisfied};

use super::control::Control;
use super::evaluate::Judgement;
use super::model::{Conditions, Definition, PolicyState};
use super::result::{Condition, PolicyResult};
use super::state::{State, Unions};
use super::table::Table;
use super::{Evaluation, Facts, Unknowns, Written};
use crate::bits::Bits;
use crate::vocabulary::vocabulary;
use crate::write::{Members, Value, Write, written};

/// One policy, as Graph's sign-in logs tell of it, and what Graph leaves out: the conditions that are not known.
#[derive(Debug, Clone)]
pub struct AppliedPolicy<'p> {
    /// The policy and its result.
    pub result: PolicyResult<'p>,
    /// Conditions the policy configures, by what they came to.
    pub conditions: [Conclusions; 3],
    /// Why it includes the request.
    pub include_rules_satisfied: Vec<RuleSatisfied>,
    /// Why it excludes the request.
    pub exclude_rules_satisfied: Vec<RuleSatisfied>,
    /// Grant controls it demands; none where it does not apply for certain, `block` alone where it blocks.
    pub enforced_grant_controls: Vec<&'p Control>,
    /// Names of the session controls it sets.
    pub enforced_session_controls: Vec<&'static str>,
    /// Names of those of them that are not met.
    pub session_controls_not_satisfied: Vec<&'static str>,
    /// The authentication strength it demands.
    pub authentication_strength: Option<AppliedStrength<'p>>,
    blocks: bool,
}

/// Conditions as Graph writes flags: `users,application`, or `none`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conclusions(u32);

impl Conclusions {
    /// The conditions, in the order in which Graph looks at them.
    pub fn iter(self) -> impl Iterator<Item = Condition> {
        Condition::ALL.iter().copied().filter(move |condition| self.0 >> *condition as u32 & 1 != 0)
    }

    const fn insert(&mut self, condition: Condition) {
        self.0 |= 1 << condition as u32;
    }
}

impl fmt::Display for Conclusions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return formatter.write_str("none");
        }
        for (index, condition) in self.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(formatter, "{comma}{}", condition.name())?;
        }
        Ok(())
    }
}

written!(@shown Conclusions);

/// How an authentication strength stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedStrength<'p> {
    /// Its id.
    pub authentication_strength_id: &'p str,
    /// Whether the session's methods meet it, or how many more they need.
    pub authentication_strength_result: StrengthResult,
}

written!(AppliedStrength<'_> {
    "authenticationStrengthId" => authentication_strength_id,
    "authenticationStrengthResult" => authentication_strength_result,
});

vocabulary! {
    /// Graph `authenticationStrengthResult`, those of its values that a session's methods tell.
    pub enum StrengthResult {
        /// The methods are not known.
        NotSet = "notSet",
        /// Met.
        Satisfied = "satisfied",
        /// One method more meets it.
        SingleChallengeRequired = "singleChallengeRequired",
        /// Several more are needed.
        MultipleChallengesRequired = "multipleChallengesRequired",
    }
}

impl Members for AppliedPolicy<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        let policy = self.result.policy;
        put("id", Value::Text(policy.id()));
        put("displayName", policy.display_name().value());
        self.explain(put);
    }
}

written!(@object AppliedPolicy<'_>);

impl AppliedPolicy<'_> {
    /// The members beside those that name the policy.
    pub(super) fn explain(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        let [satisfied, not_satisfied, undetermined] = &self.conditions;
        put("result", self.result.result.value());
        if let Some(outage) = self.result.outage {
            put("outage", outage.value());
        }
        put("conditionsSatisfied", satisfied.value());
        put("conditionsNotSatisfied", not_satisfied.value());
        put("conditionsUndetermined", undetermined.value());
        put("includeRulesSatisfied", self.include_rules_satisfied.value());
        put("excludeRulesSatisfied", self.exclude_rules_satisfied.value());
        match self.blocks {
            true => put("enforcedGrantControls", vec!["block"].value()),
            false => put("enforcedGrantControls", self.enforced_grant_controls.value()),
        }
        put("enforcedSessionControls", self.enforced_session_controls.value());
        put("sessionControlsNotSatisfied", self.session_controls_not_satisfied.value());
        put("authenticationStrength", self.authentication_strength.value());
    }
}

impl Written {
    /// [`PolicySet::evaluate`](super::PolicySet::evaluate), and why each policy came to what it did.
    #[must_use]
    pub fn explain(&self, facts: &Facts<'_>, unknowns: Unknowns) -> (Evaluation<'_>, Vec<AppliedPolicy<'_>>) {
        let mut unions = Unions::default();
        let state = State::new(&self.set, facts, &mut unions);
        let judgement = self.set.judge(facts, unknowns);
        let applied = judgement
            .results()
            .zip(&self.definitions)
            .enumerate()
            .map(|(index, (result, definition))| {
                self.applied(index, (result, definition), &judgement, &state, facts)
            })
            .collect();
        (judgement.into(), applied)
    }

    fn applied<'p>(
        &'p self,
        index: usize,
        (result, definition): (PolicyResult<'p>, &Definition),
        judgement: &Judgement<'p>,
        state: &State<'_>,
        facts: &Facts<'_>,
    ) -> AppliedPolicy<'p> {
        let policy = result.policy;
        let [include_rules_satisfied, exclude_rules_satisfied] = match policy.state {
            PolicyState::Disabled => [Vec::new(), Vec::new()],
            _ => [0, 1].map(|side| rules(&self.set.table, state, facts, (index, definition), side)),
        };
        let mut applied = AppliedPolicy {
            result,
            conditions: conclusions(&self.set.table, state, (policy.state, definition), index),
            include_rules_satisfied,
            exclude_rules_satisfied,
            enforced_grant_controls: Vec::new(),
            enforced_session_controls: Vec::new(),
            session_controls_not_satisfied: Vec::new(),
            authentication_strength: None,
            blocks: false,
        };
        if policy.state != PolicyState::Disabled && result.applies == Some(true) {
            self.enforced(&mut applied, (policy.blocks, definition), judgement, facts);
        }
        applied
    }

    /// What a policy that applies demands. A sign-in frequency is a clause like any other here, and a session
    /// control to people.
    fn enforced<'p>(
        &'p self,
        applied: &mut AppliedPolicy<'p>,
        (blocks, definition): (bool, &Definition),
        judgement: &Judgement<'p>,
        facts: &Facts<'_>,
    ) {
        applied.blocks = blocks;
        definition.session.each(&mut |name, _| applied.enforced_session_controls.push(name));
        for (index, control) in definition
            .grant
            .clauses
            .iter()
            .flat_map(|clause| clause.indices())
            .filter_map(|index| Some((index, self.set.controls.get(index)?)))
        {
            match control {
                Control::SignInFrequency(_) => {
                    if !judgement.met.at_most().contains(super::control::ControlSet::only(index)) {
                        applied.session_controls_not_satisfied.push("signInFrequency");
                    }
                    continue;
                }
                Control::AuthenticationStrength(id) => {
                    let amr = facts.request.session.amr.as_deref();
                    let missing = amr.map(|amr| self.set.methods.missing(amr, index));
                    applied.authentication_strength = Some(AppliedStrength {
                        authentication_strength_id: id,
                        authentication_strength_result: match missing {
                            None => StrengthResult::NotSet,
                            Some(0) => StrengthResult::Satisfied,
                            Some(1) => StrengthResult::SingleChallengeRequired,
                            Some(_) => StrengthResult::MultipleChallengesRequired,
                        },
                    });
                }
                _ => {}
            }
            applied.enforced_grant_controls.push(control);
        }
    }
}

/// Of the conditions that the policy configures: those that match, those that do not, and those not known.
fn conclusions(
    table: &Table,
    facts: &State<'_>,
    (state, policy): (PolicyState, &Definition),
    index: usize,
) -> [Conclusions; 3] {
    let mut conclusions = [Conclusions::default(); 3];
    if state == PolicyState::Disabled {
        return conclusions;
    }
    let [satisfied, not_satisfied, undetermined] = &mut conclusions;
    for condition in table.conditions.iter().copied() {
        if !policy.conditions.configures(condition) {
            continue;
        }
        let extent = table.condition(condition, facts);
        let holds = |bits: Bits| bits.contains(index);
        match (holds(extent.must), holds(extent.may)) {
            (true, _) => satisfied.insert(condition),
            (false, true) => undetermined.insert(condition),
            (false, false) => not_satisfied.insert(condition),
        }
    }
    conclusions
}

impl Conditions {
    /// Whether the policy restricts itself by this condition. Users and applications it always names.
    const fn configures(&self, condition: Condition) -> bool {
        match condition {
            Condition::Users | Condition::Application => true,
            Condition::ClientType => self.client_app_types.is_some(),
            Condition::DevicePlatform => self.platforms.is_some(),
            Condition::Location => self.locations.is_some(),
            Condition::DeviceState => self.device.is_some(),
            Condition::SignInRisk => self.sign_in_risk.is_some(),
            Condition::UserRisk => self.user_risk.is_some(),
            Condition::ServicePrincipalRisk => self.service_principal_risk.is_some(),
            Condition::AgentRisk => self.agent_risk.is_some(),
            Condition::InsiderRisk => self.insider_risk.is_some(),
            Condition::AuthenticationFlows => self.transfer_methods.is_some(),
            Condition::AgentClass => self.edge.agent_classes.is_some(),
            Condition::AgentName => self.edge.agent_names.is_some(),
            Condition::AgentVerification => self.edge.agent_verification.is_some(),
            Condition::Detection => self.edge.detections.is_some(),
            Condition::Path => self.edge.paths.is_some(),
            Condition::Method => self.edge.methods.is_some(),
            Condition::Undecidable => self.undecidable,
        }
    }
}
