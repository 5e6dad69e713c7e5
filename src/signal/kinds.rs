//! Which networks are intermediaries: what a host's data misses of some addresses, the others of their network tell.
//!
//! Hosts label addresses, and no list of VPNs and data centres is whole; some hosts have none at all. But an autonomous
//! system most of whose labelled traffic comes from a data centre is one, for the address that is missing, too.

use super::network::Network;
use crate::compiled::compiled;
use crate::error::Error;
use crate::read::record;
use crate::sort::sort;

/// Networks a model names at most.
const LIMIT: usize = 256;

/// Autonomous systems that are intermediaries, in the order of their numbers: each above the eight bits of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkKinds(Vec<u64>);

compiled!(@wrapper NetworkKinds);

impl NetworkKinds {
    /// Kinds that a model may name, as their bins are named.
    pub const NAMED: [Network; 4] = [Network::Relay, Network::Vpn, Network::Tor, Network::Hosting];

    /// Kinds of networks by number.
    ///
    /// # Errors
    /// [`Error::Model`] if a network is named twice, or more than 256 are.
    pub fn new(networks: impl IntoIterator<Item = (u32, Network)>) -> Result<Self, Error> {
        let mut networks: Vec<_> =
            networks.into_iter().map(|(asn, kind)| u64::from(asn) << 8 | kind as u64).collect();
        sort(&mut networks);
        if networks.len() > LIMIT {
            return Err(Error::model("networks", format!("names more than {LIMIT} networks")));
        }
        if networks.windows(2).any(|pair| matches!(pair, [one, other] if one >> 8 == other >> 8)) {
            return Err(Error::model("networks", "names a network twice".to_owned()));
        }
        Ok(Self(networks))
    }

    /// What is known of a network: what the host says, or where it says nothing against it, what the model does. A
    /// company's egress and an intermediary stay what they are.
    #[must_use]
    pub fn of(&self, stated: Network, asn: Option<u32>) -> Network {
        if !matches!(stated, Network::Access | Network::Absent) {
            return stated;
        }
        let known = asn.map(u64::from).and_then(|asn| {
            let at = self.0.partition_point(|network| network >> 8 < asn);
            self.0.get(at).filter(|network| **network >> 8 == asn)
        });
        known.and_then(|network| Network::ALL.get((network & 0xff) as usize)).map_or(stated, |kind| *kind)
    }

    /// Whether the networks ascend, so that one is found.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.len() <= LIMIT
            && self.0.windows(2).all(|pair| matches!(pair, [one, other] if one >> 8 < other >> 8))
    }

    /// Its numbers, for a model's check.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.0.iter().map(|network| network.cast_signed())
    }
}

/// Kinds as they are written: `{"hosting": [64500, …], "vpn": […], …}`.
#[derive(Default)]
pub(crate) struct NetworkKindsFile {
    relay: Vec<u32>,
    vpn: Vec<u32>,
    tor: Vec<u32>,
    hosting: Vec<u32>,
}

record!(strict NetworkKindsFile {
    "relay" => Counts(relay),
    "vpn" => Counts(vpn),
    "tor" => Counts(tor),
    "hosting" => Counts(hosting),
} requires {});

impl NetworkKindsFile {
    pub(crate) fn validate(self) -> Result<NetworkKinds, Error> {
        let lists = [self.relay, self.vpn, self.tor, self.hosting];
        let networks = lists.into_iter().zip(NetworkKinds::NAMED);
        NetworkKinds::new(networks.flat_map(|(list, kind)| list.into_iter().map(move |asn| (asn, kind))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{self, Slot};

    fn kinds(json: &str) -> Result<NetworkKinds, String> {
        let mut file = NetworkKindsFile::default();
        read::from_json(json, Slot::Record(&mut file)).map_err(|why| why.to_string())?;
        file.validate().map_err(|why| why.to_string())
    }

    #[test]
    fn a_model_fills_in_what_the_host_misses_and_contradicts_nothing_it_found() {
        let kinds = kinds(r#"{"hosting":[64501,64500],"vpn":[64499]}"#).unwrap();
        assert_eq!(kinds.of(Network::Access, Some(64500)), Network::Hosting);
        assert_eq!(kinds.of(Network::Absent, Some(64499)), Network::Vpn);
        assert_eq!(kinds.of(Network::Corporate, Some(64500)), Network::Corporate);
        assert_eq!(kinds.of(Network::Tor, Some(64500)), Network::Tor);
        assert_eq!(kinds.of(Network::Access, Some(64502)), Network::Access);
        assert_eq!(kinds.of(Network::Absent, None), Network::Absent);
    }

    #[test]
    fn a_wrong_table_is_refused() {
        assert!(kinds(r#"{"moon":[1]}"#).unwrap_err().contains("moon"));
        assert!(kinds(r#"{"vpn":[1],"tor":[1]}"#).unwrap_err().contains("twice"));
        let many: Vec<String> = (0..=LIMIT).map(|asn| asn.to_string()).collect();
        assert!(kinds(&format!(r#"{{"relay":[{}]}}"#, many.join(","))).unwrap_err().contains("256"));
    }
}
