//! `agentImpersonation`: a well-known agent's name, contradicted by signature or address. Ours.
//!
//! Known false positives: an operator's new address ranges before the data is refreshed.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::Verification;
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    if observed.agent.verification != Verification::Contradicted {
        return None;
    }
    let evidence = Evidence::default().text("name", observed.agent.name);
    Some(Detection { kind: DetectionKind::AgentImpersonation, level: RiskLevel::High, evidence })
}
