//! One simulated request before it is written out: small, so that a whole stream can be sorted by time.

use std::net::{IpAddr, Ipv4Addr};

use edgeward::Request;
use edgeward::agent;
use edgeward::request::{DeviceCookie, PrincipalKind, Proxy, Text};

use super::client::{Client, Tls};
use super::family::Family;
use super::world::{Place, World};
use crate::event::{Event, Label, Split};

/// First moment of the simulation: 2025-10-01T00:00:00Z, milliseconds since the Unix epoch.
pub const ORIGIN: i64 = 1_759_276_800_000;

/// What the edge in front of a principal's application can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// TLS fingerprint, city, bot product.
    Full,
    /// TLS fingerprint and city.
    Plain,
    /// Network and country only.
    Bare,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Autonomous system.
    pub asn: u32,
    /// Where its address is.
    pub place: Place,
    /// The address.
    pub ip: Ipv4Addr,
    /// What kind of intermediary it is, as the host's data has it.
    pub proxy: Proxy,
    /// Round-trip time to the edge, milliseconds.
    pub rtt: u32,
}

/// What a client says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// What the browser says.
    Browser,
    /// The browser's user agent without its other headers.
    UserAgentOnly,
    /// A headless browser.
    Headless,
    /// An AI operator's agent.
    AiAgent,
}

/// The session a request presents.
#[derive(Debug, Clone, Copy)]
pub struct Minted {
    /// When, milliseconds since [`ORIGIN`].
    pub time: i64,
    /// From where.
    pub network: Network,
    /// With which browser.
    pub client: Client,
    /// Over which TLS.
    pub tls: Tls,
    /// Session number.
    pub id: u32,
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// Milliseconds since [`ORIGIN`].
    pub time: i64,
    /// Number of the principal.
    pub user: u32,
    /// What is going on.
    pub family: Family,
    /// Which part of an experiment it belongs to.
    pub split: Option<Split>,
    /// From where.
    pub network: Network,
    /// With which browser.
    pub client: Client,
    /// What it says it is.
    pub says: Says,
    /// Who speaks TLS.
    pub tls: Tls,
    /// The device's cookie.
    pub cookie: DeviceCookie,
    /// Number of the device whose cookie is presented.
    pub device: Option<u32>,
    /// The session presented; `None` is a sign-in.
    pub minted: Option<Minted>,
    /// Score of a bot product.
    pub bot_score: u8,
    /// A signature over the request was verified.
    pub signed: bool,
    /// Failed sign-ins of the principal within the hour.
    pub failures: u32,
    /// Principals from the address within the hour.
    pub address_users: u32,
    /// What the edge can see.
    pub host: Host,
}

impl Draft {
    /// Writes the request out.
    pub fn event(&self, world: &World) -> Event<'static> {
        let mut request = Request { time: Some(ORIGIN + self.time), ..Request::default() };
        request.http.method = Some(owned(if self.minted.is_some() { "GET" } else { "POST" }));
        request.http.scheme = Some(owned("https"));
        request.http.host = Some(owned("app.example"));
        request.http.path = Some(owned(if self.minted.is_some() { "/" } else { "/sign-in" }));
        request.http.headers = Some(self.headers(world).into());
        let network = &self.network;
        request.client.ip = Some(IpAddr::V4(network.ip));
        request.client.asn = Some(network.asn);
        request.client.country = Some(owned(world.code(network.place)));
        if self.host != Host::Bare {
            if let Some((name, latitude, longitude, _)) = world.city(network.place) {
                request.client.city = Some(owned(name));
                request.client.latitude = Some((latitude * 1e6) as i32);
                request.client.longitude = Some((longitude * 1e6) as i32);
            }
            request.client.proxy = Some(network.proxy);
            request.tls.ja4 = Some(owned(&self.client.ja4(world, self.tls, self.time)));
            request.transport.rtt_ms = Some(network.rtt);
        }
        if self.host != Host::Bare {
            // Web Bot Auth: where a platform does not verify signatures, the edge does.
            request.platform_bot.signed_agent = Some(self.signed);
        }
        if self.host == Host::Full {
            request.platform_bot.score = Some(self.bot_score);
        }
        request.principal.kind = Some(PrincipalKind::User);
        request.principal.id = Some(owned(&format!("u{:06}", self.user)));
        request.device.cookie = Some(self.cookie);
        request.device.device_id = self.device.map(|device| owned(&format!("d{device:06}")));
        request.velocity.user_failures_1h = Some(self.failures);
        request.velocity.ip_users_1h = Some(self.address_users);
        if let Some(minted) = &self.minted {
            self.bind(world, minted, &mut request);
        }
        Event {
            request,
            label: if self.family.is_attack() { Label::Attack } else { Label::Benign },
            family: owned(self.family.name()),
            split: self.split,
        }
    }

    fn headers(&self, world: &World) -> Vec<(Text<'static>, Text<'static>)> {
        let mut headers = Vec::with_capacity(6);
        let user_agent = match self.says {
            Says::Browser | Says::UserAgentOnly => self.client.user_agent(world, self.time),
            Says::Headless => world.tool("headless").replace("{major}", "141"),
            Says::AiAgent => world.tool("aiAgent").to_owned(),
        };
        headers.push((owned("user-agent"), Text(user_agent.into())));
        if self.says == Says::Browser {
            for (name, value) in self.client.headers(world, self.time) {
                headers.push((Text(name.into()), Text(value.into())));
            }
        }
        headers
    }

    fn bind(&self, world: &World, minted: &Minted, request: &mut Request<'static>) {
        let session = &mut request.session;
        session.id = Some(owned(&format!("s{:07}", minted.id)));
        session.established_at = Some(ORIGIN + minted.time);
        session.auth_time = Some(ORIGIN + minted.time);
        session.binding.asn = Some(minted.network.asn);
        session.binding.country = Some(owned(world.code(minted.network.place)));
        if self.host != Host::Bare {
            session.binding.ja4 = Some(owned(&minted.client.ja4(world, minted.tls, minted.time)));
        }
        let then = Request {
            http: edgeward::request::Http {
                headers: Some(
                    vec![(owned("user-agent"), Text(minted.client.user_agent(world, minted.time).into()))]
                        .into(),
                ),
                ..Default::default()
            },
            ..Request::default()
        };
        let classified = agent::classify(&then);
        session.binding.agent = classified.has_key().then(|| Text(classified.key().into()));
    }
}

fn owned(text: &str) -> Text<'static> {
    Text(text.to_owned().into())
}
