//! `suspiciousSignins`: a workload or an agent that signs in as it never did.
//!
//! Programs do not travel and do not change their mind: two properties at once that are new are rare for them. Known
//! false positives: a service that moves to another cloud.

use super::new_country::LEARNED;
use super::{Detection, DetectionKind, Evidence, Observed};
use crate::request::PrincipalKind;
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let request = observed.request;
    request.profile.as_ref().filter(|profile| profile.count >= LEARNED)?;
    if !matches!(request.principal.kind, Some(PrincipalKind::Workload | PrincipalKind::Agent)) {
        return None;
    }
    let history = &observed.signals.history;
    let dimensions = [
        ("asn", history.asn.is_new()),
        ("country", history.country.is_new()),
        ("agent", history.agent.is_new()),
    ];
    if dimensions.iter().filter(|(_, is_new)| *is_new).count() < 2 {
        return None;
    }
    let evidence = Evidence::default().such("new", &dimensions);
    Some(Detection { kind: DetectionKind::SuspiciousSignIns, level: RiskLevel::Medium, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn a_service_that_comes_from_elsewhere() {
        let found = |kind: &str, country: &str| {
            let kinds = detected(&format!(
                r#"{{"client":{{"asn":64501,"country":"{country}"}},"principal":{{"kind":"{kind}","id":"w"}},
                    "profile":{{"count":9,"asns":[64500],"countries":["NO"]}}}}"#
            ));
            kinds.contains(&(DetectionKind::SuspiciousSignIns, RiskLevel::Medium))
        };
        assert!(found("workload", "BR") && found("agent", "BR"));
        assert!(!found("workload", "NO"), "another network of the same country");
        assert!(!found("user", "BR"), "people travel");
    }
}
