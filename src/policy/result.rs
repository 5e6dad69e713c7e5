//! What each policy came to, in Microsoft's words.

use super::model::Policy;
use crate::compiled::compiled;
use crate::vocabulary::vocabulary;
use crate::write::{Members, Value, Write, written};

vocabulary! {
    /// Graph `appliedConditionalAccessPolicyResult`.
    pub enum PolicyOutcome {
        /// Applies, and its demands are met.
        Success = "success",
        /// Applies, and blocks or has unmet demands.
        Failure = "failure",
        /// Does not apply.
        NotApplied = "notApplied",
        /// Disabled.
        NotEnabled = "notEnabled",
        /// Whether it applies, or whether its demands are met, is not known.
        Unknown = "unknown",
        /// Report-only: would be met.
        ReportOnlySuccess = "reportOnlySuccess",
        /// Report-only: would block, or a demand that no prompt can meet is unmet.
        ReportOnlyFailure = "reportOnlyFailure",
        /// Report-only: would not apply.
        ReportOnlyNotApplied = "reportOnlyNotApplied",
        /// Report-only: would prompt.
        ReportOnlyInterrupted = "reportOnlyInterrupted",
    }
}

vocabulary! {
    /// A condition: the first that did not match, or that is not known. Names are Graph's
    /// `conditionalAccessConditions`; those of agents and of HTTP are ours.
    #[expect(missing_docs, reason = "each is the condition of the same name")]
    pub enum Condition {
        Users = "users",
        Application = "application",
        ClientType = "clientType",
        DevicePlatform = "devicePlatform",
        Location = "location",
        DeviceState = "deviceState",
        SignInRisk = "signInRisk",
        UserRisk = "userRisk",
        ServicePrincipalRisk = "servicePrincipalRisk",
        AgentRisk = "agentRisk",
        InsiderRisk = "insiderRisk",
        AuthenticationFlows = "authenticationFlows",
        AgentClass = "agentClass",
        AgentName = "agentName",
        AgentVerification = "agentVerification",
        Detection = "detection",
        Path = "path",
        Method = "method",
        Undecidable = "undecidable",
    }
}

compiled!(@one_of Condition);

vocabulary! {
    /// What an undetermined policy came to when nobody could tell any more.
    pub enum Outage {
        /// `disableResilienceDefaults` is set: access is denied.
        Denied = "denied",
        /// The session was there already: what it met at its start still counts.
        SessionContinues = "sessionContinues",
        /// The session was there already, but its device is known to lack what it may have been let in for: the
        /// policy is held to what is known now.
        Reevaluated = "reevaluated",
        /// The session is new: the policy is taken to apply.
        TakenToApply = "takenToApply",
    }
}

/// What one policy came to.
#[derive(Debug, Clone, Copy)]
pub struct PolicyResult<'p> {
    /// The policy.
    pub policy: &'p Policy,
    /// Its result.
    pub result: PolicyOutcome,
    /// Whether its conditions match: `None` is not known. A disabled policy never applies.
    pub applies: Option<bool>,
    /// The condition that decided, or that is not known. `None` where the policy applies, or is disabled.
    pub reason: Option<Condition>,
    /// How an outage settled it.
    pub outage: Option<Outage>,
}

/// `{"id", "result", "reason"?, "outage"?}`. No display names: decisions are on the wire with every request.
impl Members for PolicyResult<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        put("id", Value::Text(self.policy.id()));
        put("result", self.result.value());
        if let Some(reason) = self.reason {
            put("reason", reason.value());
        }
        if let Some(outage) = self.outage {
            put("outage", outage.value());
        }
    }
}

written!(@object PolicyResult<'_>);
