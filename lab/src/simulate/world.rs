//! The world people and attackers live in: countries, networks and clients, read from `data/world.json`.
//!
//! Networks use what is reserved: addresses of 240.0.0.0/4 and autonomous system numbers for private use
//! (RFC 6996), so that no real network is ever accused.

use std::net::Ipv4Addr;

use serde::Deserialize;

use crate::random::{Random, mix};

/// First autonomous system number of the simulated world, within those for private use.
const FIRST_ASN: u32 = 4_200_000_000;
/// Networks per country: access providers, then carriers, then companies.
const PER_COUNTRY: u32 = 48;
const ACCESS: u32 = 24;
const CARRIERS: u32 = 4;
const COMPANIES: u32 = PER_COUNTRY - ACCESS - CARRIERS;
/// Networks that belong to no country, after those of the countries.
const WORLDWIDE: u32 = FIRST_ASN + 64 * PER_COUNTRY;

/// Everything the simulation draws from.
#[derive(Debug, Deserialize)]
pub struct World {
    /// Countries by share of log-ins.
    pub countries: Vec<Country>,
    /// Kinds of browsers by share of log-ins.
    pub clients: Vec<ClientKind>,
    /// User agents of tools.
    tools: Vec<Tool>,
}

/// A country.
#[derive(Debug, Deserialize)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    share: f64,
    /// Name, latitude, longitude, share.
    pub cities: Vec<(String, f64, f64, f64)>,
}

/// A kind of browser on a kind of device.
#[derive(Debug, Deserialize)]
pub struct ClientKind {
    /// Platform as client hints name it.
    pub platform: String,
    /// `desktop`, `mobile` or `tablet`.
    pub form: String,
    /// `chromium`, `gecko` or `webkit`.
    pub engine: String,
    share: f64,
    /// Brand in client hints; empty if the browser sends none.
    pub brand: String,
    /// Major version at the start of the simulation.
    pub first: u32,
    /// Days between major versions.
    pub days: u32,
    /// Operating system tokens.
    pub os: Vec<String>,
    /// Models, builds or minor versions.
    pub models: Vec<String>,
    /// User agent with `{os}`, `{model}` and `{major}` to fill in.
    pub ua: String,
}

#[derive(Debug, Deserialize)]
struct Tool {
    name: String,
    ua: String,
}

/// A city of a country, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index into [`World::countries`].
    pub country: usize,
    /// Index into the country's cities.
    pub city: usize,
}

impl World {
    /// The world as published in `data/world.json`.
    ///
    /// # Errors
    /// What is wrong with the file; a test reads the same one.
    pub fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("../../data/world.json"))
    }

    /// A place by shares of log-ins.
    pub fn place(&self, random: &mut Random) -> Place {
        let country = random.weighted(self.countries.iter().map(|country| country.share));
        self.place_in(country, random)
    }

    /// A place in a country.
    pub fn place_in(&self, country: usize, random: &mut Random) -> Place {
        let cities = self.countries.get(country).map_or(&[][..], |country| &country.cities);
        Place { country, city: random.weighted(cities.iter().map(|city| city.3)) }
    }

    /// A place outside a country. Attackers and travellers do not follow the shares of the log-ins.
    pub fn place_outside(&self, country: usize, random: &mut Random) -> Place {
        let step = 1 + random.below(self.countries.len().saturating_sub(1));
        self.place_in((country + step) % self.countries.len().max(1), random)
    }

    /// ISO code of a place's country.
    pub fn code(&self, place: Place) -> &str {
        self.countries.get(place.country).map_or("XX", |country| &country.code)
    }

    /// Name and coordinates of a place's city.
    pub fn city(&self, place: Place) -> Option<&(String, f64, f64, f64)> {
        self.countries.get(place.country)?.cities.get(place.city)
    }

    /// User agent of a tool.
    pub fn tool(&self, name: &str) -> &str {
        self.tools.iter().find(|tool| tool.name == name).map_or("", |tool| &tool.ua)
    }

    /// A kind of client by share, optionally of one form.
    pub fn client_kind(&self, form: Option<&str>, random: &mut Random) -> usize {
        let share = |kind: &ClientKind| {
            if form.is_none_or(|form| (kind.form == "desktop") == (form == "desktop")) {
                kind.share
            } else {
                0.0
            }
        };
        random.weighted(self.clients.iter().map(share))
    }

    /// An access provider of a country; the first serves most (`29695` serves 27 % of the das-group log-ins).
    pub fn access_asn(&self, country: usize, random: &mut Random) -> u32 {
        let rank = random.weighted((0..ACCESS).map(|rank| libm::pow(f64::from(rank + 1), -0.9)));
        asn(country, rank)
    }

    /// A mobile carrier of a country.
    pub fn carrier_asn(&self, country: usize, random: &mut Random) -> u32 {
        let rank = random.weighted((0..CARRIERS).map(|rank| 1.0 / f64::from(rank + 1)));
        asn(country, ACCESS as usize + rank)
    }

    /// A company's own network.
    pub fn company_asn(&self, country: usize, random: &mut Random) -> u32 {
        asn(country, (ACCESS + CARRIERS) as usize + random.below(COMPANIES as usize))
    }
}

/// Networks that belong to no country.
#[derive(Debug, Clone, Copy)]
pub enum Worldwide {
    /// Data centres.
    Hosting,
    /// Commercial VPNs.
    Vpn,
    /// Relays of browser makers.
    Relay,
    /// Tor exits.
    Tor,
}

impl Worldwide {
    /// A network of the kind.
    pub fn asn(self, random: &mut Random) -> u32 {
        let (first, count) = match self {
            Self::Hosting => (0, 40),
            Self::Vpn => (40, 20),
            Self::Relay => (60, 3),
            Self::Tor => (63, 8),
        };
        // Few of them carry most: people's VPNs and attackers' are the same ones.
        let rank = random.weighted((0..count).map(|rank| libm::pow(f64::from(rank + 1), -1.2)));
        WORLDWIDE + first + u32::try_from(rank).unwrap_or(0)
    }
}

fn asn(country: usize, rank: usize) -> u32 {
    FIRST_ASN + u32::try_from(country).unwrap_or(0) * PER_COUNTRY + u32::try_from(rank).unwrap_or(0)
}

/// An address of a network: each network holds 65,536; a city uses `span` of its /24 networks, a carrier's shared
/// addresses are few per network.
pub fn address(asn: u32, place: Place, span: u32, random: &mut Random) -> Ipv4Addr {
    let network = asn.wrapping_sub(FIRST_ASN) % 4096;
    let corner = mix(u64::from(asn) << 16 | (place.country as u64) << 8 | place.city as u64);
    let prefix = (u32::try_from(corner & 0xff).unwrap_or(0)
        + u32::try_from(random.below(span as usize)).unwrap_or(0))
        & 0xff;
    let host = u32::try_from(1 + random.below(254)).unwrap_or(1);
    Ipv4Addr::from_bits(0xf000_0000 | network << 16 | prefix << 8 | host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_world_is_whole() {
        let world = World::load().unwrap();
        let shares: f64 = world.countries.iter().map(|country| country.share).sum();
        assert!((shares - 1.0).abs() < 1e-9, "{shares}");
        for country in &world.countries {
            let cities: f64 = country.cities.iter().map(|city| city.3).sum();
            assert!((cities - 1.0).abs() < 1e-9, "{}", country.code);
        }
        let clients: f64 = world.clients.iter().map(|kind| kind.share).sum();
        assert!((clients - 1.0).abs() < 1e-9, "{clients}");
        assert!(!world.tool("headless").is_empty() && !world.tool("aiAgent").is_empty());
    }

    #[test]
    fn networks_are_reserved_ones() {
        let world = World::load().unwrap();
        let mut random = Random::new(1, 1);
        for _ in 0..1000 {
            let place = world.place(&mut random);
            let asn = world.access_asn(place.country, &mut random);
            assert!((4_200_000_000..=4_294_967_294).contains(&asn));
            assert!(address(asn, place, 8, &mut random).octets()[0] >= 240);
        }
    }
}
