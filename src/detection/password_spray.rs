//! `passwordSpray`: many principals from one address with failures, seen from a single edge.
//!
//! The scorer sees sprays that are spread over edges; this is the part that a host's own counters show.
//! Known false positives: carrier-grade NAT and schools, hence failures are required too.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;
use crate::signal::{AddressUsers, UserFailures};

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let signals = observed.signals;
    if signals.address_users != AddressUsers::Many
        || matches!(signals.user_failures, UserFailures::None | UserFailures::Absent)
    {
        return None;
    }
    let velocity = &observed.request.velocity;
    let evidence = Evidence::default()
        .number("principalsFromAddress", velocity.ip_users_1h.unwrap_or_default())
        .number("failures", velocity.user_failures_1h.unwrap_or_default());
    Some(Detection { kind: DetectionKind::PasswordSpray, level: RiskLevel::High, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn a_crowd_behind_one_address_needs_failures_too() {
        assert_eq!(
            detected(r#"{"velocity":{"ipUsers1h":80,"userFailures1h":1}}"#),
            [(DetectionKind::PasswordSpray, RiskLevel::High)]
        );
        assert_eq!(detected(r#"{"velocity":{"ipUsers1h":80,"userFailures1h":0}}"#), []);
        assert_eq!(detected(r#"{"velocity":{"ipUsers1h":2,"userFailures1h":9}}"#), []);
    }
}
