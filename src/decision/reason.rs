//! Why, in stable codes for logs and a sentence for people.

use super::Outcome;
use crate::policy::{Judgement, Outage, Policy, PolicyOutcome, PolicyResult, PolicyState};
use crate::vocabulary::vocabulary;
use crate::write::written;

vocabulary! {
    /// Why a decision came out as it did. Codes are stable and never reused.
    pub enum ReasonCode {
        /// A policy that applies blocks.
        BlockedByPolicy = "blockedByPolicy",
        /// A policy that applies demands what is not met.
        ControlsRequired = "controlsRequired",
        /// Whether a policy applies or is met depends on unknown facts.
        Undetermined = "undetermined",
        /// Nobody could tell, and the policy switched resilience off.
        DeniedInOutage = "deniedInOutage",
        /// Nobody could tell, and the session is new: the policy is taken to apply.
        TakenToApplyInOutage = "takenToApplyInOutage",
        /// Nobody could tell, and the session goes on as it began.
        SessionContinuesInOutage = "sessionContinuesInOutage",
        /// Every policy that applies is met.
        RequirementsMet = "requirementsMet",
        /// No enabled policy applies.
        NoPolicyApplies = "noPolicyApplies",
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason<'a> {
    /// Stable code.
    pub code: ReasonCode,
    /// Id of the policy, where one is the reason.
    pub policy: Option<&'a str>,
    /// A sentence for people, without thresholds or anything else that helps to get around it.
    pub text: String,
}

written!(Reason<'_> {
    "code" => code,
    "policy" => ?policy,
    "text" => text,
});

impl ReasonCode {
    /// The sentence for people, before and after the name of the policy.
    pub(crate) const fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::BlockedByPolicy => ("“", "” blocks this request."),
            Self::ControlsRequired => ("“", "” requires more."),
            Self::Undetermined => ("“", "” depends on facts not known here."),
            Self::DeniedInOutage => ("“", "” could not be evaluated and denies in an outage."),
            Self::TakenToApplyInOutage => ("“", "” could not be evaluated and is taken to apply."),
            Self::SessionContinuesInOutage => {
                ("“", "” could not be evaluated; the session goes on as it began.")
            }
            Self::RequirementsMet => ("All requirements are met.", ""),
            Self::NoPolicyApplies => ("No policy applies.", ""),
        }
    }
}

/// Why `outcome`: codes, with the place and the policy that brought it about, or that there is none.
pub(crate) fn causes<'p>(
    outcome: Outcome,
    judgement: &Judgement<'p>,
    mut put: impl FnMut(ReasonCode, Option<(usize, &'p Policy)>),
) {
    let mut is_any = false;
    for (place, result) in judgement.telling() {
        if let Some(code) = code(outcome, &result) {
            put(code, Some((place, result.policy)));
            is_any = true;
        }
    }
    if !is_any {
        let met = judgement.is_any_met();
        put(if met { ReasonCode::RequirementsMet } else { ReasonCode::NoPolicyApplies }, None);
    }
}

/// The reasons for `outcome`: of the policies that brought it about, or that there were none.
pub(crate) fn reasons<'p>(outcome: Outcome, judgement: &Judgement<'p>) -> Vec<Reason<'p>> {
    let mut reasons = Vec::new();
    causes(outcome, judgement, |code, cause| {
        let policy = cause.map(|(_, policy)| policy);
        let name = policy.map_or("", Policy::name);
        let (before, after) = code.sentence();
        reasons.push(Reason { code, policy: policy.map(Policy::id), text: format!("{before}{name}{after}") });
    });
    reasons
}

fn code(outcome: Outcome, result: &PolicyResult<'_>) -> Option<ReasonCode> {
    match (result.outage, result.result) {
        (Some(Outage::Denied), _) => Some(ReasonCode::DeniedInOutage),
        (Some(Outage::SessionContinues), _) if outcome != Outcome::Block => {
            Some(ReasonCode::SessionContinuesInOutage)
        }
        (Some(Outage::Reevaluated), _) if outcome != Outcome::Block => Some(ReasonCode::ControlsRequired),
        (Some(Outage::TakenToApply), _) if outcome != Outcome::Block || result.policy.blocks() => {
            Some(ReasonCode::TakenToApplyInOutage)
        }
        (Some(_), _) => None,
        (None, PolicyOutcome::Failure) => match outcome {
            Outcome::Block => result.policy.blocks().then_some(ReasonCode::BlockedByPolicy),
            _ => Some(ReasonCode::ControlsRequired),
        },
        (None, PolicyOutcome::Unknown)
            if outcome == Outcome::Defer && result.policy.state() == PolicyState::Enabled =>
        {
            Some(ReasonCode::Undetermined)
        }
        _ => None,
    }
}
