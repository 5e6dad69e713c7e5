//! The twelve families of attackers, against a person as they are after one of their sign-ins.

use edgeward::request::{DeviceCookie, Proxy};

use super::client::{Client, Tls};
use super::draft::{Draft, Minted, Network, Says};
use super::family::Family;
use super::person::{DAY, HOUR, Person, SIGNED, human_score, neighbours, rtt};
use super::world::{Place, World, Worldwide, address};
use crate::random::Random;

/// /24 networks of a provider in a town, any of which a rented proxy may be in. A line's own address stays within
/// few of them.
const TOWN: u32 = 64;

/// One attempt of `family` on a person whose latest sign-in is `last`.
pub fn attempt(world: &World, family: Family, person: &Person, last: &Draft, random: &mut Random) -> Draft {
    let mut scene = Scene { world, person, last, random };
    let mut draft = scene.any_browser(family);
    match family {
        Family::Naive => {
            // Botnets are where people are: some machine of it is a neighbour's, mostly at the provider most have.
            draft.network = if scene.random.chance(0.10) {
                scene.next_door(0.8)
            } else {
                let place = scene.world.place(scene.random);
                scene.infrastructure(place, 0.2)
            };
            if scene.random.chance(0.5) {
                draft.client = scene.current();
            }
            scene.tooling(&mut draft, 0.55);
            scene.stuffing(&mut draft, 0.3);
        }
        Family::Vpn => {
            let place = scene.world.place_in(scene.home().country, scene.random);
            draft.network = scene.infrastructure(place, 0.98);
            scene.tooling(&mut draft, 0.35);
            scene.stuffing(&mut draft, 0.15);
        }
        Family::Targeted => {
            draft.network = scene.infrastructure(scene.home(), 0.985);
            draft.client = if scene.random.chance(0.15) { scene.alike() } else { scene.same_form() };
            scene.tooling(&mut draft, 0.25);
        }
        Family::Headless => {
            let place = scene.world.place(scene.random);
            draft.network = scene.infrastructure(place, 0.7);
            draft.says = if scene.random.chance(0.6) { Says::Headless } else { Says::UserAgentOnly };
            draft.bot_score = scene.machine_score(0.05);
        }
        Family::UaRotation => {
            let place = scene.world.place(scene.random);
            draft.network = scene.infrastructure(place, 0.5);
            scene.tooling(&mut draft, 1.0);
            scene.stuffing(&mut draft, 0.5);
        }
        Family::ImpossibleTravel => {
            let place = scene.world.place_outside(scene.home().country, scene.random);
            draft.network = scene.infrastructure(place, 0.1);
            draft.time = last.time + (scene.random.between(0.1, 2.0) * HOUR as f64) as i64;
            scene.tooling(&mut draft, 0.2);
        }
        Family::TokenReplay => scene.replay(&mut draft),
        Family::VeryTargeted => {
            draft.network = scene.next_door(0.6);
            draft.client = if scene.random.chance(0.7) { last.client } else { scene.alike() };
            draft.tls = scene.tls(0.05);
        }
        Family::AiAgent => {
            let place = scene.world.place(scene.random);
            draft.network = scene.hosted(place);
            draft.says = if scene.random.chance(0.5) { Says::AiAgent } else { Says::Browser };
            // The services that people use are the thief's, too, and sign for both.
            draft.signed = draft.says == Says::AiAgent && scene.random.chance(SIGNED);
            draft.bot_score = scene.machine_score(0.15);
        }
        Family::Aitm => {
            let place = if scene.random.chance(0.5) { scene.home() } else { scene.world.place(scene.random) };
            draft.network = scene.infrastructure(place, 0.8);
            draft.client = last.client;
            draft.tls = Tls::Go;
            draft.bot_score = scene.machine_score(0.5);
        }
        Family::Clone => {
            draft.network = scene.next_door(0.75);
            draft.client = last.client;
            draft.tls = scene.tls(0.04);
        }
        _ => {
            // Cookie theft: everything on the device was copied, its network was not.
            draft.network = match scene.random.unit() {
                share if share < 0.04 => scene.next_door(1.0),
                share if share < 0.6 => scene.infrastructure(scene.home(), 0.3),
                _ => {
                    let place = scene.world.place(scene.random);
                    scene.infrastructure(place, 0.5)
                }
            };
            draft.client = last.client;
            draft.tls = scene.tls(0.3);
            draft.cookie =
                if scene.random.chance(0.2) { DeviceCookie::Forked } else { DeviceCookie::Current };
            draft.device = person.devices.first().map(|device| device.number);
        }
    }
    draft
}

struct Scene<'a> {
    world: &'a World,
    person: &'a Person,
    last: &'a Draft,
    random: &'a mut Random,
}

impl Scene<'_> {
    const fn home(&self) -> Place {
        self.person.home_place()
    }

    /// A sign-in with a popular browser and no cookie, hours or days after the person's.
    fn any_browser(&mut self, family: Family) -> Draft {
        let random = &mut *self.random;
        let kind = self.world.client_kind(None, random);
        let network = self.last.network;
        Draft {
            time: self.last.time + (random.exponential(2.0) * DAY as f64) as i64 + 60_000,
            user: self.person.user,
            family,
            split: None,
            network,
            client: Client::bought(self.world, kind, random),
            says: Says::Browser,
            tls: Tls::Browser { resumed: false },
            cookie: DeviceCookie::None,
            device: None,
            minted: None,
            bot_score: human_score(random),
            signed: false,
            failures: if random.chance(0.25) { 1 + u32::try_from(random.below(6)).unwrap_or(0) } else { 0 },
            address_users: neighbours(Proxy::None, random),
            host: self.person.host,
        }
    }

    /// The kind of browser the person uses, bought or emulated: not the same build.
    fn alike(&mut self) -> Client {
        Client::bought(self.world, self.last.client.kind, self.random)
    }

    /// A popular browser on the same form of device.
    fn same_form(&mut self) -> Client {
        let form = self.world.clients.get(self.last.client.kind).map(|kind| kind.form.as_str());
        let kind = self.world.client_kind(form, self.random);
        Client::bought(self.world, kind, self.random)
    }

    /// A popular browser, up to date.
    fn current(&mut self) -> Client {
        let kind = self.world.client_kind(None, self.random);
        Client::new(self.world, kind, self.random)
    }

    fn hosted(&mut self, place: Place) -> Network {
        let random = &mut *self.random;
        let asn = Worldwide::Hosting.asn(random);
        let proxy = if random.chance(0.85) { Proxy::Hosting } else { Proxy::None };
        Network { asn, place, ip: address(asn, place, 3, random), proxy, rtt: rtt(6.0, random) }
    }

    /// An address in a place: a VPN or data centre with the probability `bought`, else a home whose owner does not
    /// know. Tor for few.
    fn infrastructure(&mut self, place: Place, bought: f64) -> Network {
        if self.random.chance(bought) {
            let random = &mut *self.random;
            if random.chance(0.04) {
                let asn = Worldwide::Tor.asn(random);
                let ip = address(asn, place, 2, random);
                return Network { asn, place, ip, proxy: Proxy::Tor, rtt: rtt(90.0, random) };
            }
            if random.chance(0.5) {
                return self.hosted(place);
            }
            let random = &mut *self.random;
            let asn = Worldwide::Vpn.asn(random);
            let proxy = match random.unit() {
                share if share < 0.7 => Proxy::Vpn,
                share if share < 0.9 => Proxy::Hosting,
                _ => Proxy::None,
            };
            return Network { asn, place, ip: address(asn, place, 3, random), proxy, rtt: rtt(35.0, random) };
        }
        let random = &mut *self.random;
        let asn = self.world.access_asn(place.country, random);
        let proxy = if random.chance(0.06) { Proxy::Vpn } else { Proxy::None };
        Network { asn, place, ip: address(asn, place, TOWN, random), proxy, rtt: rtt(40.0, random) }
    }

    /// A proxy in the person's town, with this probability at the person's own provider.
    fn next_door(&mut self, same_provider: f64) -> Network {
        let last = self.last.network;
        if self.random.chance(same_provider) {
            let ip = address(last.asn, last.place, TOWN, self.random);
            return Network { ip, rtt: rtt(40.0, self.random), ..last };
        }
        let home = self.home();
        self.infrastructure(home, 0.05)
    }

    /// TLS of a real browser, or with this probability of a tool.
    fn tls(&mut self, tool: f64) -> Tls {
        if self.random.chance(tool) {
            if self.random.chance(0.6) { Tls::Go } else { Tls::Python }
        } else {
            Tls::Browser { resumed: false }
        }
    }

    /// With this probability a program pretends to be the browser.
    fn tooling(&mut self, draft: &mut Draft, share: f64) {
        if !self.random.chance(share) {
            return;
        }
        draft.tls = self.tls(0.75);
        if self.random.chance(0.6) {
            draft.says = Says::UserAgentOnly;
        }
        draft.bot_score = self.machine_score(0.2);
    }

    /// With this probability the attempt is one of many from the address.
    fn stuffing(&mut self, draft: &mut Draft, share: f64) {
        if self.random.chance(share) {
            draft.address_users = 20 + u32::try_from(self.random.below(120)).unwrap_or(0);
            draft.failures += 1 + u32::try_from(self.random.below(4)).unwrap_or(0);
        }
    }

    /// Score of a bot product for a machine, which it takes for a person with the probability `missed`.
    fn machine_score(&mut self, missed: f64) -> u8 {
        if self.random.chance(missed) {
            human_score(self.random)
        } else if self.random.chance(0.4) {
            1
        } else {
            2 + u8::try_from(self.random.below(28)).unwrap_or(0)
        }
    }

    /// A stolen session token, with a browser that is like the one it came from or not.
    fn replay(&mut self, draft: &mut Draft) {
        let last = self.last;
        draft.minted = Some(Minted {
            time: last.time,
            network: last.network,
            client: last.client,
            tls: last.tls,
            id: self.person.user.wrapping_mul(64).wrapping_add(63),
        });
        draft.time = last.time + (self.random.exponential(8.0) * HOUR as f64) as i64 + 60_000;
        draft.failures = 0;
        let place = if self.random.chance(0.4) { self.home() } else { self.world.place(self.random) };
        draft.network = self.infrastructure(place, 0.5);
        let copies = self.random.chance(0.6);
        if copies {
            draft.client = last.client;
            draft.tls = self.tls(0.7);
        } else {
            self.tooling(draft, 0.4);
        }
    }
}
