//! `automation`: a headless or automated browser. Ours.
//!
//! Known false positives: the operator's own end-to-end tests and monitors; except them by policy.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::AgentClass;
use crate::risk::RiskLevel;
use crate::signal::PlatformVerdict;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let by = if observed.agent.class == AgentClass::Headless {
        "agent"
    } else if observed.signals.platform_bot == PlatformVerdict::Automated {
        "platform"
    } else {
        return None;
    };
    let evidence = Evidence::default().text("by", Some(by)).text("name", observed.agent.name);
    Some(Detection { kind: DetectionKind::Automation, level: RiskLevel::Medium, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn the_platform_may_know_better_than_the_user_agent() {
        assert_eq!(
            detected(r#"{"platformBot":{"score":1}}"#),
            [(DetectionKind::Automation, RiskLevel::Medium)]
        );
        assert_eq!(detected(r#"{"platformBot":{"score":1,"verified":true}}"#), []);
    }
}
