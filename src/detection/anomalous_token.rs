//! `anomalousToken`: the session is presented from somewhere it was not minted for.
//!
//! Threat: a stolen session cookie (malware, attacker in the middle) is replayed. Another browser family or
//! platform is the strong sign: people change networks and countries with a session, not the browser that
//! holds its cookie. A device cookie of which another copy is in use is as strong. Known false positives: a user who switches the browser's user agent to a desktop site.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;
use crate::signal::{Binding, Possession};

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let drift = &observed.signals.session;
    let moved = [drift.asn, drift.country].contains(&Binding::Changed);
    // Whoever else uses the device's cookie copied it from the device, and the session's cookie lay beside it.
    let is_copied = observed.signals.possession == Possession::ForkedCookie;
    let level = match (drift.agent, drift.ja4) {
        _ if is_copied => RiskLevel::High,
        (Binding::Changed, Binding::Changed) => RiskLevel::High,
        (Binding::Changed, _) if moved => RiskLevel::High,
        (Binding::Changed, _) => RiskLevel::Medium,
        // The same name from another TLS stack and place: the user agent was copied along with the cookie.
        (_, Binding::Changed) if moved => RiskLevel::High,
        _ => return None,
    };
    let changed = [
        ("agent", drift.agent == Binding::Changed),
        ("ja4", drift.ja4 == Binding::Changed),
        ("asn", drift.asn == Binding::Changed),
        ("country", drift.country == Binding::Changed),
        ("deviceCookie", is_copied),
    ];
    let evidence = Evidence::default()
        .such("changed", &changed)
        .text("mintedFor", observed.request.session.binding.agent.as_deref());
    Some(Detection { kind: DetectionKind::AnomalousToken, level, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    const UA: &str = r#"["user-agent","Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"]"#;

    fn with(client: &str, binding: &str) -> Vec<(DetectionKind, RiskLevel)> {
        detected(&format!(
            r#"{{"http":{{"headers":[{UA}]}},"client":{client},"tls":{{"ja4":"t13"}},"session":{{"binding":{binding}}}}}"#
        ))
    }

    #[test]
    fn another_browser_from_another_network_is_high() {
        let found = with(r#"{"asn":64501}"#, r#"{"asn":64500,"agent":"Safari/iOS"}"#);
        assert!(found.contains(&(DetectionKind::AnomalousToken, RiskLevel::High)), "{found:?}");
    }

    #[test]
    fn another_tls_stack_from_another_network_is_high() {
        let found = with(r#"{"asn":64501}"#, r#"{"asn":64500,"ja4":"t12"}"#);
        assert!(found.contains(&(DetectionKind::AnomalousToken, RiskLevel::High)), "{found:?}");
    }

    #[test]
    fn a_copied_device_cookie_is_high_wherever_it_comes_from() {
        let found = detected(r#"{"device":{"cookie":"forked","isCompliant":true}}"#);
        assert_eq!(found, [(DetectionKind::AnomalousToken, RiskLevel::High)]);
        assert_eq!(detected(r#"{"device":{"cookie":"none"}}"#), []);
    }

    #[test]
    fn a_traveller_with_the_same_browser_is_not_accused() {
        let found = with(r#"{"asn":64501,"country":"AU"}"#, r#"{"asn":64500,"country":"NO","ja4":"t13"}"#);
        assert!(!found.iter().any(|(kind, _)| *kind == DetectionKind::AnomalousToken), "{found:?}");
    }
}
