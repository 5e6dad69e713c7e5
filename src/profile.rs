//! What is known of a principal's past: a plain value that the host supplies and never the engine's to keep.

mod compact;
mod line;
mod seal;

use std::borrow::Cow;
use std::net::IpAddr;

pub use line::{CookieUse, LineSeen};
pub use seal::{Opened, ProfileKey, SealOutcome, Seals};

use crate::agent::Agent;
use crate::identifier::{AddressPrefix, IdentifierKind, Identifiers};
use crate::read::record;
use crate::request::{Proxy, Request, Text};
use crate::tls::TlsFamily;
use crate::write::written;

/// History of one principal. Values are whatever the caller compares with: plain, or keyed hashes of them. Newest
/// last. An empty list of networks, TLS clients or hours means that whoever keeps the profile does not keep these.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile<'a> {
    /// Successful sign-ins it was built from.
    pub count: u32,
    /// Prefixes of the addresses seen ([`AddressPrefix`]).
    pub networks: Vec<Text<'a>>,
    /// Autonomous system numbers seen.
    pub asns: Vec<u32>,
    /// Countries seen, ISO 3166-1 alpha-2.
    pub countries: Vec<Text<'a>>,
    /// Agent keys seen ([`Agent::key`]).
    pub agents: Vec<Text<'a>>,
    /// TLS clients seen ([`TlsFamily`]).
    pub tls: Vec<Text<'a>>,
    /// Device ids seen.
    pub devices: Vec<Text<'a>>,
    /// Sign-ins per eighth of the UTC day; recent ones weigh more.
    pub hours: Vec<u32>,
    /// Where and when the principal was last seen.
    pub last: Option<Sighting>,
}

record!(Profile<'a> {
    "count" => Whole(count),
    "networks" => List(networks),
    "asns" => Counts(asns),
    "countries" => List(countries),
    "agents" => List(agents),
    "tls" => List(tls),
    "devices" => List(devices),
    "hours" => Counts(hours),
    "last" => Record(last),
});

written!(Profile<'_> {
    "count" => count,
    "networks" => networks,
    "asns" => asns,
    "countries" => countries,
    "agents" => agents,
    "tls" => tls,
    "devices" => devices,
    "hours" => hours,
    "last" => last,
});

/// A place and a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sighting {
    /// Milliseconds since the Unix epoch.
    pub time: i64,
    /// Degrees north, in millionths.
    pub latitude_e6: i32,
    /// Degrees east, in millionths.
    pub longitude_e6: i32,
}

record!(Sighting {
    "time" => Whole(time),
    "latitudeE6" => Whole(latitude_e6),
    "longitudeE6" => Whole(longitude_e6),
});

written!(Sighting {
    "time" => time,
    "latitudeE6" => latitude_e6,
    "longitudeE6" => longitude_e6,
});

impl Profile<'_> {
    /// Values kept of each kind; the one not seen for longest goes first.
    pub const KEPT: usize = 8;
    /// Sign-ins counted of an eighth of the day.
    const MOST: u32 = 200;

    pub(crate) fn knows_address(&self, ip: IpAddr) -> bool {
        let prefix = AddressPrefix::of(ip);
        self.networks.iter().any(|known| prefix.is(known))
    }

    /// Whether a network of the profile is of the same pool as the address.
    pub(crate) fn knows_pool(&self, ip: IpAddr) -> bool {
        let prefix = AddressPrefix::of(ip);
        self.networks.iter().any(|known| prefix.is_near(known))
    }

    pub(crate) fn knows_tls(&self, ja4: &str) -> bool {
        let family = TlsFamily::of(ja4);
        self.tls.iter().any(|known| family.is(known))
    }

    /// Which eighth of the UTC day a moment falls into, 0 to 7.
    pub(crate) fn eighth_of_day(time: i64) -> usize {
        usize::try_from(time.rem_euclid(86_400_000) / 10_800_000).unwrap_or(0)
    }
}

impl Profile<'static> {
    /// Adds a sign-in that succeeded. Never call it for one that did not: a thief must not teach the profile.
    pub fn learn(&mut self, request: &Request<'_>, agent: &Agent<'_>, identifiers: &Identifiers) {
        let (client, device) = (&request.client, request.device.device_id.as_deref());
        self.count = self.count.saturating_add(1);
        keep(&mut self.networks, client.ip.map(|ip| owned(&AddressPrefix::of(ip).to_string())));
        keep(&mut self.asns, client.asn);
        keep(&mut self.countries, client.country.as_deref().map(owned));
        keep(&mut self.agents, agent.has_key().then(|| owned(&agent.key())));
        keep(&mut self.tls, request.tls.ja4.as_deref().map(|ja4| owned(&TlsFamily::of(ja4).to_string())));
        keep(&mut self.devices, device.map(|id| owned(&identifiers.of(IdentifierKind::Device, id))));
        let Some(time) = request.time else { return };
        self.count_hour(time);
        let has_place = !client.proxy.is_some_and(Proxy::hides_place);
        if let (true, Some(latitude_e6), Some(longitude_e6)) = (has_place, client.latitude, client.longitude)
        {
            self.last = Some(Sighting { time, latitude_e6, longitude_e6 });
        }
    }

    /// Counts a sign-in in its eighth of the day.
    pub fn count_hour(&mut self, time: i64) {
        self.hours.resize(8, 0);
        if self.hours.iter().any(|count| *count >= Self::MOST) {
            // Habits age by halves, and keep their proportions.
            self.hours.iter_mut().for_each(|count| *count /= 2);
        }
        if let Some(count) = self.hours.get_mut(Profile::eighth_of_day(time)) {
            *count += 1;
        }
    }
}

fn owned(text: &str) -> Text<'static> {
    Text(Cow::Owned(text.to_owned()))
}

fn keep<T: PartialEq>(kept: &mut Vec<T>, value: Option<T>) {
    let Some(value) = value else { return };
    kept.retain(|old| *old != value);
    if kept.len() >= Profile::KEPT {
        kept.remove(0);
    }
    kept.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(profile: &mut Profile<'static>, json: &str) {
        let request: Request<'_> = serde_json::from_str(json).unwrap();
        profile.learn(&request, &crate::agent::classify(&request), &Identifiers::plain());
    }

    #[test]
    fn the_oldest_goes_first_and_a_known_one_becomes_the_newest() {
        let mut profile = Profile::default();
        for asn in (64_500..64_520).chain([64_510]) {
            learn(&mut profile, &format!(r#"{{"client":{{"asn":{asn}}}}}"#));
        }
        assert_eq!((profile.count, profile.asns.len()), (21, Profile::KEPT));
        assert_eq!((profile.asns.first(), profile.asns.last()), (Some(&64_513), Some(&64_510)));
    }

    #[test]
    fn counters_saturate_and_keep_their_proportions() {
        let mut profile =
            Profile { count: u32::MAX, hours: vec![0, 100, 0, 0, 200, 0, 0, 0], ..Profile::default() };
        learn(&mut profile, r#"{"time":1790000000000}"#);
        assert_eq!((profile.count, profile.hours), (u32::MAX, vec![0, 50, 0, 0, 101, 0, 0, 0]));
    }

    #[test]
    fn where_an_exit_is_nobody_was() {
        let mut profile = Profile::default();
        learn(&mut profile, r#"{"time":1,"client":{"latitude":1,"longitude":1,"proxy":"relay"}}"#);
        assert_eq!(profile.last, None);
        learn(&mut profile, r#"{"time":1,"client":{"latitude":1,"longitude":1}}"#);
        assert!(profile.last.is_some());
    }
}
