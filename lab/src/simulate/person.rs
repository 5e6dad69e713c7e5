//! A person: where they are, what they hold, and what changes in a year.
//!
//! Rates are chosen so that two random log-ins of a person differ as they do in the das-group data: in the
//! address in 58 % of pairs, in the country in 1.8 %, in the browser family in at most 16 %.

use std::net::Ipv4Addr;

use edgeward::request::{DeviceCookie, Proxy};

use super::client::{Client, Tls};
use super::draft::{Draft, Host, Network, Says};
use super::family::Family;
use super::world::{Place, World, Worldwide, address};
use crate::random::Random;

pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
/// Share of AI agents whose operator signs their requests.
pub const SIGNED: f64 = 0.7;
const YEAR: f64 = 365.0 * DAY as f64;

/// A device with a browser.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    /// Its browser.
    pub client: Client,
    /// Number of its cookie.
    pub number: u32,
    /// When the person got it.
    since: i64,
    /// Whether the cookie was there after the last sign-in.
    has_cookie: bool,
}

/// A fixed line: provider and leased address.
#[derive(Debug, Clone, Copy)]
struct Line {
    place: Place,
    asn: u32,
    ip: Ipv4Addr,
    lease_ends: i64,
    /// Mean days an address is kept.
    lease_days: f64,
    since: i64,
}

/// A person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Number of the principal.
    pub user: u32,
    /// What their application's edge can see.
    pub host: Host,
    /// Their devices, the most used first.
    pub devices: Vec<Device>,
    home: Line,
    second_home: Option<Line>,
    work: Option<Network>,
    carrier: u32,
    trip: Option<(Network, i64)>,
    vpn: f64,
    vpn_asn: u32,
    relay: f64,
    relay_asn: u32,
    mobility: f64,
    agent: f64,
    private: f64,
    next_device: u32,
    now: i64,
}

fn draw<T>(value: Option<T>, probability: f64, random: &mut Random) -> Option<T> {
    value.filter(|_| random.chance(probability))
}

impl Line {
    fn new(world: &World, place: Place, now: i64, random: &mut Random) -> Self {
        let asn = world.access_asn(place.country, random);
        // Half of the lines have an address that hardly ever changes.
        let lease_days = if random.chance(0.55) { 500.0 } else { random.log_normal(4.0, 0.9) };
        let mut line =
            Self { place, asn, ip: Ipv4Addr::UNSPECIFIED, lease_ends: now, lease_days, since: now };
        line.renew(now, random);
        line
    }

    fn renew(&mut self, now: i64, random: &mut Random) {
        if now >= self.lease_ends {
            self.ip = address(self.asn, self.place, 6, random);
            self.lease_ends = now + (random.exponential(self.lease_days) * DAY as f64) as i64;
        }
    }

    fn network(&self, random: &mut Random) -> Network {
        Network { asn: self.asn, place: self.place, ip: self.ip, proxy: Proxy::None, rtt: rtt(18.0, random) }
    }
}

/// A round-trip time around a median, milliseconds.
pub fn rtt(median: f64, random: &mut Random) -> u32 {
    random.log_normal(libm::log(median), 0.5).clamp(1.0, 2000.0) as u32
}

impl Person {
    /// A person at `now`.
    pub fn new(world: &World, user: u32, now: i64, random: &mut Random) -> Self {
        let place = world.place(random);
        let home = Line::new(world, place, now - 60 * DAY, random);
        let work = random.chance(0.45).then(|| {
            let is_abroad = random.chance(0.03);
            let place = if is_abroad { world.place_outside(place.country, random) } else { place };
            let asn = world.company_asn(place.country, random);
            let proxy = if random.chance(0.7) { Proxy::Corporate } else { Proxy::None };
            Network { asn, place, ip: address(asn, place, 1, random), proxy, rtt: rtt(15.0, random) }
        });
        let second = world.place_in(place.country, random);
        let mut person = Self {
            user,
            host: match random.unit() {
                share if share < 0.55 => Host::Full,
                share if share < 0.95 => Host::Plain,
                _ => Host::Bare,
            },
            devices: Vec::new(),
            home,
            second_home: random.chance(0.08).then(|| Line::new(world, second, now - 60 * DAY, random)),
            work,
            carrier: world.carrier_asn(place.country, random),
            trip: None,
            vpn: if random.chance(0.05) { random.between(0.1, 0.9) } else { 0.0 },
            vpn_asn: Worldwide::Vpn.asn(random),
            relay: if random.chance(0.05) { random.between(0.2, 0.9) } else { 0.0 },
            relay_asn: Worldwide::Relay.asn(random),
            mobility: random.between(0.0, 0.16),
            agent: if random.chance(0.015) { 0.25 } else { 0.0 },
            private: if random.chance(0.03) { 0.6 } else { 0.005 },
            next_device: user.wrapping_mul(32),
            now,
        };
        person.add_device(world, world.client_kind(None, random), now - 60 * DAY, random);
        if random.chance(0.40) {
            person.add_device(world, world.client_kind(None, random), now - 60 * DAY, random);
        }
        person
    }

    fn add_device(&mut self, world: &World, kind: usize, since: i64, random: &mut Random) {
        self.next_device += 1;
        let client = Client::new(world, kind, random);
        self.devices.push(Device { client, number: self.next_device, since, has_cookie: false });
    }

    /// Where the person lives.
    pub const fn home_place(&self) -> Place {
        self.home.place
    }

    /// Lets time pass, and what happens in it.
    fn live(&mut self, world: &World, now: i64, random: &mut Random) {
        let years = (now - self.now).max(0) as f64 / YEAR;
        self.now = now;
        let happens = |per_year: f64, random: &mut Random| random.chance(1.0 - libm::exp(-per_year * years));
        if happens(0.10, random) {
            let place = world.place_in(self.home.place.country, random);
            self.home = Line::new(world, place, now, random);
            // Who moves often changes more: a phone from the new provider.
            if random.chance(0.15) {
                self.replace_device(world, now, random);
            }
        } else if happens(0.15, random) {
            self.home = Line::new(world, self.home.place, now, random);
        }
        if happens(0.15, random) {
            self.carrier = world.carrier_asn(self.home.place.country, random);
        }
        if happens(0.30, random) {
            self.replace_device(world, now, random);
        }
        if happens(0.10, random) {
            // Another browser on the same kind of device; the old one stays around.
            let form = self.form(world);
            let kind = world.client_kind(form, random);
            self.add_device(world, kind, now, random);
        }
        for device in &mut self.devices {
            if happens(1.2, random) {
                device.client.update_system(world, random);
            }
            // Cookies are wiped, or expire unused.
            if happens(0.25, random) {
                device.has_cookie = false;
            }
        }
        if self.trip.is_some_and(|(_, until)| until < now) {
            self.trip = None;
        }
        self.home.renew(now, random);
        if let Some(line) = &mut self.second_home {
            line.renew(now, random);
        }
    }

    fn form<'w>(&self, world: &'w World) -> Option<&'w str> {
        let kind = self.devices.first()?.client.kind;
        world.clients.get(kind).map(|kind| kind.form.as_str())
    }

    fn replace_device(&mut self, world: &World, now: i64, random: &mut Random) {
        let old = random.below(self.devices.len());
        let kind = self.devices.get(old).map_or(0, |device| device.client.kind);
        let form = world.clients.get(kind).map(|kind| kind.form.as_str());
        let kind = if random.chance(0.65) { kind } else { world.client_kind(form, random) };
        self.add_device(world, kind, now, random);
        if old < self.devices.len() {
            self.devices.swap_remove(old);
        }
    }

    fn start_trip(&mut self, world: &World, now: i64, random: &mut Random) {
        let home = self.home.place.country;
        let is_abroad = random.chance(0.33);
        let place = if is_abroad { world.place_outside(home, random) } else { world.place_in(home, random) };
        // A phone abroad goes out through its own carrier at home, or one takes the hotel's network.
        let asn = if random.chance(0.3) { self.carrier } else { world.access_asn(place.country, random) };
        let at = if asn == self.carrier { self.home.place } else { place };
        let network = Network {
            asn,
            place: at,
            ip: address(asn, at, 6, random),
            proxy: Proxy::None,
            rtt: rtt(30.0, random),
        };
        self.trip = Some((network, now + (random.between(2.0, 14.0) * DAY as f64) as i64));
    }

    /// Where the person connects from, and which family that is an example of.
    fn connect(&mut self, world: &World, random: &mut Random) -> (Network, Family) {
        let now = self.now;
        if self.trip.is_none() && random.chance(0.010) {
            self.start_trip(world, now, random);
        }
        if random.chance(self.vpn) {
            let place = if random.chance(0.9) {
                self.home.place
            } else {
                world.place_outside(self.home.place.country, random)
            };
            let proxy = if random.chance(0.75) { Proxy::Vpn } else { Proxy::Hosting };
            let ip = address(self.vpn_asn, place, 3, random);
            return (
                Network { asn: self.vpn_asn, place, ip, proxy, rtt: rtt(35.0, random) },
                Family::VpnUser,
            );
        }
        if let Some((network, _)) = self.trip {
            return (network, Family::Travel);
        }
        if random.chance(self.relay) {
            let place = self.home.place;
            let ip = address(self.relay_asn, place, 8, random);
            let proxy = if random.chance(0.8) { Proxy::Relay } else { Proxy::None };
            return (
                Network { asn: self.relay_asn, place, ip, proxy, rtt: rtt(25.0, random) },
                Family::RelayUser,
            );
        }
        if let Some(work) = draw(self.work, 0.25, random) {
            let is_abroad = work.place.country != self.home.place.country;
            return (work, if is_abroad { Family::CompanyAbroad } else { Family::Usual });
        }
        if let Some(line) = draw(self.second_home, 0.15, random) {
            return (line.network(random), Family::Usual);
        }
        if random.chance(self.mobility) {
            let place = self.home.place;
            let ip = address(self.carrier, place, 12, random);
            return (
                Network { asn: self.carrier, place, ip, proxy: Proxy::None, rtt: rtt(45.0, random) },
                Family::Usual,
            );
        }
        // Friends' homes, cafés, libraries: the same town and another provider.
        if random.chance(0.04) {
            let place = self.home.place;
            let asn = world.access_asn(place.country, random);
            let ip = address(asn, place, 6, random);
            return (Network { asn, place, ip, proxy: Proxy::None, rtt: rtt(22.0, random) }, Family::Usual);
        }
        let moved = now - self.home.since < 14 * DAY;
        (self.home.network(random), if moved { Family::Moved } else { Family::Usual })
    }

    /// One sign-in of the person.
    pub fn sign_in(&mut self, world: &World, now: i64, random: &mut Random) -> Draft {
        self.live(world, now, random);
        let (network, mut family) = self.connect(world, random);
        let weights = (0..self.devices.len()).map(|rank| libm::pow(0.28, rank as f64));
        let index = random.weighted(weights);
        let is_borrowed = random.chance(0.006);
        let is_agent = random.chance(self.agent);
        let is_private = random.chance(self.private);
        let borrowed = Client::new(world, world.client_kind(None, random), random);
        let (client, cookie, number) = match self.devices.get_mut(index) {
            Some(device) if !is_borrowed && !is_agent => {
                if now - device.since < 3 * DAY {
                    family = Family::NewDevice;
                } else if !device.has_cookie || is_private {
                    family = Family::NoCookies;
                }
                let shown = device.has_cookie && !is_private;
                // A sign-in leaves a new cookie; a private window forgets it.
                device.has_cookie |= !is_private;
                (device.client, shown, device.number)
            }
            _ => (borrowed, false, 0),
        };
        let mut draft = Draft {
            time: now,
            user: self.user,
            family,
            split: None,
            network,
            client,
            says: Says::Browser,
            tls: Tls::Browser { resumed: random.chance(0.10) },
            cookie: if cookie { DeviceCookie::Current } else { DeviceCookie::None },
            device: cookie.then_some(number),
            minted: None,
            bot_score: human_score(random),
            signed: false,
            failures: if random.chance(0.04) { 1 + u32::from(random.chance(0.3)) } else { 0 },
            address_users: neighbours(network.proxy, random),
            host: self.host,
        };
        if is_borrowed {
            draft.family = Family::BorrowedDevice;
        } else if is_agent {
            draft.family = Family::OwnAgent;
            let place = world.place(random);
            let asn = Worldwide::Hosting.asn(random);
            let ip = address(asn, place, 2, random);
            draft.network = Network { asn, place, ip, proxy: Proxy::Hosting, rtt: rtt(6.0, random) };
            draft.says = Says::AiAgent;
            draft.signed = random.chance(SIGNED);
            draft.bot_score = 1 + u8::try_from(random.below(29)).unwrap_or(0);
        }
        draft
    }

    /// A later request in a session: the same browser, sometimes over another network.
    pub fn in_session(&self, sign_in: &Draft, id: u32, random: &mut Random) -> Draft {
        let time = sign_in.time + (random.exponential(6.0) * HOUR as f64) as i64 + 60_000;
        let mut draft = *sign_in;
        draft.minted = Some(super::draft::Minted {
            time: sign_in.time,
            network: sign_in.network,
            client: sign_in.client,
            tls: sign_in.tls,
            id,
        });
        draft.time = time;
        draft.failures = 0;
        draft.bot_score = human_score(random);
        draft.tls = Tls::Browser { resumed: random.chance(0.25) };
        let has_cookie = draft.says == Says::Browser && random.chance(0.98);
        draft.cookie = if has_cookie { DeviceCookie::Current } else { DeviceCookie::None };
        if draft.says == Says::AiAgent {
            draft.bot_score = sign_in.bot_score;
        } else if random.chance(0.12) {
            let place = self.home.place;
            draft.network = if random.chance(0.6) {
                let ip = address(self.carrier, place, 12, random);
                Network { asn: self.carrier, place, ip, proxy: Proxy::None, rtt: rtt(45.0, random) }
            } else {
                self.home.network(random)
            };
        }
        if draft.device.is_none() && has_cookie {
            draft.device = Some(self.next_device + 1);
        }
        draft
    }
}

/// Score of a bot product for a person: rarely taken for a machine.
pub fn human_score(random: &mut Random) -> u8 {
    let low = if random.chance(0.01) { 5 } else { 32 };
    u8::try_from(low + random.below(60)).unwrap_or(50)
}

/// Principals from the same address within the hour.
pub fn neighbours(proxy: Proxy, random: &mut Random) -> u32 {
    let mean = match proxy {
        Proxy::None => 0.6,
        Proxy::Corporate => 6.0,
        Proxy::Relay | Proxy::Vpn | Proxy::Hosting | Proxy::Tor => 9.0,
    };
    1 + random.exponential(mean) as u32
}
