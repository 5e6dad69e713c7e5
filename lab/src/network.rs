//! Which networks are intermediaries, by what hosts say of their addresses: data of VPNs and data centres misses some,
//! and the rest of the network tells.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use edgeward::signal::{Bin, Network, NetworkKinds};

/// Addresses that must be seen of a network before a model names it: of fewer, chance has too large a say.
const LEAST: usize = 20;

/// Numbers of networks by the name of their kind: what a model file states.
pub type Networks = BTreeMap<String, Vec<u32>>;

/// The same as the engine reads them.
///
/// # Errors
/// What is wrong with them.
pub fn kinds(networks: &Networks) -> Result<NetworkKinds, String> {
    let of_kind =
        |kind: Network| networks.get(kind.name()).into_iter().flatten().map(move |asn| (*asn, kind));
    NetworkKinds::new(NetworkKinds::NAMED.into_iter().flat_map(of_kind)).map_err(|why| why.to_string())
}

/// What hosts said of the addresses of a stream. It is no matter who was behind them, so no labels of people are needed:
/// a network that people are never seen on is known by its attackers.
#[derive(Debug, Clone, Default)]
pub struct Labels(HashMap<u32, HashMap<IpAddr, Network>>);

impl Labels {
    /// Counts an address, if its host says what it is.
    pub(crate) fn count(&mut self, asn: u32, ip: IpAddr, stated: Network) {
        if stated != Network::Absent {
            self.0.entry(asn).or_default().insert(ip, stated);
        }
    }

    /// Networks of which most addresses are intermediaries, by the commonest kind among them.
    #[must_use]
    pub fn networks(&self) -> Networks {
        let mut networks = Networks::new();
        for (asn, addresses) in self.0.iter().filter(|(_, addresses)| addresses.len() >= LEAST) {
            let count = |kind: &Network| addresses.values().filter(|stated| *stated == kind).count();
            let counts = NetworkKinds::NAMED.map(|kind| (count(&kind), kind));
            let intermediaries: usize = counts.iter().map(|(count, _)| count).sum();
            if let Some((_, kind)) = counts.iter().max_by_key(|(count, _)| *count)
                && 2 * intermediaries > addresses.len()
            {
                networks.entry(kind.name().to_owned()).or_default().push(*asn);
            }
        }
        networks.values_mut().for_each(|numbers| numbers.sort_unstable());
        networks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_what_most_of_its_addresses_are() {
        let mut labels = Labels::default();
        let mut see = |asn: u32, host: u8, stated| labels.count(asn, [192, 0, 2, host].into(), stated);
        let (access, hosting, vpn) = (Network::Access, Network::Hosting, Network::Vpn);
        for host in 0..20 {
            see(64500, host, if host < 11 { hosting } else { access });
            see(64501, host, if host < 10 { hosting } else { access });
            // Half of what is labelled is a VPN, and a third a data centre.
            see(64502, host, [vpn, vpn, hosting, vpn, hosting, access][usize::from(host % 6)]);
            see(64503, host % 19, vpn);
            see(64504, host, Network::Absent);
        }
        let networks = labels.networks();
        let expected = [("hosting", vec![64500]), ("vpn", vec![64502])];
        assert_eq!(networks, expected.map(|(kind, numbers)| (kind.to_owned(), numbers)).into());
        assert_eq!(kinds(&networks).unwrap().of(Network::Access, Some(64502)), Network::Vpn);
        assert!(kinds(&Networks::from([("vpn".to_owned(), vec![1, 1])])).is_err());
    }
}
