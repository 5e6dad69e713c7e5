//! What kind of network the client address belongs to.

use super::{Familiarity, bins};
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
    /// What the host says of the address.
    #[must_use]
    pub fn stated(request: &Request<'_>) -> Self {
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

bins! {
    /// Whether an intermediary is one the principal is used to. People keep their VPN provider for years; to weigh
    /// "VPN" and "known network" one by one would accuse them every day.
    Exit {
        /// An intermediary in a network of the profile.
        Habitual = "habitual",
        /// An intermediary in a network new to the profile.
        Unfamiliar = "unfamiliar",
        /// No intermediary.
        None = "none",
        /// Not known whether there is one, or whether it is familiar.
        Unknown = "unknown",
    }
}

impl Exit {
    /// Where an intermediary is in a network as familiar as `asn`.
    #[must_use]
    pub const fn of(network: Network, asn: Familiarity) -> Self {
        match network {
            Network::Access | Network::Corporate => Self::None,
            Network::Absent => Self::Unknown,
            Network::Relay | Network::Vpn | Network::Tor | Network::Hosting => match asn {
                asn if asn.is_known() => Self::Habitual,
                asn if asn.is_new() => Self::Unfamiliar,
                _ => Self::Unknown,
            },
        }
    }
}

bins! {
    /// Round-trip time between the edge and whoever holds the connection. A proxy in somebody's home adds its owner's
    /// line to the way; the steps are about as wide as one line varies.
    RoundTrip {
        /// Under 4 ms: a machine in a data centre next to the edge.
        Immediate = "immediate",
        /// Up to 9 ms: fibre in the same town, and data centres in it.
        Quick = "quick",
        /// Up to 19 ms: fixed lines, where a proxy in somebody's home rarely gets.
        Short = "short",
        /// Up to 34 ms: fixed lines further away.
        Moderate = "moderate",
        /// Up to 59 ms: radio, VPNs, proxies.
        Usual = "usual",
        /// Up to 119 ms: bad radio, proxies at a distance.
        Slow = "slow",
        /// More: satellites, chains of proxies.
        Long = "long",
        /// The host does not measure.
        Absent = "absent",
    }
}

impl RoundTrip {
    pub(super) fn read(request: &Request<'_>) -> Self {
        match request.transport.rtt_ms {
            Some(0..=3) => Self::Immediate,
            Some(4..=9) => Self::Quick,
            Some(10..=19) => Self::Short,
            Some(20..=34) => Self::Moderate,
            Some(35..=59) => Self::Usual,
            Some(60..=119) => Self::Slow,
            Some(_) => Self::Long,
            None => Self::Absent,
        }
    }
}
