//! Named locations: which of them an address or a country belongs to.
//!
//! Overlapping ranges of all locations are flattened once into disjoint segments, so that a look-up is one
//! binary search however many locations and ranges there are (Entra allows 195 locations of 2000 ranges).

use std::collections::HashMap;
use std::net::IpAddr;

use crate::bits::Bits;
use crate::compiled::compiled;
use crate::fact::Fact;
use crate::net::AddressRange;
use crate::sort::sort;

/// Most named locations a bundle may hold (Entra's limit).
pub const MAX_LOCATIONS: usize = 195;
/// Most ranges one named location may hold (Entra's limit).
pub const MAX_RANGES: usize = 2000;

/// A set of named locations, by their index.
pub type LocationSet = Bits;

/// A named location as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLocation {
    /// Object id.
    pub id: String,
    /// What belongs to it.
    pub kind: LocationKind,
}

/// What belongs to a named location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationKind {
    /// `ipNamedLocation`.
    Ip {
        /// Address ranges.
        ranges: Vec<AddressRange>,
        /// Whether `AllTrusted` includes it.
        trusted: bool,
    },
    /// `countryNamedLocation` by address.
    Country {
        /// ISO 3166-1 alpha-2 codes.
        countries: Vec<Country>,
        /// Whether an address that maps to no country belongs to it.
        unknown: bool,
    },
    /// `countryNamedLocation` by the authenticator's position.
    AuthenticatorGps {
        /// ISO 3166-1 alpha-2 codes.
        countries: Vec<Country>,
        /// Whether a position that maps to no country belongs to it.
        unknown: bool,
    },
    /// `compliantNetworkNamedLocation`: traffic through the tenant's Global Secure Access.
    CompliantNetwork {
        /// Whether `AllTrusted` includes it.
        trusted: bool,
    },
}

/// The country of a request: a code, or known to have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(u16);

compiled!(@wrapper Country);

impl Country {
    /// Known to map to no country.
    pub const UNMAPPED: Self = Self(26 * 26);

    /// Reads an ISO 3166-1 alpha-2 code, in either case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let &[first, second] = code.as_bytes() else { return None };
        let letter =
            |byte: u8| byte.is_ascii_alphabetic().then(|| u16::from(byte.to_ascii_uppercase() - b'A'));
        Some(Self(letter(first)? * 26 + letter(second)?))
    }

    /// Reads the country fact of a request. Hosts report an address that maps to no country as `XX` or `ZZ`
    /// (user-assigned codes of ISO 3166), Tor as `T1`, or as an empty text: all of them are known to be unmapped,
    /// as is any text that is no code.
    #[must_use]
    pub fn of_request(code: &str) -> Self {
        match Self::parse(code) {
            Some(country) if !code.eq_ignore_ascii_case("XX") && !code.eq_ignore_ascii_case("ZZ") => country,
            _ => Self::UNMAPPED,
        }
    }
}

/// All named locations of a bundle, ready for look-ups.
#[derive(Debug, Clone, Default)]
pub struct NamedLocations {
    /// Start of each segment; it ends where the next begins.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u32)>,
    /// The location sets that segments refer to.
    sets: Vec<LocationSet>,
    /// In the order of the countries.
    countries: Vec<(Country, LocationSet)>,
    gps_countries: Vec<(Country, LocationSet)>,
    compliant_network: LocationSet,
    trusted: LocationSet,
    by_address: LocationSet,
    by_country: LocationSet,
    by_gps_country: LocationSet,
}

compiled!(NamedLocations {
    v4,
    v6,
    sets,
    countries,
    gps_countries,
    compliant_network,
    trusted,
    by_address,
    by_country,
    by_gps_country,
});

impl NamedLocations {
    /// Indexes the locations. Callers keep to [`MAX_LOCATIONS`]; what lies beyond is not indexed.
    #[must_use]
    pub fn new(locations: &[NamedLocation]) -> Self {
        let mut all = Self { sets: vec![LocationSet::EMPTY], ..Self::default() };
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (index, location) in locations.iter().take(MAX_LOCATIONS).enumerate() {
            match &location.kind {
                LocationKind::Ip { ranges, trusted } => {
                    all.by_address.insert(index);
                    if *trusted {
                        all.trusted.insert(index);
                    }
                    v4.extend(edges(
                        ranges.iter().filter_map(|range| match *range {
                            AddressRange::V4(first, last) => Some((first, last)),
                            AddressRange::V6(..) => None,
                        }),
                        |last| last.checked_add(1),
                        index,
                    ));
                    v6.extend(edges(
                        ranges.iter().filter_map(|range| match *range {
                            AddressRange::V6(first, last) => Some((first, last)),
                            AddressRange::V4(..) => None,
                        }),
                        |last| last.checked_add(1),
                        index,
                    ));
                }
                LocationKind::Country { countries, unknown } => {
                    all.by_country.insert(index);
                    map_countries(&mut all.countries, countries, *unknown, index);
                }
                LocationKind::AuthenticatorGps { countries, unknown } => {
                    all.by_gps_country.insert(index);
                    map_countries(&mut all.gps_countries, countries, *unknown, index);
                }
                LocationKind::CompliantNetwork { trusted } => {
                    all.compliant_network.insert(index);
                    if *trusted {
                        all.trusted.insert(index);
                    }
                }
            }
        }
        let mut numbers = HashMap::from([(LocationSet::EMPTY, 0)]);
        all.v4 = segments(v4, &mut all.sets, &mut numbers);
        all.v6 = segments(v6, &mut all.sets, &mut numbers);
        all
    }

    /// The address locations that hold the address.
    #[must_use]
    pub fn of_address(&self, address: IpAddr) -> LocationSet {
        self.sets.get(self.place_of_address(address)).copied().unwrap_or_default()
    }

    /// Which of [`Self::address_sets`] it is.
    pub(crate) fn place_of_address(&self, address: IpAddr) -> usize {
        let number = match address {
            IpAddr::V4(address) => segment_of(&self.v4, address.to_bits()),
            IpAddr::V6(address) => segment_of(&self.v6, address.to_bits()),
        };
        number as usize
    }

    /// Bytes that the index of addresses takes: at most 16 for a range of IPv4, 64 for one of IPv6, and 32 for every different set of
    /// locations that some address belongs to.
    #[must_use]
    pub const fn address_index_bytes(&self) -> usize {
        size_of_val(self.v4.as_slice()) + size_of_val(self.v6.as_slice()) + size_of_val(self.sets.as_slice())
    }

    /// The country locations that hold the country.
    #[must_use]
    pub fn of_country(&self, country: Country) -> LocationSet {
        of(&self.countries, country)
    }

    /// Which of [`Self::country_sets`] it is; none for a country that no location names.
    pub(crate) fn place_of_country(&self, country: Country) -> Option<usize> {
        place_of(&self.countries, country)
    }

    /// What `AllTrusted` stands for.
    #[must_use]
    pub const fn trusted(&self) -> LocationSet {
        self.trusted
    }

    /// The locations that hold the country of the authenticator's position.
    #[must_use]
    pub fn of_gps_country(&self, country: Country) -> LocationSet {
        of(&self.gps_countries, country)
    }

    /// Which of [`Self::gps_country_sets`] it is; none for a country that no location names.
    pub(crate) fn place_of_gps_country(&self, country: Country) -> Option<usize> {
        place_of(&self.gps_countries, country)
    }

    /// The locations that traffic through the compliant network belongs to.
    #[must_use]
    pub const fn compliant_network(&self) -> LocationSet {
        self.compliant_network
    }

    /// Locations that the fact decides: the address, either country, or the compliant network.
    #[must_use]
    pub const fn decided_by(&self, fact: Fact) -> LocationSet {
        match fact {
            Fact::ClientIp => self.by_address,
            Fact::ClientCountry => self.by_country,
            Fact::GpsCountry => self.by_gps_country,
            Fact::CompliantNetwork => self.compliant_network,
            _ => LocationSet::EMPTY,
        }
    }

    /// Every set of locations that some address belongs to.
    #[must_use]
    pub fn address_sets(&self) -> &[LocationSet] {
        &self.sets
    }

    /// Every set of locations that some country belongs to.
    pub fn country_sets(&self) -> impl Iterator<Item = LocationSet> {
        self.countries.iter().map(|(_, set)| *set)
    }

    /// Every set of locations that the country of some position belongs to.
    pub fn gps_country_sets(&self) -> impl Iterator<Item = LocationSet> {
        self.gps_countries.iter().map(|(_, set)| *set)
    }
}

fn map_countries(
    map: &mut Vec<(Country, LocationSet)>,
    countries: &[Country],
    unknown: bool,
    location: usize,
) {
    for country in countries.iter().copied().chain(unknown.then_some(Country::UNMAPPED)) {
        let place = map.partition_point(|(known, _)| *known < country);
        if map.get(place).is_none_or(|(known, _)| *known != country) {
            map.insert(place, (country, LocationSet::EMPTY));
        }
        if let Some((_, set)) = map.get_mut(place) {
            set.insert(location);
        }
    }
}

fn of(map: &[(Country, LocationSet)], country: Country) -> LocationSet {
    place_of(map, country).and_then(|place| map.get(place)).map_or(LocationSet::EMPTY, |(_, set)| *set)
}

fn place_of(map: &[(Country, LocationSet)], country: Country) -> Option<usize> {
    map.binary_search_by_key(&country, |(known, _)| *known).ok()
}

/// Where a location begins and ends, its own overlaps merged: each edge switches membership.
fn edges<A: Copy + Ord>(
    ranges: impl Iterator<Item = (A, A)>,
    next: impl Fn(A) -> Option<A>,
    location: usize,
) -> Vec<(A, usize)> {
    let mut ranges: Vec<_> = ranges.collect();
    sort(&mut ranges);
    let mut merged: Vec<(A, A)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if next(*end).is_none_or(|after| first <= after) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
        .into_iter()
        .flat_map(|(first, last)| [Some((first, location)), next(last).map(|after| (after, location))])
        .flatten()
        .collect()
}

fn segments<A: Copy + Ord>(
    mut edges: Vec<(A, usize)>,
    sets: &mut Vec<LocationSet>,
    numbers: &mut HashMap<LocationSet, u32>,
) -> Vec<(A, u32)> {
    sort(&mut edges);
    let mut current = LocationSet::EMPTY;
    let mut segments: Vec<(A, u32)> = Vec::with_capacity(edges.len());
    for (start, location) in edges {
        current.toggle(location);
        let number = *numbers.entry(current).or_insert_with(|| {
            sets.push(current);
            u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
        });
        match segments.last_mut() {
            Some(last) if last.0 == start => last.1 = number,
            _ => segments.push((start, number)),
        }
    }
    segments
}

fn segment_of<A: Copy + Ord>(segments: &[(A, u32)], address: A) -> u32 {
    let after = segments.partition_point(|(start, _)| *start <= address);
    after.checked_sub(1).and_then(|index| segments.get(index)).map_or(0, |(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(id: &str, ranges: &[&str], trusted: bool) -> NamedLocation {
        let ranges = ranges.iter().map(|range| AddressRange::parse(range).unwrap().0).collect();
        NamedLocation { id: id.into(), kind: LocationKind::Ip { ranges, trusted } }
    }

    fn set(locations: &[NamedLocation], ids: &[&str]) -> LocationSet {
        let mut set = LocationSet::EMPTY;
        for id in ids {
            set.insert(locations.iter().position(|location| location.id == *id).unwrap());
        }
        set
    }

    #[test]
    fn overlapping_ranges_of_several_locations_keep_every_membership() {
        let named = [
            ip("outer", &["192.0.2.0/24", "192.0.2.64/26"], false),
            ip("inner", &["192.0.2.128/25"], true),
            ip("v6", &["2001:db8::/32"], false),
            ip("edge", &["255.255.255.0/24"], false),
        ];
        let locations = NamedLocations::new(&named);
        for (address, ids) in [
            ("192.0.1.255", &[][..]),
            ("192.0.2.0", &["outer"]),
            ("192.0.2.127", &["outer"]),
            ("192.0.2.128", &["outer", "inner"]),
            ("192.0.2.255", &["outer", "inner"]),
            ("192.0.3.0", &[]),
            ("2001:db8::1", &["v6"]),
            ("2001:db9::", &[]),
            ("255.255.255.255", &["edge"]),
        ] {
            assert_eq!(locations.of_address(address.parse().unwrap()), set(&named, ids), "{address}");
        }
        assert_eq!(locations.trusted(), set(&named, &["inner"]));
    }

    #[test]
    fn unmapped_countries_are_a_country_of_their_own() {
        let nordic = NamedLocation {
            id: "nordic".into(),
            kind: LocationKind::Country { countries: vec![Country::parse("no").unwrap()], unknown: false },
        };
        let nowhere = NamedLocation {
            id: "nowhere".into(),
            kind: LocationKind::Country { countries: Vec::new(), unknown: true },
        };
        let named = [nordic, nowhere];
        let locations = NamedLocations::new(&named);
        for (country, ids) in [
            ("NO", &["nordic"][..]),
            ("SE", &[]),
            ("XX", &["nowhere"]),
            ("T1", &["nowhere"]),
            ("", &["nowhere"]),
        ] {
            assert_eq!(locations.of_country(Country::of_request(country)), set(&named, ids), "{country}");
        }
    }
}
