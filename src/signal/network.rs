//! What kind of network the client address belongs to.

use super::bins;
use crate::request::{Proxy, Request};

bins! {
    /// Kind of network.
    Network {
        /// A plain access network.
        Access = "access",
        /// A company's egress.
        Corporate = "corporate",
        /// A privacy relay of a browser or operating system maker.
        Relay = "relay",
        /// Commercial VPN.
        Vpn = "vpn",
        /// Tor exit.
        Tor = "tor",
        /// Data centre or cloud.
        Hosting = "hosting",
        /// The host does not say.
        Absent = "absent",
    }
}

impl Network {
    pub(super) fn read(request: &Request<'_>) -> Self {
        match request.client.proxy {
            Some(Proxy::None) => Self::Access,
            Some(Proxy::Corporate) => Self::Corporate,
            Some(Proxy::Relay) => Self::Relay,
            Some(Proxy::Vpn) => Self::Vpn,
            Some(Proxy::Tor) => Self::Tor,
            Some(Proxy::Hosting) => Self::Hosting,
            // Cloudflare reports Tor as the pseudo-country T1.
            None if request.client.country.as_deref() == Some("T1") => Self::Tor,
            None => Self::Absent,
        }
    }
}
