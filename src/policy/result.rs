//! What each policy came to, in Microsoft's words.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::model::Policy;

/// Graph `appliedConditionalAccessPolicyResult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Applies, and its demands are met.
    Success,
    /// Applies, and blocks or has unmet demands.
    Failure,
    /// Does not apply.
    NotApplied,
    /// Disabled.
    NotEnabled,
    /// Whether it applies, or whether its demands are met, is not known.
    Unknown,
    /// Report-only: would be met.
    ReportOnlySuccess,
    /// Report-only: would block, or a demand that no prompt can meet is unmet.
    ReportOnlyFailure,
    /// Report-only: would not apply.
    ReportOnlyNotApplied,
    /// Report-only: would prompt.
    ReportOnlyInterrupted,
}

impl Outcome {
    /// The JSON name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::NotApplied => "notApplied",
            Self::NotEnabled => "notEnabled",
            Self::Unknown => "unknown",
            Self::ReportOnlySuccess => "reportOnlySuccess",
            Self::ReportOnlyFailure => "reportOnlyFailure",
            Self::ReportOnlyNotApplied => "reportOnlyNotApplied",
            Self::ReportOnlyInterrupted => "reportOnlyInterrupted",
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A condition: the first that did not match, or that is not known. Names are Graph's
/// `conditionalAccessConditions`; those of agents and of HTTP are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the condition of the same name")]
pub enum Reason {
    Users,
    Application,
    ClientType,
    DevicePlatform,
    Location,
    DeviceState,
    SignInRisk,
    UserRisk,
    ServicePrincipalRisk,
    AgentRisk,
    InsiderRisk,
    AuthenticationFlows,
    AgentClass,
    AgentName,
    AgentVerification,
    Detection,
    Path,
    Method,
    Undecidable,
}

impl Reason {
    /// The order in which conditions are looked at.
    pub const ALL: &'static [Self] = &[
        Self::Users,
        Self::Application,
        Self::ClientType,
        Self::DevicePlatform,
        Self::Location,
        Self::DeviceState,
        Self::SignInRisk,
        Self::UserRisk,
        Self::ServicePrincipalRisk,
        Self::AgentRisk,
        Self::InsiderRisk,
        Self::AuthenticationFlows,
        Self::AgentClass,
        Self::AgentName,
        Self::AgentVerification,
        Self::Detection,
        Self::Path,
        Self::Method,
        Self::Undecidable,
    ];
}

/// What an undetermined policy came to when nobody could tell any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outage {
    /// `disableResilienceDefaults` is set: access is denied.
    Denied,
    /// The session was there already: what it met at its start still counts.
    SessionContinues,
    /// The session is new: the policy is taken to apply.
    TakenToApply,
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
