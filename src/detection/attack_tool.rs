//! `attackTool`: a scanner, sprayer or token tool by name, or an injected payload. Ours.
//!
//! Known false positives: the operator's own scanners, which should be named in an exclusion.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::{AgentClass, Finding};
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let agent = observed.agent;
    let by = if agent.class == AgentClass::AttackTool {
        "agent"
    } else if agent.findings.contains(Finding::InjectedPayload) {
        "payload"
    } else {
        return None;
    };
    let evidence = Evidence::default().text("by", Some(by)).text("name", agent.name);
    Some(Detection { kind: DetectionKind::AttackTool, level: RiskLevel::High, evidence })
}
