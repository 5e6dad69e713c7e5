//! Why, in stable codes for logs and a sentence for people.

use super::Outcome;
use crate::policy::{Outage, PolicyOutcome, PolicyResult, PolicyState};
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

/// The reasons for `outcome`: of the policies that brought it about, or that there were none.
pub(crate) fn reasons<'a>(outcome: Outcome, results: &[PolicyResult<'a>]) -> Vec<Reason<'a>> {
    let mut reasons: Vec<_> =
        results.iter().filter_map(|result| Some(of_policy(code(outcome, result)?, result))).collect();
    if reasons.is_empty() {
        let met = results.iter().any(|result| result.result == PolicyOutcome::Success);
        reasons.push(if met {
            Reason {
                code: ReasonCode::RequirementsMet,
                policy: None,
                text: "All requirements are met.".to_owned(),
            }
        } else {
            Reason { code: ReasonCode::NoPolicyApplies, policy: None, text: "No policy applies.".to_owned() }
        });
    }
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

fn of_policy<'a>(code: ReasonCode, result: &PolicyResult<'a>) -> Reason<'a> {
    let name = result.policy.display_name().unwrap_or_else(|| result.policy.id());
    let text = match code {
        ReasonCode::BlockedByPolicy => format!("“{name}” blocks this request."),
        ReasonCode::ControlsRequired => format!("“{name}” requires more."),
        ReasonCode::Undetermined => format!("“{name}” depends on facts not known here."),
        ReasonCode::DeniedInOutage => format!("“{name}” could not be evaluated and denies in an outage."),
        ReasonCode::TakenToApplyInOutage => format!("“{name}” could not be evaluated and is taken to apply."),
        _ => format!("“{name}” could not be evaluated; the session goes on as it began."),
    };
    Reason { code, policy: Some(result.policy.id()), text }
}
