//! `anonymizedIPAddress`: Tor, a VPN or another anonymiser.
//!
//! Known false positives: privacy-minded people and travellers on VPNs, hence low; browser makers' relays are
//! not counted at all. Tor is medium: few sign in to work through it.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;
use crate::signal::{Bin, Network};

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let network = observed.signals.network;
    let level = match network {
        Network::Tor => RiskLevel::Medium,
        Network::Vpn => RiskLevel::Low,
        _ => return None,
    };
    let evidence = Evidence::default().text("network", Some(network.name()));
    Some(Detection { kind: DetectionKind::AnonymizedIpAddress, level, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn tor_by_network_kind_or_pseudo_country() {
        let medium = [(DetectionKind::AnonymizedIpAddress, RiskLevel::Medium)];
        assert_eq!(detected(r#"{"client":{"proxy":"tor"}}"#), medium);
        assert_eq!(detected(r#"{"client":{"country":"T1"}}"#), medium);
        assert_eq!(detected(r#"{"client":{"proxy":"relay"}}"#), []);
    }
}
