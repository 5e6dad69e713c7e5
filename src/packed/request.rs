//! A request from one text and two lists of numbers.

use std::ops::RangeInclusive;

use crate::profile::{Counts, Profile, Sighting};
use crate::read::{LATITUDES, LONGITUDES, millionths};
use crate::request::{
    Client, ClientAppType, ClientCert, Device, DeviceCookie, GuestType, Header, Headers, Http, Platform,
    PlatformBot, Principal, PrincipalKind, Proxy, Request, Resource, RiskFacts, Session, SessionBinding,
    Text, TransferMethod, TrustType, Velocity,
};
use crate::risk::{InsiderRiskLevel, RiskLevel};

/// A request as it crosses: its members in the order in which [`Self::read`] reads them.
#[derive(Debug, Clone, Copy)]
pub struct PackedRequest<'a> {
    /// All texts, one behind the other, in UTF-8.
    pub text: &'a [u8],
    /// The mask of the groups that are known and the length of the whole text; then what is small: for texts where they end in
    /// the whole, in UTF-16 units, which is what JavaScript knows, for lists their count, for flags 0 or 1, for names their
    /// index, for headers that of [`Header`] before the end; -1 for what is unknown.
    pub sizes: &'a [i32],
    /// Numbers, NaN for what is unknown.
    pub numbers: &'a [f64],
}

impl<'a> PackedRequest<'a> {
    /// Reads it. Groups that the mask leaves out are unknown as a whole; texts that no decision reads do not cross. Fills a
    /// request of which nothing is known yet, because a value of its size is not moved for free. `None` if they do not fit; the
    /// JSON way tells why.
    #[must_use]
    pub fn read(self, into: &mut Request<'a>) -> Option<()> {
        let text = std::str::from_utf8(self.text).ok()?;
        let ([groups, units], sizes) = self.sizes.split_first_chunk()?;
        // No character takes fewer bytes than units, and only those of ASCII take as many.
        let is_ascii = usize::try_from(*units).is_ok_and(|units| units == text.len());
        let mut reader = Reader { text, units: 0, is_ascii, sizes, numbers: self.numbers };
        reader.request(*groups, into)?;
        (reader.text.is_empty() && reader.sizes.is_empty() && reader.numbers.is_empty()).then_some(())
    }
}

/// Bits of the leading mask.
const HTTP: i32 = 1;
const CLIENT: i32 = 1 << 1;
const TLS: i32 = 1 << 2;
const CLIENT_CERT: i32 = 1 << 3;
const TRANSPORT: i32 = 1 << 4;
const PLATFORM_BOT: i32 = 1 << 5;
const PRINCIPAL: i32 = 1 << 6;
const SESSION: i32 = 1 << 7;
const BINDING: i32 = 1 << 8;
const DEVICE: i32 = 1 << 9;
const RESOURCE: i32 = 1 << 10;
const RISK: i32 = 1 << 11;
const VELOCITY: i32 = 1 << 12;
const PROFILE: i32 = 1 << 13;
const COUNTS: i32 = 1 << 14;

struct Reader<'a, 'n> {
    /// What is not read yet, and the units before it.
    text: &'a str,
    units: usize,
    is_ascii: bool,
    sizes: &'n [i32],
    numbers: &'n [f64],
}

/// Unknown (`Some(None)`), known, or misfit (`None`).
type Read<T> = Option<Option<T>>;

impl<'a, 'n> Reader<'a, 'n> {
    fn request(&mut self, groups: i32, into: &mut Request<'a>) -> Option<()> {
        let has = |group| groups & group != 0;
        let [time] = self.numbers()?;
        into.time = whole(*time)?;
        if has(HTTP) {
            self.http(&mut into.http)?;
        }
        if has(CLIENT) {
            self.client(&mut into.client)?;
        }
        if has(TLS) {
            let ([ja4, ja3], tls) = (self.sizes()?, &mut into.tls);
            tls.ja4 = self.text(*ja4)?;
            tls.ja3 = self.text(*ja3)?;
        }
        if has(CLIENT_CERT) {
            let [presented, verified] = self.sizes()?;
            into.tls.client_cert = ClientCert { presented: flag(*presented)?, verified: flag(*verified)? };
        }
        if has(TRANSPORT) {
            let [rtt_ms, latitude, longitude] = self.numbers()?;
            into.transport.rtt_ms = whole(*rtt_ms)?;
            into.transport.edge_latitude = degrees(*latitude, LATITUDES)?;
            into.transport.edge_longitude = degrees(*longitude, LONGITUDES)?;
            into.transport.header_order = self.texts()?;
        }
        if has(PLATFORM_BOT) {
            let ([score], [verified, signed_agent]) = (self.numbers()?, self.sizes()?);
            into.platform_bot = PlatformBot {
                score: whole(*score)?,
                verified: flag(*verified)?,
                signed_agent: flag(*signed_agent)?,
            };
        }
        if has(PRINCIPAL) {
            self.principal(&mut into.principal)?;
        }
        if has(SESSION) {
            self.session(&mut into.session)?;
        }
        if has(BINDING) {
            let ([asn], [country, ja4, agent]) = (self.numbers()?, self.sizes()?);
            into.session.binding = SessionBinding {
                asn: whole(*asn)?,
                country: self.text(*country)?,
                ja4: self.text(*ja4)?,
                agent: self.text(*agent)?,
            };
        }
        if has(DEVICE) {
            self.device(&mut into.device)?;
        }
        if has(RESOURCE) {
            self.resource(&mut into.resource)?;
        }
        if has(RISK) {
            let [sign_in, user, service_principal, agent, insider] = self.sizes()?;
            into.risk = RiskFacts {
                sign_in: name(*sign_in, RiskLevel::ALL)?,
                user: name(*user, RiskLevel::ALL)?,
                service_principal: name(*service_principal, RiskLevel::ALL)?,
                agent: name(*agent, RiskLevel::ALL)?,
                insider: name(*insider, InsiderRiskLevel::ALL)?,
            };
        }
        if has(VELOCITY) {
            let [failures, users] = self.numbers()?;
            into.velocity = Velocity { user_failures_1h: whole(*failures)?, ip_users_1h: whole(*users)? };
        }
        if has(PROFILE) {
            into.profile = Some(self.profile(has(COUNTS))?);
        }
        Some(())
    }

    fn http(&mut self, http: &mut Http<'a>) -> Option<()> {
        let [method, scheme, host, path] = self.sizes()?;
        http.method = self.text(*method)?;
        http.scheme = self.text(*scheme)?;
        http.host = self.text(*host)?;
        http.path = self.text(*path)?;
        http.headers = self.headers()?;
        Some(())
    }

    fn client(&mut self, client: &mut Client<'a>) -> Option<()> {
        let [ip, country, city, proxy, gps_country, compliant_network, app_type] = self.sizes()?;
        let [asn, latitude, longitude] = self.numbers()?;
        if let Some(ip) = self.slice(*ip)? {
            client.ip = Some(ip.parse::<std::net::IpAddr>().ok()?.to_canonical());
        }
        client.asn = whole(*asn)?;
        client.country = self.text(*country)?;
        client.city = self.text(*city)?;
        client.latitude = degrees(*latitude, LATITUDES)?;
        client.longitude = degrees(*longitude, LONGITUDES)?;
        client.proxy = name(*proxy, Proxy::ALL)?;
        client.gps_country = self.text(*gps_country)?;
        client.compliant_network = flag(*compliant_network)?;
        client.app_type = name(*app_type, ClientAppType::ALL)?;
        Some(())
    }

    fn principal(&mut self, principal: &mut Principal<'a>) -> Option<()> {
        let [kind, id, guest_type, external_tenant] = self.sizes()?;
        principal.kind = name(*kind, PrincipalKind::ALL)?;
        principal.id = self.text(*id)?;
        principal.guest_type = name(*guest_type, GuestType::ALL)?;
        principal.external_tenant = self.text(*external_tenant)?;
        principal.groups = self.texts()?;
        principal.roles = self.texts()?;
        Some(())
    }

    fn session(&mut self, session: &mut Session<'a>) -> Option<()> {
        let ([id, transfer_method, key_proved], [established_at, auth_time]) =
            (self.sizes()?, self.numbers()?);
        session.id = self.text(*id)?;
        session.established_at = whole(*established_at)?;
        session.auth_time = whole(*auth_time)?;
        session.transfer_method = name(*transfer_method, TransferMethod::ALL)?;
        session.key_proved = flag(*key_proved)?;
        session.amr = self.texts()?;
        Some(())
    }

    fn device(&mut self, device: &mut Device<'a>) -> Option<()> {
        let [is_registered, is_compliant, trust_type, platform, device_id, cookie] = self.sizes()?;
        device.is_registered = flag(*is_registered)?;
        device.is_compliant = flag(*is_compliant)?;
        device.trust_type = name(*trust_type, TrustType::ALL)?;
        device.platform = name(*platform, Platform::ALL)?;
        device.device_id = self.text(*device_id)?;
        device.cookie = name(*cookie, DeviceCookie::ALL)?;
        Some(())
    }

    fn resource(&mut self, resource: &mut Resource<'a>) -> Option<()> {
        let [application, user_action, authentication_context] = self.sizes()?;
        resource.application = self.text(*application)?;
        resource.user_action = self.text(*user_action)?;
        resource.authentication_context = self.text(*authentication_context)?;
        resource.application_groups = self.texts()?;
        Some(())
    }

    fn profile(&mut self, is_counted: bool) -> Option<Profile<'a>> {
        let [count] = self.numbers()?;
        let count = whole(*count)??;
        let networks = self.texts()?.unwrap_or_default();
        let asns = self.counts()?.unwrap_or_default();
        let countries = self.texts()?.unwrap_or_default();
        let cities = self.texts()?.unwrap_or_default();
        let agents = self.texts()?.unwrap_or_default();
        let systems = self.texts()?.unwrap_or_default();
        let tls = self.texts()?.unwrap_or_default();
        let devices = self.texts()?.unwrap_or_default();
        let hours = self.counts()?.unwrap_or_default();
        let [time] = self.numbers()?;
        let last = match whole(*time)? {
            Some(time) => {
                let [latitude, longitude] = self.numbers()?;
                let (latitude_e6, longitude_e6) = (whole(*latitude)??, whole(*longitude)??);
                Some(Sighting { time, latitude_e6, longitude_e6 })
            }
            None => None,
        };
        let counts = if is_counted { self.profile_counts()? } else { Counts::default() };
        Some(Profile {
            count,
            networks,
            asns,
            countries,
            cities,
            agents,
            systems,
            tls,
            devices,
            hours,
            last,
            counts,
        })
    }

    fn profile_counts(&mut self) -> Option<Counts> {
        let mut next = || Some(self.counts()?.unwrap_or_default());
        Some(Counts {
            networks: next()?,
            asns: next()?,
            countries: next()?,
            cities: next()?,
            agents: next()?,
            systems: next()?,
            tls: next()?,
            devices: next()?,
        })
    }

    /// The next sizes: one look at how many are left, whatever their number.
    #[inline]
    fn sizes<const N: usize>(&mut self) -> Option<&'n [i32; N]> {
        let (first, rest) = self.sizes.split_first_chunk()?;
        self.sizes = rest;
        Some(first)
    }

    #[inline]
    fn numbers<const N: usize>(&mut self) -> Option<&'n [f64; N]> {
        let (first, rest) = self.numbers.split_first_chunk()?;
        self.numbers = rest;
        Some(first)
    }

    #[inline]
    fn slice(&mut self, end: i32) -> Read<&'a str> {
        let Some(end) = known(end)? else { return Some(None) };
        let units = end.checked_sub(self.units)?;
        self.units = end;
        let bytes = if self.is_ascii { units } else { bytes(self.text, units)? };
        let (slice, rest) = self.text.split_at_checked(bytes)?;
        self.text = rest;
        Some(Some(slice))
    }

    #[inline]
    fn text(&mut self, end: i32) -> Read<Text<'a>> {
        Some(self.slice(end)?.map(Text::from))
    }

    fn counts(&mut self) -> Read<Vec<u32>> {
        let [count] = self.sizes()?;
        let Some(count) = known(*count)? else { return Some(None) };
        let (counts, rest) = self.numbers.split_at_checked(count)?;
        self.numbers = rest;
        let counts = counts.iter().map(|count| whole(*count).flatten());
        counts.collect::<Option<_>>().map(Some)
    }

    fn texts(&mut self) -> Read<Vec<Text<'a>>> {
        let [count] = self.sizes()?;
        let Some(count) = known(*count)? else { return Some(None) };
        let (ends, rest) = self.sizes.split_at_checked(count)?;
        self.sizes = rest;
        let mut texts = Vec::with_capacity(count);
        for end in ends {
            texts.push(self.text(*end)??);
        }
        Some(Some(texts))
    }

    fn headers(&mut self) -> Read<Headers<'a>> {
        let [count] = self.sizes()?;
        let Some(count) = known(*count)? else { return Some(None) };
        let (pairs, rest) = self.sizes.split_at_checked(count.checked_mul(2)?)?;
        self.sizes = rest;
        let mut headers = Headers::with_capacity(count);
        for [header, end] in pairs.as_chunks().0 {
            headers.push_known(name(*header, Header::ALL)??, self.text(*end)??);
        }
        Some(Some(headers))
    }
}

#[inline]
fn known(size: i32) -> Read<usize> {
    match usize::try_from(size) {
        Ok(size) => Some(Some(size)),
        Err(_) => (size == -1).then_some(None),
    }
}

#[inline]
fn flag(size: i32) -> Read<bool> {
    Some(known(size)?.map(|size| size != 0))
}

/// One of some names.
#[inline]
fn name<T: Copy>(size: i32, all: &[T]) -> Read<T> {
    match known(size)? {
        Some(index) => all.get(index).copied().map(Some),
        None => Some(None),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "what they lose is compared"
)]
#[inline]
fn whole<W: TryFrom<i64>>(number: f64) -> Read<W> {
    if number.is_nan() {
        return Some(None);
    }
    let whole = number as i64;
    if whole as f64 != number || number.abs() >= 9e15 {
        return None;
    }
    W::try_from(whole).ok().map(Some)
}

fn degrees(number: f64, range: RangeInclusive<f64>) -> Read<i32> {
    if number.is_nan() { Some(None) } else { millionths(number, range).map(Some) }
}

/// How many bytes the first UTF-16 units take; `None` if they end within a character or past the end.
fn bytes(text: &str, units: usize) -> Option<usize> {
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return Some(at);
        }
        left = left.checked_sub(character.len_utf16())?;
    }
    (left == 0).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members of a request without a profile, as sizes with the mask and the length, and as numbers.
    const MEMBERS: (usize, usize) = (49, 13);

    fn read<'a>(text: &'a str, sizes: &'a [i32], numbers: &'a [f64]) -> Option<Request<'a>> {
        let mut into = Request::default();
        PackedRequest { text: text.as_bytes(), sizes, numbers }.read(&mut into).map(|()| into)
    }

    fn unknown() -> ([i32; MEMBERS.0], [f64; MEMBERS.1]) {
        let mut sizes = [-1; MEMBERS.0];
        (sizes[0], sizes[1]) = (PROFILE - 1, 0);
        (sizes, [f64::NAN; MEMBERS.1])
    }

    #[test]
    fn nothing_known_is_the_default_request() {
        let (sizes, numbers) = unknown();
        assert_eq!(read("", &sizes, &numbers), Some(Request::default()));
        assert_eq!(read("", &[0, 0], &[f64::NAN]), Some(Request::default()), "without any group");
    }

    #[test]
    fn what_does_not_fit_is_no_request() {
        let (sizes, unknown) = unknown();
        assert_eq!(read("", &[], &unknown), None, "no mask");
        assert_eq!(read("", &[0], &unknown[..1]), None, "no length");
        assert_eq!(read("", &sizes[..MEMBERS.0 - 1], &unknown), None, "too few sizes");
        assert_eq!(read("", &sizes, &unknown[1..]), None, "too few numbers");
        assert_eq!(read("left over", &sizes, &unknown), None);
        let method = |text: &'static str, units: i32, size: i32| {
            let mut sizes = sizes;
            (sizes[1], sizes[2]) = (units, size);
            read(text, &sizes, &unknown).map(|request| request.http.method.unwrap().to_string())
        };
        assert_eq!(method("GE", 2, 3), None, "a length past the end");
        for (text, units) in [("GET", 3), ("G€T", 3), ("G🤖", 3), ("é", 1)] {
            assert_eq!(method(text, units, units).as_deref(), Some(text));
            assert_eq!(method(text, -1, units).as_deref(), Some(text), "whatever is said of the whole");
        }
        assert_eq!(method("GE🤖", 4, 3), None, "a length within a character");
        assert_eq!(method("G€", 2, 3), None, "a length past the end");
        assert_eq!(method("G€T", 5, 3), None, "said to be ASCII");
        assert_eq!(method("", 0, -2), None, "no size");
        let (mut sizes, text) = (sizes, "GEThttps");
        (sizes[1], sizes[2], sizes[3]) = (8, 8, 3);
        assert_eq!(read(text, &sizes, &unknown), None, "a text that ends before the one in front of it");
        for bad in [0.5, 1e300, f64::INFINITY] {
            assert_eq!(read("", &[0, 0], &[bad]), None, "{bad}");
        }
    }
}
