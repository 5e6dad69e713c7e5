//! The canonical bytes of a profile, small enough for a cookie: at most 141.
//!
//! Networks, agents, TLS clients and devices become *marks*: keyed hashes cut to two or three bytes, of which nobody
//! learns the value, and of which another principal's are different. A mark that happens to be that of a strange value
//! makes it look known: once in 8,192 for agents and TLS clients, of which anybody can copy the right ones anyway,
//! once in two million for networks and devices.

use std::borrow::Cow;

use super::{Profile, Sighting};
use crate::agent::Agent;
use crate::identifier::{AddressPrefix, IdentifierKind, Identifiers, decode_hex, encode_hex};
use crate::request::{Request, Text};
use crate::tls::TlsFamily;

/// Starts the text of a mark. No header can carry it, so that no client can name itself like a mark.
const MARK: char = '\u{1}';

/// 2020-01-01 in milliseconds since the Unix epoch. Minutes since then fit three bytes until 2051.
const EPOCH: i64 = 1_577_836_800_000;
const MINUTE: i64 = 60_000;
const HALF_DEGREE: i32 = 500_000;

const HAS_HOURS: u8 = 1;
const HAS_LAST: u8 = 2;

/// A list whose values are carried as marks.
struct Dimension {
    name: &'static str,
    bytes: usize,
}

const NETWORK: Dimension = Dimension { name: "network", bytes: 3 };
const AGENT: Dimension = Dimension { name: "agent", bytes: 2 };
const TLS: Dimension = Dimension { name: "tls", bytes: 2 };
const DEVICE: Dimension = Dimension { name: "device", bytes: 3 };

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
        let address = request.client.ip.map(|ip| AddressPrefix::of(ip).to_string());
        let tls = request.tls.ja4.as_deref().map(|ja4| TlsFamily::of(ja4).to_string());
        let device = request.device.device_id.as_deref();
        let device = device.map(|id| self.identifiers.of(IdentifierKind::Device, id).to_string());
        for (list, dimension, value) in [
            (&mut profile.networks, NETWORK, address),
            (&mut profile.agents, AGENT, agent.has_key().then(|| agent.key())),
            (&mut profile.tls, TLS, tls),
            (&mut profile.devices, DEVICE, device),
        ] {
            let Some(value) = value.filter(|_| !list.is_empty()) else { continue };
            let mark = mark_text(&self.of(&dimension, &value));
            if let Some(known) = list.iter_mut().find(|known| ***known == *mark) {
                *known = Text(Cow::Owned(value));
            }
        }
    }

    /// Writes a profile. What it holds beyond [`Profile::KEPT`] of a kind, oldest first, is left out, and so is an
    /// autonomous system of 2²⁴ or more: those are private ones.
    pub(super) fn encode(&self, profile: &Profile<'_>) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        let mut lengths = Vec::with_capacity(6);
        self.put(&mut bytes, &mut lengths, &NETWORK, &profile.networks);
        let asns = profile.asns.iter().map(|asn| asn.to_be_bytes());
        let asns = asns.filter_map(|bytes| bytes.strip_prefix(&[0]).map(<[u8]>::to_vec)).collect();
        put(&mut bytes, &mut lengths, asns);
        let countries = profile.countries.iter().map(|country| country.as_bytes().to_vec());
        put(&mut bytes, &mut lengths, countries.filter(|country| is_country(country)).collect());
        self.put(&mut bytes, &mut lengths, &AGENT, &profile.agents);
        self.put(&mut bytes, &mut lengths, &TLS, &profile.tls);
        self.put(&mut bytes, &mut lengths, &DEVICE, &profile.devices);
        let mut flags = 0;
        if profile.hours.len() == 8 {
            flags |= HAS_HOURS;
            bytes.extend(profile.hours.iter().map(|count| u8::try_from(*count).unwrap_or(u8::MAX)));
        }
        if let Some(last) = profile.last {
            flags |= HAS_LAST;
            bytes.extend(minutes(last.time));
            bytes.extend(half_degrees(last.latitude_e6).to_be_bytes());
            bytes.extend(half_degrees(last.longitude_e6).to_be_bytes());
        }
        let count = u16::try_from(profile.count).unwrap_or(u16::MAX).to_be_bytes();
        let head = [flags]
            .into_iter()
            .chain(count)
            .chain(lengths.chunks(2).map(|pair| pair.iter().fold(0, |byte, length| byte << 4 | length)));
        bytes.iter_mut().zip(head).for_each(|(byte, value)| *byte = value);
        bytes
    }

    fn put(&self, bytes: &mut Vec<u8>, lengths: &mut Vec<u8>, dimension: &Dimension, values: &[Text<'_>]) {
        put(bytes, lengths, values.iter().map(|value| self.of(dimension, value)).collect());
    }
}

/// Appends the newest values of a list, and its length.
fn put(bytes: &mut Vec<u8>, lengths: &mut Vec<u8>, values: Vec<Vec<u8>>) {
    let left_out = values.len().saturating_sub(Profile::KEPT);
    lengths.push(u8::try_from(values.len() - left_out).unwrap_or_default());
    bytes.extend(values.into_iter().skip(left_out).flatten());
}

/// Reads what [`Marks::encode`] wrote; `None` for any other bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<Profile<'static>> {
    let mut rest = bytes;
    let [flags, count @ .., networks, agents, devices] = *take::<6>(&mut rest)?;
    let length = |byte: u8, is_first: bool| usize::from(if is_first { byte >> 4 } else { byte & 15 });
    let marks = |rest: &mut &[u8], dimension: &Dimension, length| -> Option<Vec<Text<'static>>> {
        let values = list(rest, dimension.bytes, length)?;
        Some(values.map(|mark| Text(Cow::Owned(mark_text(mark)))).collect())
    };
    let mut profile = Profile {
        count: u32::from(u16::from_be_bytes(count)),
        networks: marks(&mut rest, &NETWORK, length(networks, true))?,
        asns: list(&mut rest, 3, length(networks, false))?.map(big_endian).collect(),
        countries: list(&mut rest, 2, length(agents, true))?.map(country).collect::<Option<_>>()?,
        agents: marks(&mut rest, &AGENT, length(agents, false))?,
        tls: marks(&mut rest, &TLS, length(devices, true))?,
        devices: marks(&mut rest, &DEVICE, length(devices, false))?,
        ..Profile::default()
    };
    if flags & HAS_HOURS != 0 {
        profile.hours = take::<8>(&mut rest)?.iter().copied().map(u32::from).collect();
    }
    if flags & HAS_LAST != 0 {
        let time = time_of(*take(&mut rest)?);
        let latitude_e6 = degrees(*take(&mut rest)?, 90)?;
        let longitude_e6 = degrees(*take(&mut rest)?, 180)?;
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

fn list<'b>(
    rest: &mut &'b [u8],
    bytes: usize,
    length: usize,
) -> Option<impl Iterator<Item = &'b [u8]> + use<'b>> {
    let (taken, left) = rest.split_at_checked(bytes * length).filter(|_| length <= Profile::KEPT)?;
    *rest = left;
    Some(taken.chunks_exact(bytes))
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
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_country(bytes))?;
    Some(Text(Cow::Owned(text.to_owned())))
}

/// Half a degree is 55 km at most: enough for travel, too coarse for a home.
fn half_degrees(micro_degrees: i32) -> i16 {
    let halves = micro_degrees.saturating_add(HALF_DEGREE / 2).div_euclid(HALF_DEGREE);
    i16::try_from(halves).unwrap_or_default()
}

fn degrees(bytes: [u8; 2], most: i16) -> Option<i32> {
    let halves = i16::from_be_bytes(bytes);
    (-2 * most..=2 * most).contains(&halves).then(|| i32::from(halves) * HALF_DEGREE)
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
        fn bytes_that_are_read_are_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..160)) {
            if let Some(profile) = decode(&bytes) {
                prop_assert_eq!(marks(&keyed()).encode(&profile), bytes);
            }
        }

        #[test]
        fn lists_are_bounded_and_come_back(asns in proptest::collection::vec(0_u32..1 << 24, 0..40), count in any::<u32>()) {
            let profile = Profile { count, asns, hours: vec![200; 8], ..Profile::default() };
            let carried = decode(&marks(&keyed()).encode(&profile)).unwrap();
            prop_assert_eq!(&carried.asns[..], &profile.asns[profile.asns.len().saturating_sub(Profile::KEPT)..]);
            prop_assert_eq!(carried.count, count.min(65_535));
            prop_assert_eq!(carried.hours, profile.hours);
        }
    }
}
