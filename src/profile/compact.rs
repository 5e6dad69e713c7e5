//! The canonical bytes of a profile, small enough for a cookie: at most 205.
//!
//! Networks, agents, systems, TLS clients and devices become *marks*: keyed hashes cut to two or three bytes, of which nobody
//! learns the value, and of which another principal's are different. A mark that happens to be that of a strange value
//! makes it look known: once in ten thousand for agents, systems and TLS clients, of which anybody can copy the right ones anyway,
//! once in two million for networks and devices.
//!
//! Each value is followed by the sign-ins that showed it, in a byte; 0 where nobody counted.

use std::borrow::Cow;

use super::{Counts, Profile, Sighting, kept, split_version, versioned};
use crate::agent::Agent;
use crate::city::CityCell;
use crate::identifier::{AddressPrefix, IdentifierKind, Identifiers, decode_hex, encode_hex};
use crate::request::{Request, Text};
use crate::system;
use crate::tls::TlsFamily;

/// Starts the text of a mark. No header can carry it, so that no client can name itself like a mark.
const MARK: char = '\u{1}';

/// 2020-01-01 in milliseconds since the Unix epoch. Minutes since then fit three bytes until 2051.
const EPOCH: i64 = 1_577_836_800_000;
const MINUTE: i64 = 60_000;

/// Flags, the count in two bytes, and the length of each list in half of one.
const HEAD: usize = 7;
const HAS_HOURS: u8 = 1;
const HAS_LAST: u8 = 2;

/// A list whose values are carried as marks.
struct Dimension {
    name: &'static str,
    bytes: usize,
    kept: usize,
}

const NETWORK: Dimension = Dimension { name: "network", bytes: 3, kept: kept::NETWORKS };
const AGENT: Dimension = Dimension { name: "agent", bytes: 2, kept: kept::AGENTS };
const SYSTEM: Dimension = Dimension { name: "system", bytes: 2, kept: kept::SYSTEMS };
const TLS: Dimension = Dimension { name: "tls", bytes: 2, kept: kept::TLS };
const DEVICE: Dimension = Dimension { name: "device", bytes: 3, kept: kept::DEVICES };

/// Makes the marks of one principal.
pub(super) struct Marks<'a> {
    pub identifiers: &'a Identifiers,
    pub principal: &'a str,
}

impl Marks<'_> {
    fn of(&self, dimension: &Dimension, value: &str) -> Vec<u8> {
        // A value that is a mark already was never told to this edge.
        if let Some(mark) = value.strip_prefix(MARK).and_then(decode_hex)
            && mark.len() == dimension.bytes
        {
            return mark;
        }
        let digest = self.identifiers.digest(&["profile", self.principal, dimension.name, value]);
        digest.get(..dimension.bytes).unwrap_or(&digest).to_vec()
    }

    /// Puts the request's own values in the place of their marks.
    pub(super) fn recognise(&self, profile: &mut Profile<'_>, request: &Request<'_>, agent: &Agent<'_>) {
        self.recognise_agent(&mut profile.agents, agent);
        let address = request.client.ip.map(|ip| AddressPrefix::of(ip).to_string());
        let tls = request.tls.ja4.as_deref().map(|ja4| TlsFamily::of(ja4).to_string());
        let device = request.device.device_id.as_deref();
        let device = device.map(|id| self.identifiers.of(IdentifierKind::Device, id).to_string());
        for (list, dimension, value) in [
            (&mut profile.networks, NETWORK, address),
            (&mut profile.systems, SYSTEM, system::named_by(request).map(str::to_owned)),
            (&mut profile.tls, TLS, tls),
            (&mut profile.devices, DEVICE, device),
        ] {
            let Some(value) = value.filter(|_| !list.is_empty()) else { continue };
            let mark = mark_text(&self.of(&dimension, &value));
            if let Some(known) = list.iter_mut().find(|known| ***known == *mark) {
                *known = text(value);
            }
        }
    }

    fn recognise_agent(&self, agents: &mut [Text<'_>], agent: &Agent<'_>) {
        if agents.is_empty() || !agent.has_key() {
            return;
        }
        let mark = mark_text(&self.of(&AGENT, &agent.key()));
        let known = agents.iter_mut().find(|known| split_version(known).0 == mark);
        if let Some(known) = known {
            let version = split_version(known).1;
            *known = text(versioned(agent.key(), version));
        }
    }

    /// Writes a profile. What it holds beyond what is [`kept`] of a kind, oldest first, is left out, and so is an
    /// autonomous system of 2²⁴ or more: those are private ones.
    pub(super) fn encode(&self, profile: &Profile<'_>) -> Vec<u8> {
        let counts = &profile.counts;
        let mut lists = Lists { bytes: vec![0; HEAD], lengths: Vec::with_capacity(8) };
        self.put(&mut lists, &NETWORK, &profile.networks, &counts.networks);
        let three = |number: u32| number.to_be_bytes().strip_prefix(&[0]).map(<[u8]>::to_vec);
        lists.put(kept::ASNS, &counts.asns, &mut profile.asns.iter().map(|asn| three(*asn)));
        let country =
            |country: &Text<'_>| is_country(country.as_bytes()).then(|| country.as_bytes().to_vec());
        lists.put(kept::COUNTRIES, &counts.countries, &mut profile.countries.iter().map(country));
        let cell = |city: &Text<'_>| CityCell::parse(city).map(CityCell::number).and_then(three);
        lists.put(kept::CITIES, &counts.cities, &mut profile.cities.iter().map(cell));
        let agent = |entry: &Text<'_>| {
            let (key, version) = split_version(entry);
            let mut mark = self.of(&AGENT, key);
            mark.push(version.map_or(0, byte));
            Some(mark)
        };
        lists.put(kept::AGENTS, &counts.agents, &mut profile.agents.iter().map(agent));
        self.put(&mut lists, &SYSTEM, &profile.systems, &counts.systems);
        self.put(&mut lists, &TLS, &profile.tls, &counts.tls);
        self.put(&mut lists, &DEVICE, &profile.devices, &counts.devices);
        let Lists { mut bytes, lengths } = lists;
        let mut flags = 0;
        if profile.hours.len() == 8 {
            flags |= HAS_HOURS;
            bytes.extend(profile.hours.iter().map(|count| byte(*count)));
        }
        let last = profile.last.and_then(|last| {
            Some((last.time, three(CityCell::of(last.latitude_e6, last.longitude_e6)?.number())?))
        });
        if let Some((time, cell)) = last {
            flags |= HAS_LAST;
            bytes.extend(minutes(time));
            bytes.extend(cell);
        }
        let count = u16::try_from(profile.count).unwrap_or(u16::MAX).to_be_bytes();
        let head = [flags]
            .into_iter()
            .chain(count)
            .chain(lengths.chunks(2).map(|pair| pair.iter().fold(0, |byte, length| byte << 4 | length)));
        bytes.iter_mut().zip(head).for_each(|(byte, value)| *byte = value);
        bytes
    }

    fn put(&self, lists: &mut Lists, dimension: &Dimension, values: &[Text<'_>], counts: &[u32]) {
        lists.put(dimension.kept, counts, &mut values.iter().map(|value| Some(self.of(dimension, value))));
    }
}

/// What is written of the lists so far.
struct Lists {
    bytes: Vec<u8>,
    lengths: Vec<u8>,
}

impl Lists {
    /// Appends the newest of the values that can be written, each with its count, and how many these are.
    fn put(
        &mut self,
        most: usize,
        counts: &[u32],
        values: &mut dyn ExactSizeIterator<Item = Option<Vec<u8>>>,
    ) {
        let is_counted = counts.len() == values.len();
        let mut written: Vec<Vec<u8>> = Vec::with_capacity(values.len());
        for (place, value) in values.enumerate() {
            let Some(mut value) = value else { continue };
            value.push(counts.get(place).filter(|_| is_counted).map_or(0, |count| byte(*count)));
            written.push(value);
        }
        let left_out = written.len().saturating_sub(most);
        self.lengths.push(byte(u32::try_from(written.len() - left_out).unwrap_or_default()));
        self.bytes.extend(written.into_iter().skip(left_out).flatten());
    }
}

fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

/// Reads what [`Marks::encode`] wrote; `None` for any other bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<Profile<'static>> {
    let mut rest = bytes;
    let [flags, count_high, count_low, lengths @ ..] = *take::<HEAD>(&mut rest)?;
    let [networks, asns, countries, cities, agents, systems, tls, devices] = halves(lengths);
    let mut counts = Counts::default();
    let marks = |rest: &mut &[u8], counts: &mut Vec<u32>, dimension: &Dimension, length| {
        list(rest, counts, dimension.bytes, dimension.kept, length, &|mark| Some(text(mark_text(mark))))
    };
    let mut profile = Profile {
        count: u32::from(u16::from_be_bytes([count_high, count_low])),
        networks: marks(&mut rest, &mut counts.networks, &NETWORK, networks)?,
        asns: list(&mut rest, &mut counts.asns, 3, kept::ASNS, asns, &|asn| Some(big_endian(asn)))?,
        countries: list(&mut rest, &mut counts.countries, 2, kept::COUNTRIES, countries, &country)?,
        cities: list(&mut rest, &mut counts.cities, 3, kept::CITIES, cities, &|cell| {
            Some(text(CityCell::numbered(big_endian(cell))?.to_string()))
        })?,
        agents: list(&mut rest, &mut counts.agents, AGENT.bytes + 1, kept::AGENTS, agents, &agent)?,
        systems: marks(&mut rest, &mut counts.systems, &SYSTEM, systems)?,
        tls: marks(&mut rest, &mut counts.tls, &TLS, tls)?,
        devices: marks(&mut rest, &mut counts.devices, &DEVICE, devices)?,
        ..Profile::default()
    };
    profile.counts = counts;
    if flags & HAS_HOURS != 0 {
        profile.hours = take::<8>(&mut rest)?.iter().copied().map(u32::from).collect();
    }
    if flags & HAS_LAST != 0 {
        let time = time_of(*take(&mut rest)?);
        let (latitude_e6, longitude_e6) = CityCell::numbered(big_endian(take::<3>(&mut rest)?))?.middle();
        profile.last = Some(Sighting { time, latitude_e6, longitude_e6 });
    }
    (flags <= HAS_HOURS | HAS_LAST && rest.is_empty()).then_some(profile)
}

/// Whole minutes since 2020, rounded up, so that what happened within the minute is not after it.
pub(super) fn minutes(time: i64) -> [u8; 3] {
    let minutes =
        time.saturating_sub(EPOCH).saturating_add(MINUTE - 1).div_euclid(MINUTE).clamp(0, 0xff_ffff);
    let [.., a, b, c] = minutes.to_be_bytes();
    [a, b, c]
}

/// The moment of so many minutes, milliseconds since the Unix epoch.
pub(super) fn time_of(minutes: [u8; 3]) -> i64 {
    EPOCH + i64::from(big_endian(&minutes)) * MINUTE
}

pub(super) fn take<'b, const N: usize>(rest: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(taken)
}

/// The values of a list of so many, `bytes` each, and their counts.
fn list<T>(
    rest: &mut &[u8],
    counts: &mut Vec<u32>,
    bytes: usize,
    kept: usize,
    length: u8,
    read: &dyn Fn(&[u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let length = usize::from(length);
    let (taken, left) = rest.split_at_checked((bytes + 1) * length).filter(|_| length <= kept)?;
    *rest = left;
    let mut values = Vec::with_capacity(length);
    for entry in taken.chunks_exact(bytes + 1) {
        let (count, value) = entry.split_last()?;
        values.push(read(value)?);
        counts.push((*count).into());
    }
    if counts.iter().all(|count| *count == 0) {
        counts.clear();
    }
    Some(values)
}

/// Bytes and their halves: the lengths of the lists, in their order.
fn halves([a, b, c, d]: [u8; 4]) -> [u8; 8] {
    [a >> 4, a & 15, b >> 4, b & 15, c >> 4, c & 15, d >> 4, d & 15]
}

fn agent(bytes: &[u8]) -> Option<Text<'static>> {
    let (version, mark) = bytes.split_last()?;
    Some(text(versioned(mark_text(mark), Some(u32::from(*version)).filter(|version| *version > 0))))
}

fn text(text: String) -> Text<'static> {
    Text(Cow::Owned(text))
}

fn mark_text(mark: &[u8]) -> String {
    format!("{MARK}{}", encode_hex(mark))
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn is_country(bytes: &[u8]) -> bool {
    bytes.len() == 2 && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn country(bytes: &[u8]) -> Option<Text<'static>> {
    let country = std::str::from_utf8(bytes).ok().filter(|_| is_country(bytes))?;
    Some(text(country.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks(identifiers: &Identifiers) -> Marks<'_> {
        Marks { identifiers, principal: "u1" }
    }

    fn keyed() -> Identifiers {
        Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap()
    }

    #[test]
    fn what_a_request_shows_is_recognised_and_the_rest_stays_marked() {
        let identifiers = keyed();
        let learned = |json: &str, profile: &mut Profile<'static>| {
            let request: Request<'_> = serde_json::from_str(json).unwrap();
            profile.learn(&request, &crate::agent::classify(&request), &identifiers);
        };
        let mut profile = Profile::default();
        let home = r#"{"time":1790000000000,"client":{"ip":"192.0.2.9","asn":64500,"country":"NO","latitude":60,"longitude":10.4},
            "tls":{"ja4":"t13d1516h2_8daaf6152771_02713d6af862"},"device":{"deviceId":"d1"}}"#;
        learned(&home.replace("192.0.2.9", "198.51.100.1"), &mut profile);
        learned(home, &mut profile);
        let mut carried = decode(&marks(&identifiers).encode(&profile)).unwrap();
        assert!(
            carried
                .networks
                .iter()
                .chain(&carried.devices)
                .chain(&carried.tls)
                .all(|one| one.starts_with(MARK))
        );
        let request: Request<'_> = serde_json::from_str(home).unwrap();
        let agent = crate::agent::classify(&request);
        marks(&identifiers).recognise(&mut carried, &request, &agent);
        assert_eq!(carried.networks.last().map(|one| &**one), Some("192.0.2.0/24"));
        assert!(carried.networks.first().is_some_and(|one| one.starts_with(MARK)));
        assert_eq!((carried.devices, carried.tls, carried.asns), (profile.devices, profile.tls, vec![64500]));
        assert_eq!(carried.last.map(|last| last.longitude_e6), Some(10_500_000), "to half a degree");
        assert_eq!((carried.cities, carried.counts), (profile.cities, profile.counts));

        let other = Marks { identifiers: &identifiers, principal: "u2" };
        let mut strange = decode(&marks(&identifiers).encode(&carried_again(&identifiers))).unwrap();
        other.recognise(&mut strange, &request, &agent);
        assert!(strange.networks.iter().all(|one| one.starts_with(MARK)), "another principal's marks differ");
    }

    fn carried_again(identifiers: &Identifiers) -> Profile<'static> {
        let mut profile = Profile::default();
        let request: Request<'_> = serde_json::from_str(r#"{"client":{"ip":"192.0.2.9"}}"#).unwrap();
        profile.learn(&request, &crate::agent::classify(&request), identifiers);
        profile
    }

    proptest! {
        #[test]
        fn bytes_that_are_read_are_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..220)) {
            if let Some(profile) = decode(&bytes) {
                prop_assert_eq!(marks(&keyed()).encode(&profile), bytes);
            }
        }

        #[test]
        fn lists_are_bounded_and_come_back(asns in proptest::collection::vec(0_u32..1 << 24, 0..40), count in any::<u32>()) {
            let counts = Counts { asns: (1..).take(asns.len()).collect(), ..Counts::default() };
            let profile = Profile { count, asns, hours: vec![200; 8], counts, ..Profile::default() };
            let carried = decode(&marks(&keyed()).encode(&profile)).unwrap();
            prop_assert_eq!(&carried.asns[..], &profile.asns[profile.asns.len().saturating_sub(kept::ASNS)..]);
            prop_assert_eq!(&carried.counts.asns[..], &profile.counts.asns[profile.asns.len().saturating_sub(kept::ASNS)..]);
            prop_assert_eq!(carried.count, count.min(65_535));
            prop_assert_eq!(carried.hours, profile.hours);
        }
    }
}
