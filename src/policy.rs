//! Conditional Access: Graph policies in, three-valued verdicts out.

use serde::Serialize;

use crate::agent::Agent;
use crate::detection::DetectionSet;
use crate::fact::FactSet;
use crate::request::Request;
use crate::risk::LevelSet;

/// What policies see of a request: its facts, and what the engine has found out about it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'r> {
    /// Facts the host reports; the scorer's answers are merged into them.
    pub request: &'r Request<'r>,
    /// The classified client.
    pub agent: &'r Agent<'r>,
    /// Names of the detections made.
    pub detections: DetectionSet,
    /// Sign-in risk: the levels still possible.
    pub sign_in_risk: LevelSet,
}

/// What to do with facts that are still unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknowns {
    /// They may still be asked for: answer `Undetermined` if they matter.
    Ask,
    /// Nobody can tell any more. Each undetermined policy falls back to its own outage mode
    /// (`disableResilienceDefaults`, Entra `resilience-defaults.md`).
    Settle,
}

/// The combined verdict of all policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing stands against it.
    Allow,
    /// Some requirement is not yet met.
    Challenge,
    /// A policy blocks.
    Block,
    /// Unknown facts could change the verdict.
    Undetermined,
}
