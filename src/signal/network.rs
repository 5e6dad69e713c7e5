//! What kind of network the client address belongs to.

use super::travel::distance;
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

    /// Whether somebody else's machine holds the connection in the client's place.
    #[must_use]
    pub const fn is_intermediary(self) -> bool {
        matches!(self, Self::Relay | Self::Vpn | Self::Tor | Self::Hosting)
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
    /// Round-trip time between the edge and whoever holds the connection, beyond what light takes to where the address is
    /// said to be, if the edge tells where it stands. A proxy in somebody's home adds its owner's
    /// line to the way, so the shorter the way, the less room there is for one; the steps are narrower than one line
    /// varies, because a line's times are spread by a factor and not by a number of milliseconds.
    RoundTrip {
        /// Under 4 ms: a machine in a data centre next to the edge, or one that is not where its address is said to be.
        Immediate = "immediate",
        /// Up to 9 ms: fibre in the same town.
        Quick = "quick",
        /// Up to 14 ms: fixed lines, where a proxy in somebody's home hardly ever gets.
        Short = "short",
        /// Up to 19 ms: fixed lines, where one rarely gets.
        Brisk = "brisk",
        /// Up to 26 ms: fixed lines further away.
        Moderate = "moderate",
        /// Up to 36 ms: lines and proxies are as likely.
        Usual = "usual",
        /// Up to 59 ms: radio, proxies.
        Slow = "slow",
        /// More: bad radio, satellites, chains of proxies.
        Long = "long",
        /// The connection ends at an intermediary, and its way says nothing of whoever is behind it.
        Intermediary = "intermediary",
        /// The host does not measure.
        Absent = "absent",
    }
}

impl RoundTrip {
    pub(super) fn read(request: &Request<'_>) -> Self {
        match request.transport.rtt_ms.map(|rtt| rtt.saturating_sub(light_time(request))) {
            Some(0..=3) => Self::Immediate,
            Some(4..=9) => Self::Quick,
            Some(10..=14) => Self::Short,
            Some(15..=19) => Self::Brisk,
            Some(20..=26) => Self::Moderate,
            Some(27..=36) => Self::Usual,
            Some(37..=59) => Self::Slow,
            Some(_) => Self::Long,
            None => Self::Absent,
        }
    }

    /// What it says where the address belongs to a network of a kind.
    #[must_use]
    pub const fn through(self, network: Network) -> Self {
        if network.is_intermediary() && !matches!(self, Self::Absent) { Self::Intermediary } else { self }
    }
}

/// Milliseconds that light takes in fibre from the edge to the client's place and back: 100 km each (two thirds of its
/// speed in vacuum). A straight line through the Earth is shorter than any cable, so nobody is given too much.
fn light_time(request: &Request<'_>) -> u32 {
    let (client, edge) = (&request.client, &request.transport);
    let places = client.latitude.zip(client.longitude).zip(edge.edge_latitude.zip(edge.edge_longitude));
    let kilometres = places.and_then(|(client, edge)| distance(client, edge)).unwrap_or_default();
    u32::try_from(kilometres / 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_light_takes_to_the_place_is_not_held_against_it() {
        let of = |rtt: u32, place: &str| {
            let json = format!(
                r#"{{"client":{{{place}}},"transport":{{"rttMs":{rtt},"edgeLatitude":59.9,"edgeLongitude":10.7}}}}"#
            );
            RoundTrip::read(&serde_json::from_str(&json).unwrap())
        };
        let (oslo, sydney) = (r#""latitude":59.9,"longitude":10.7"#, r#""latitude":-33.9,"longitude":151.2"#);
        assert_eq!(of(12, oslo), RoundTrip::Short);
        assert_eq!(of(12, ""), RoundTrip::Short, "nobody says where it is");
        // 12,100 km through the Earth.
        assert_eq!(of(150, oslo), RoundTrip::Long);
        assert_eq!(of(150, sydney), RoundTrip::Usual);
        assert_eq!(of(12, sydney), RoundTrip::Immediate, "faster than light");
    }

    #[test]
    fn the_way_to_an_intermediary_is_not_the_clients() {
        let read = |json: &str| {
            let request: Request<'_> = serde_json::from_str(json).unwrap();
            RoundTrip::read(&request).through(Network::stated(&request))
        };
        let of = |proxy: &str, rtt: &str| {
            read(&format!(r#"{{"client":{{"proxy":"{proxy}"}},"transport":{{"rttMs":{rtt}}}}}"#))
        };
        for proxy in ["relay", "vpn", "tor", "hosting"] {
            assert_eq!(of(proxy, "12"), RoundTrip::Intermediary, "{proxy}");
            assert_eq!(of(proxy, "null"), RoundTrip::Absent, "{proxy}");
        }
        for proxy in ["none", "corporate"] {
            assert_eq!(of(proxy, "12"), RoundTrip::Short, "{proxy}");
        }
        assert_eq!(read(r#"{"transport":{"rttMs":12}}"#), RoundTrip::Short);
        let bins = [0, 3, 4, 9, 10, 14, 15, 19, 20, 26, 27, 36, 37, 59, 60, u32::MAX]
            .map(|rtt| of("none", &rtt.to_string()) as u8);
        assert_eq!(bins, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
    }
}
