//! What is known of a principal's past: a plain value that the host supplies and never the engine's to keep.

mod compact;
mod counts;
mod line;
mod seal;

use std::borrow::Cow;
use std::net::IpAddr;

pub use counts::{Counts, Habit};
pub use line::{CookieUse, LineSeen};
pub use seal::{Opened, ProfileKey, SealOutcome, Seals};

use crate::agent::Agent;
use crate::city::CityCell;
use crate::identifier::{AddressPrefix, IdentifierKind, Identifiers};
use crate::read::record;
use crate::request::{Proxy, Request, Text};
use crate::system;
use crate::tls::TlsFamily;
use crate::write::written;

/// History of one principal. Values are whatever the caller compares with: plain, or keyed hashes of them. Newest
/// last. An empty list of networks, systems, TLS clients or hours means that whoever keeps the profile does not keep these.
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
    /// Half-degree cells of the places seen ([`CityCell`]).
    pub cities: Vec<Text<'a>>,
    /// Agent keys seen ([`Agent::key`]), each with the highest major version seen of it where one is known:
    /// `Chrome/windows/141`.
    pub agents: Vec<Text<'a>>,
    /// Systems seen ([`system::named_by`]).
    pub systems: Vec<Text<'a>>,
    /// TLS clients seen ([`TlsFamily`]).
    pub tls: Vec<Text<'a>>,
    /// Device ids seen.
    pub devices: Vec<Text<'a>>,
    /// Sign-ins per eighth of the UTC day; recent ones weigh more.
    pub hours: Vec<u32>,
    /// Where and when the principal was last seen.
    pub last: Option<Sighting>,
    /// How many sign-ins showed each value.
    pub counts: Counts,
}

record!(Profile<'a> {
    "count" => Whole(count),
    "networks" => List(networks),
    "asns" => Counts(asns),
    "countries" => List(countries),
    "cities" => List(cities),
    "agents" => List(agents),
    "systems" => List(systems),
    "tls" => List(tls),
    "devices" => List(devices),
    "hours" => Counts(hours),
    "last" => Record(last),
    "counts" => Record(counts),
});

written!(Profile<'_> {
    "count" => count,
    "networks" => networks,
    "asns" => asns,
    "countries" => countries,
    "cities" => cities,
    "agents" => agents,
    "systems" => systems,
    "tls" => tls,
    "devices" => devices,
    "hours" => hours,
    "last" => last,
    "counts" => counts,
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

/// Values kept of each kind; the one not seen for longest goes first. As many as sealed profiles have room for.
pub(crate) mod kept {
    pub(crate) const NETWORKS: usize = 8;
    pub(crate) const ASNS: usize = 8;
    pub(crate) const COUNTRIES: usize = 4;
    pub(crate) const CITIES: usize = 6;
    pub(crate) const AGENTS: usize = 6;
    pub(crate) const SYSTEMS: usize = 6;
    pub(crate) const TLS: usize = 6;
    pub(crate) const DEVICES: usize = 6;
}

impl Profile<'_> {
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

    /// Place of a TLS client among those seen.
    pub(crate) fn place_of_tls(&self, ja4: &str) -> Option<usize> {
        let family = TlsFamily::of(ja4);
        self.tls.iter().position(|known| family.is(known))
    }

    /// Place of a cell among those seen, or of one beside it.
    pub(crate) fn place_of_city(&self, city: CityCell) -> Option<usize> {
        let is_near = |known: &Text<'_>| CityCell::parse(known).is_some_and(|known| city.is_near(known));
        let exact = self.cities.iter().position(|known| CityCell::parse(known) == Some(city));
        exact.or_else(|| self.cities.iter().position(is_near))
    }

    /// Place of an agent among those seen.
    pub(crate) fn place_of_agent(&self, agent: &Agent<'_>) -> Option<usize> {
        self.agents.iter().position(|seen| agent.key_is(split_version(seen).0))
    }

    /// Highest major version seen of an agent.
    pub(crate) fn version_of(&self, agent: &Agent<'_>) -> Option<u32> {
        self.place_of_agent(agent).and_then(|place| split_version(self.agents.get(place)?).1)
    }

    /// Whether the version of any agent is known.
    pub(crate) fn keeps_versions(&self) -> bool {
        self.agents.iter().any(|seen| split_version(seen).1.is_some())
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
        self.keep_agent(agent);
        let network = client.ip.map(|ip| owned(&AddressPrefix::of(ip).to_string()));
        let tls = request.tls.ja4.as_deref().map(|ja4| owned(&TlsFamily::of(ja4).to_string()));
        let city = client.city_cell().map(|city| owned(&city.to_string()));
        let device = device.map(|id| owned(&identifiers.of(IdentifierKind::Device, id)));
        let (n, counts) = (self.count, &mut self.counts);
        keep(&mut self.networks, &mut counts.networks, kept::NETWORKS, n, network);
        keep(&mut self.asns, &mut counts.asns, kept::ASNS, n, client.asn);
        keep(
            &mut self.countries,
            &mut counts.countries,
            kept::COUNTRIES,
            n,
            client.country.as_deref().map(owned),
        );
        keep(&mut self.cities, &mut counts.cities, kept::CITIES, n, city);
        keep(&mut self.systems, &mut counts.systems, kept::SYSTEMS, n, system::named_by(request).map(owned));
        keep(&mut self.tls, &mut counts.tls, kept::TLS, n, tls);
        keep(&mut self.devices, &mut counts.devices, kept::DEVICES, n, device);
        self.count = n.saturating_add(1);
        let Some(time) = request.time else { return };
        self.count_hour(time);
        let has_place = !client.proxy.is_some_and(Proxy::hides_place);
        if let (true, Some(latitude_e6), Some(longitude_e6)) = (has_place, client.latitude, client.longitude)
        {
            self.last = Some(Sighting { time, latitude_e6, longitude_e6 });
        }
    }

    /// Makes an agent the newest, of the highest version it was seen with.
    fn keep_agent(&mut self, agent: &Agent<'_>) {
        if !agent.has_key() {
            return;
        }
        let before = self.version_of(agent);
        let version = before.max(agent.browser.map(|browser| browser.major).filter(|major| *major > 0));
        let entry = owned(&versioned(agent.key(), version));
        // The same agent of another version is the same value.
        if let Some(seen) = self.place_of_agent(agent).and_then(|place| self.agents.get_mut(place)) {
            seen.clone_from(&entry);
        }
        keep(&mut self.agents, &mut self.counts.agents, kept::AGENTS, self.count, Some(entry));
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

/// An entry of [`Profile::agents`]: the key, and the version.
pub(crate) fn split_version(entry: &str) -> (&str, Option<u32>) {
    let parts = entry.rsplit_once('/').and_then(|(key, version)| Some((key, version.parse().ok()?)));
    parts.map_or((entry, None), |(key, version)| (key, Some(version)))
}

/// Writes one.
fn versioned(key: String, version: Option<u32>) -> String {
    match version {
        Some(version) => format!("{key}/{version}"),
        None => key,
    }
}

/// Makes a value the newest of those kept, and counts it. `sign_ins` is how many there were before.
fn keep<T: PartialEq>(
    kept: &mut Vec<T>,
    counts: &mut Vec<u32>,
    most: usize,
    sign_ins: u32,
    value: Option<T>,
) {
    let Some(value) = value else { return };
    counts::complete(counts, kept.len(), sign_ins);
    let before = match kept.iter().position(|old| *old == value) {
        Some(place) => {
            kept.remove(place);
            counts.remove(place)
        }
        None => 0,
    };
    if kept.len() >= most {
        kept.remove(0);
        counts.remove(0);
    }
    kept.push(value);
    counts::add(counts, before);
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
        assert_eq!((profile.count, profile.asns.len()), (21, kept::ASNS));
        assert_eq!((profile.asns.first(), profile.asns.last()), (Some(&64_513), Some(&64_510)));
    }

    #[test]
    fn values_are_counted_as_they_come_and_go() {
        let mut profile = Profile { count: 8, asns: vec![1, 2], ..Profile::default() };
        for asn in [2, 2, 3] {
            learn(&mut profile, &format!(r#"{{"client":{{"asn":{asn}}}}}"#));
        }
        assert_eq!(
            (&*profile.asns, &*profile.counts.asns),
            (&[1, 2, 3][..], &[4, 6, 1][..]),
            "eight shared by two"
        );
        for (latitude, longitude) in [(59.9, 10.7), (60.1, 10.6), (63.4, 10.4)] {
            learn(
                &mut profile,
                &format!(r#"{{"client":{{"latitude":{latitude},"longitude":{longitude}}}}}"#),
            );
        }
        assert_eq!(profile.cities, [owned("60.0,10.5"), owned("63.5,10.5")]);
        assert_eq!(profile.counts.cities, [2, 1]);
        for _ in 0..300 {
            learn(&mut profile, r#"{"client":{"asn":3}}"#);
        }
        assert_eq!(profile.counts.asns, [2, 3, 173], "aged by half once");
    }

    #[test]
    fn a_city_reaches_as_far_as_the_cells_beside_it() {
        let profile = Profile {
            cities: vec![owned("60.0,10.0"), owned("60.0,10.5"), owned("5f3a91")],
            ..Profile::default()
        };
        let place = |latitude, longitude| profile.place_of_city(CityCell::of(latitude, longitude).unwrap());
        assert_eq!(place(60_000_000, 10_500_000), Some(1), "its own before one beside it");
        assert_eq!(place(60_500_000, 11_000_000), Some(1));
        assert_eq!(place(61_000_000, 10_500_000), None);
    }

    #[test]
    fn an_agent_is_kept_once_with_its_highest_version() {
        let mut profile = Profile::default();
        for (system, major) in [
            ("Windows NT 10.0", 139),
            ("X11; Linux x86_64", 140),
            ("Windows NT 10.0", 141),
            ("Windows NT 10.0", 138),
        ] {
            let agent = format!(
                "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
            );
            learn(
                &mut profile,
                &serde_json::json!({ "http": { "headers": [["user-agent", agent]] } }).to_string(),
            );
        }
        assert_eq!(profile.agents, [owned("Chrome/linux/140"), owned("Chrome/windows/141")]);
        assert_eq!(profile.systems, [owned("X11; Linux x86_64"), owned("Windows NT 10.0")]);
        assert_eq!(profile.counts.agents, [1, 3]);
        assert_eq!(split_version("curl"), ("curl", None));
        assert_eq!(split_version("Chrome/windows"), ("Chrome/windows", None));
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
