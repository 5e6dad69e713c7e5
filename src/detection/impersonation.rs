//! `agentImpersonation`: a well-known agent's name, contradicted by signature or address. Ours.
//!
//! Known false positives: an operator's new address ranges before the bundle has them; a proxy on the way that
//! changes what an agent signed.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::{SignatureStatus, Verification};
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    if observed.agent.verification != Verification::Contradicted {
        return None;
    }
    let signature = observed.agent.signature.as_deref();
    let by = match signature.map(|signature| signature.status) {
        Some(SignatureStatus::Invalid) => "signature",
        Some(SignatureStatus::Verified) => "signer",
        _ if observed.request.platform_bot.verified == Some(false) => "platform",
        _ => "address",
    };
    let evidence = Evidence::default().text("by", Some(by)).text("name", observed.agent.name);
    Some(Detection { kind: DetectionKind::AgentImpersonation, level: RiskLevel::High, evidence })
}
