//! `attackerinTheMiddle`: a sign-in through a server of somebody who puts their own client in between.
//!
//! A page that relays a sign-in runs in a data centre and speaks with a library of its own, under the user agent of whom it
//! fools: the TLS handshake is not that browser's. Known false positives: remote desktops and browsers in a data
//! centre behind a proxy that ends TLS there.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::Finding;
use crate::request::PrincipalKind;
use crate::risk::RiskLevel;
use crate::signal::{Network, TokenAge};

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let Observed { request, agent, signals } = observed;
    let is_person = matches!(request.principal.kind, Some(PrincipalKind::User | PrincipalKind::AgentUser));
    // A session of yesterday was not opened here; what it drifted from tells more.
    let is_fresh = matches!(signals.token_age, TokenAge::Unknown | TokenAge::Hour);
    if !is_person || !is_fresh || signals.network != Network::Hosting {
        return None;
    }
    if !agent.findings.contains(Finding::TlsMismatch) {
        return None;
    }
    let evidence = Evidence::default()
        .number("asn", request.client.asn.unwrap_or_default())
        .text("ja4", request.tls.ja4.as_deref())
        .text("browser", agent.browser.map(|browser| browser.name));
    Some(Detection { kind: DetectionKind::AttackerInTheMiddle, level: RiskLevel::Medium, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn a_library_in_a_data_centre_under_a_browsers_name() {
        let found = |proxy: &str, ja4: &str, established: i64| {
            let kinds = detected(&format!(
                r#"{{"time":1790018000000,"client":{{"asn":64500,"proxy":"{proxy}"}},"tls":{{"ja4":"{ja4}"}},
                    "principal":{{"kind":"user","id":"u"}},"session":{{"establishedAt":{established}}},
                    "http":{{"headers":[["user-agent","Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"]]}}}}"#
            ));
            kinds.contains(&(DetectionKind::AttackerInTheMiddle, RiskLevel::Medium))
        };
        let (go, chrome) = ("t13d1312h2_f57a46bbacb6_ab7e3b40a677", "t13d1516h2_8daaf6152771_02713d6af862");
        assert!(found("hosting", go, 1_790_017_900_000));
        assert!(!found("none", go, 1_790_017_900_000), "antivirus at home ends TLS, too");
        assert!(!found("hosting", chrome, 1_790_017_900_000), "a browser in the cloud");
        assert!(!found("hosting", go, 1_789_000_000_000), "an old session");
    }
}
