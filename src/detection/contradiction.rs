//! `agentContradiction`: the client's claims contradict each other. Ours; Entra has no user-agent condition.
//!
//! `Sec-` headers can not be set by page scripts, so a mismatch is a tool that forged one side. Known false
//! positives: "request desktop site" on old mobile browsers, and extensions that rewrite the user agent. What a proxy
//! on the way may have done is low when alone.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::Finding;
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    const CONTRADICTIONS: [(Finding, &str); 8] = [
        (Finding::BrandMismatch, "brandMismatch"),
        (Finding::PlatformMismatch, "platformMismatch"),
        (Finding::MobileMismatch, "mobileMismatch"),
        (Finding::TlsMismatch, "tlsMismatch"),
        (Finding::ImpossibleToken, "impossibleToken"),
        (Finding::FetchMetadataMismatch, "fetchMetadataMismatch"),
        (Finding::AcceptMismatch, "acceptMismatch"),
        (Finding::HeaderOrderMismatch, "headerOrderMismatch"),
    ];
    let found = |finding| observed.agent.findings.contains(finding);
    let names: Vec<_> =
        CONTRADICTIONS.into_iter().filter(|(finding, _)| found(*finding)).map(|(_, name)| name).collect();
    if names.is_empty() {
        return None;
    }
    const WEAK: [&str; 3] = ["mobileMismatch", "acceptMismatch", "headerOrderMismatch"];
    let is_weak = names.len() == 1 && names.iter().all(|name| WEAK.contains(name));
    let level = if is_weak { RiskLevel::Low } else { RiskLevel::Medium };
    let evidence = Evidence::default().names("findings", names);
    Some(Detection { kind: DetectionKind::AgentContradiction, level, evidence })
}
