//! `riskyUserSignIn`: an agent acting for a user who is at risk.
//!
//! The user's risk is a condition of its own. Counted here again, it would be held against the same account twice and feed
//! itself, so the level is none. A level that nobody states is no risk. Known false positives: those of the user's risk.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::AgentClass;
use crate::request::PrincipalKind;
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let request = observed.request;
    let is_agent = match request.principal.kind? {
        PrincipalKind::Agent | PrincipalKind::AgentUser => true,
        PrincipalKind::User => observed.agent.class == AgentClass::AiBot,
        PrincipalKind::Workload | PrincipalKind::Anonymous => false,
    };
    let level = request.risk.user.filter(|level| is_agent && *level >= RiskLevel::Medium)?;
    let evidence = Evidence::default().text("userRisk", Some(level.name())).text("name", observed.agent.name);
    Some(Detection { kind: DetectionKind::RiskyUserSignIn, level: RiskLevel::None, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn an_agent_for_somebody_at_risk_and_the_person_themselves() {
        let with = |kind: &str, risk: &str| {
            detected(&format!(r#"{{"principal":{{"kind":"{kind}","id":"a"}},"risk":{{"user":"{risk}"}}}}"#))
        };
        assert_eq!(with("agentUser", "high"), [(DetectionKind::RiskyUserSignIn, RiskLevel::None)]);
        assert_eq!(with("agentUser", "low"), []);
        assert_eq!(with("user", "high"), []);
    }
}
