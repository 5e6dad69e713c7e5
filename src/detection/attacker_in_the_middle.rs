//! `attackerinTheMiddle`: a new session of a person through an intermediary whose TLS is not the claimed browser's.
//!
//! Threat: a phishing page relays the sign-in through a rented server or an exit and keeps the session. It copies the
//! victim's user agent and speaks TLS with a library of its own. Whoever proves the device is not behind it: the browser gives
//! the proof to the real site's name alone. Known false positives: remote desktops and company proxies in a data centre that end
//! TLS there, until the principal was seen in that network; not high, because what is high is never learned from.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::agent::Finding;
use crate::request::PrincipalKind;
use crate::risk::RiskLevel;
use crate::signal::{Bin, Exit, Network, TokenAge};

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let (request, signals) = (observed.request, observed.signals);
    let is_relayed =
        matches!(signals.network, Network::Hosting | Network::Relay | Network::Vpn | Network::Tor);
    // No session: signing in. An older one was taken when it began, or not at all.
    let is_fresh = match signals.token_age {
        TokenAge::Unknown => request.session.id.is_none(),
        age => age == TokenAge::Hour,
    };
    if !is_relayed
        || signals.exit == Exit::Habitual
        || !is_fresh
        || request.principal.kind != Some(PrincipalKind::User)
        || !observed.agent.findings.contains(Finding::TlsMismatch)
        || signals.possession.is_proved()
    {
        return None;
    }
    let evidence = Evidence::default()
        .text("network", Some(signals.network.name()))
        .text("ja4", request.tls.ja4.as_deref())
        .text("browser", observed.agent.browser.map(|browser| browser.name));
    Some(Detection { kind: DetectionKind::AttackerInTheMiddle, level: RiskLevel::Medium, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::level_of;
    use super::*;

    const PYTHON: &str = "t13d1810h2_85036bcba153_b26ce05bbdd6";
    const RENTED: &str = r#"{"asn":64501,"proxy":"hosting"}"#;

    fn speaking(ja4: &str, client: &str, rest: &str) -> bool {
        let found = level_of(
            DetectionKind::AttackerInTheMiddle,
            &format!(
                r#"{{"time":1790000000000,"principal":{{"kind":"user","id":"u"}},"client":{client},
                    "http":{{"headers":[["user-agent","Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"]]}},
                    "tls":{{"ja4":"{ja4}"}}{rest}}}"#
            ),
        );
        found == Some(RiskLevel::Medium)
    }

    fn library(client: &str, rest: &str) -> bool {
        speaking(PYTHON, client, rest)
    }

    #[test]
    fn a_sign_in_that_a_rented_server_passes_on() {
        assert!(library(RENTED, ""));
        assert!(library(r#"{"proxy":"vpn"}"#, ""));
        let elsewhere =
            r#","profile":{"count":9,"asns":[64500]},"session":{"id":"s","establishedAt":1789999000000}"#;
        assert!(library(RENTED, elsewhere));
    }

    #[test]
    fn antivirus_at_home_a_companys_proxy_and_an_old_session_are_not_accused() {
        assert!(!library(r#"{"asn":64501,"proxy":"none"}"#, ""), "antivirus at home ends TLS, too");
        assert!(!library(r#"{"asn":64501,"proxy":"corporate"}"#, ""));
        assert!(!library(RENTED, r#","profile":{"count":9,"asns":[64501]}"#), "seen there before");
        assert!(!library(RENTED, r#","device":{"isCompliant":true}"#));
        assert!(!library(RENTED, r#","session":{"id":"s","establishedAt":1780000000000}"#), "an old session");
        assert!(!library(RENTED, r#","session":{"id":"s"}"#), "nobody says how old it is");
        assert!(!speaking("t13d1516h2_8daaf6152771_02713d6af862", RENTED, ""), "a browser in the cloud");
    }
}
