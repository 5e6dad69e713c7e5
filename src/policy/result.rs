//! What each policy came to, in Microsoft's words.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::model::Policy;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Graph `appliedConditionalAccessPolicyResult`.
    pub enum Outcome {
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
    pub enum Reason {
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

vocabulary! {
    /// What an undetermined policy came to when nobody could tell any more.
    pub enum Outage {
        /// `disableResilienceDefaults` is set: access is denied.
        Denied = "denied",
        /// The session was there already: what it met at its start still counts.
        SessionContinues = "sessionContinues",
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
    pub result: Outcome,
    /// Whether its conditions match: `None` is not known. A disabled policy never applies.
    pub applies: Option<bool>,
    /// The condition that decided, or that is not known. `None` where the policy applies, or is disabled.
    pub reason: Option<Reason>,
    /// How an outage settled it.
    pub outage: Option<Outage>,
}

/// `{"id", "result", "reason"?, "outage"?}`. No display names: decisions are on the wire with every request.
impl Serialize for PolicyResult<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.policy.id())?;
        map.serialize_entry("result", &self.result)?;
        if let Some(reason) = self.reason {
            map.serialize_entry("reason", &reason)?;
        }
        if let Some(outage) = self.outage {
            map.serialize_entry("outage", &outage)?;
        }
        map.end()
    }
}
