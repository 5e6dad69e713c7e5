//! `failedAccessAttempt`: an agent or a workload that fails again and again.
//!
//! Programs know their secret; one that tries is looking for a way in. Known false positives: a secret that was renewed
//! and not rolled out, hence low.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::request::PrincipalKind;
use crate::risk::RiskLevel;
use crate::signal::UserFailures;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let Observed { request, signals, .. } = observed;
    let is_program = matches!(request.principal.kind, Some(PrincipalKind::Workload | PrincipalKind::Agent));
    if !is_program || !matches!(signals.user_failures, UserFailures::Several | UserFailures::Many) {
        return None;
    }
    let evidence =
        Evidence::default().number("failures", request.velocity.user_failures_1h.unwrap_or_default());
    Some(Detection { kind: DetectionKind::FailedAccessAttempt, level: RiskLevel::Low, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn programs_do_not_mistype() {
        let found = |kind: &str, failures: u32| {
            let kinds = detected(&format!(
                r#"{{"principal":{{"kind":"{kind}","id":"p"}},"velocity":{{"userFailures1h":{failures}}}}}"#
            ));
            kinds.contains(&(DetectionKind::FailedAccessAttempt, RiskLevel::Low))
        };
        assert!(found("agent", 9) && found("workload", 9));
        assert!(!found("agent", 1) && !found("user", 9));
    }
}
