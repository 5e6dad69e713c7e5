//! A request from one text and one list of numbers.

use crate::profile::{Profile, Sighting};
use crate::request::{
    Client, ClientAppType, ClientCert, Device, DeviceCookie, GuestType, Http, Platform, PlatformBot,
    Principal, PrincipalKind, Proxy, Request, Resource, RiskFacts, Session, SessionBinding, Text,
    TransferMethod, Transport, TrustType, Velocity,
};
use crate::risk::{InsiderRiskLevel, RiskLevel};

/// Reads a request: its members in the order written below. `sizes` holds what is small: for texts their length in
/// UTF-16 units, which is what JavaScript knows, for lists their count, for flags 0 or 1, for names their index, for headers that of [`Http::READ`] before
/// the length; -1 for what is unknown. `numbers` holds numbers, NaN for what is unknown. Groups that a leading bit
/// mask leaves out are unknown as a whole. Fills a request of which nothing is known yet, because a value of its size
/// is not moved for free. `None` if they do not fit; the JSON way tells why.
#[must_use]
pub fn request<'a>(text: &'a str, sizes: &[i32], numbers: &[f64], into: &mut Request<'a>) -> Option<()> {
    let mut reader = Reader { text, is_ascii: text.is_ascii(), sizes, numbers };
    reader.request(into)?;
    (reader.text.is_empty() && reader.sizes.is_empty() && reader.numbers.is_empty()).then_some(())
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

struct Reader<'a, 'n> {
    text: &'a str,
    is_ascii: bool,
    sizes: &'n [i32],
    numbers: &'n [f64],
}

/// Unknown (`Some(None)`), known, or misfit (`None`).
type Read<T> = Option<Option<T>>;

impl<'a> Reader<'a, '_> {
    fn request(&mut self, into: &mut Request<'a>) -> Option<()> {
        let (groups, rest) = self.sizes.split_first()?;
        self.sizes = rest;
        let has = |group| groups & group != 0;
        into.time = self.whole()?;
        if has(HTTP) {
            self.http(&mut into.http)?;
        }
        if has(CLIENT) {
            self.client(&mut into.client)?;
        }
        if has(TLS) {
            let tls = &mut into.tls;
            (tls.version, tls.ja4, tls.ja3) = (self.text()?, self.text()?, self.text()?);
        }
        if has(CLIENT_CERT) {
            into.tls.client_cert = ClientCert { presented: self.flag()?, verified: self.flag()? };
        }
        if has(TRANSPORT) {
            into.transport = Transport {
                rtt_ms: self.whole()?,
                h2_fingerprint: self.text()?,
                header_order: self.texts()?,
            };
        }
        if has(PLATFORM_BOT) {
            into.platform_bot =
                PlatformBot { score: self.whole()?, verified: self.flag()?, signed_agent: self.flag()? };
        }
        if has(PRINCIPAL) {
            self.principal(&mut into.principal)?;
        }
        if has(SESSION) {
            self.session(&mut into.session)?;
        }
        if has(BINDING) {
            into.session.binding = SessionBinding {
                asn: self.whole()?,
                country: self.text()?,
                ja4: self.text()?,
                agent: self.text()?,
            };
        }
        if has(DEVICE) {
            self.device(&mut into.device)?;
        }
        if has(RESOURCE) {
            into.resource = Resource {
                application: self.text()?,
                application_groups: self.texts()?,
                user_action: self.text()?,
                authentication_context: self.text()?,
                ..Resource::default()
            };
        }
        if has(RISK) {
            into.risk = RiskFacts {
                sign_in: self.name(RiskLevel::ALL)?,
                user: self.name(RiskLevel::ALL)?,
                service_principal: self.name(RiskLevel::ALL)?,
                agent: self.name(RiskLevel::ALL)?,
                insider: self.name(InsiderRiskLevel::ALL)?,
            };
        }
        if has(VELOCITY) {
            into.velocity = Velocity { user_failures_1h: self.whole()?, ip_users_1h: self.whole()? };
        }
        if has(PROFILE) {
            into.profile = Some(self.profile()?);
        }
        Some(())
    }

    fn http(&mut self, http: &mut Http<'a>) -> Option<()> {
        http.method = self.text()?;
        http.scheme = self.text()?;
        http.host = self.text()?;
        http.path = self.text()?;
        http.version = self.text()?;
        http.headers = self.headers()?;
        Some(())
    }

    fn client(&mut self, client: &mut Client<'a>) -> Option<()> {
        client.ip = self.parsed(|text| text.parse().ok())?.map(|ip: std::net::IpAddr| ip.to_canonical());
        client.asn = self.whole()?;
        client.country = self.text()?;
        client.city = self.text()?;
        client.latitude = self.degrees()?;
        client.longitude = self.degrees()?;
        client.proxy = self.name(Proxy::ALL)?;
        client.gps_country = self.text()?;
        client.compliant_network = self.flag()?;
        client.app_type = self.name(ClientAppType::ALL)?;
        Some(())
    }

    fn principal(&mut self, principal: &mut Principal<'a>) -> Option<()> {
        principal.kind = self.name(PrincipalKind::ALL)?;
        principal.id = self.text()?;
        principal.groups = self.texts()?;
        principal.roles = self.texts()?;
        principal.guest_type = self.name(GuestType::ALL)?;
        principal.external_tenant = self.text()?;
        Some(())
    }

    fn session(&mut self, session: &mut Session<'a>) -> Option<()> {
        session.id = self.text()?;
        session.established_at = self.whole()?;
        session.auth_time = self.whole()?;
        session.amr = self.texts()?;
        session.transfer_method = self.name(TransferMethod::ALL)?;
        Some(())
    }

    fn device(&mut self, device: &mut Device<'a>) -> Option<()> {
        device.is_registered = self.flag()?;
        device.is_compliant = self.flag()?;
        device.trust_type = self.name(TrustType::ALL)?;
        device.platform = self.name(Platform::ALL)?;
        device.device_id = self.text()?;
        device.cookie = self.name(DeviceCookie::ALL)?;
        Some(())
    }

    fn profile(&mut self) -> Option<Profile<'a>> {
        let count = self.whole()??;
        let networks = self.texts()?.unwrap_or_default();
        let asns = self.counts()?.unwrap_or_default();
        let countries = self.texts()?.unwrap_or_default();
        let agents = self.texts()?.unwrap_or_default();
        let systems = self.texts()?.unwrap_or_default();
        let tls = self.texts()?.unwrap_or_default();
        let devices = self.texts()?.unwrap_or_default();
        let hours = self.counts()?.unwrap_or_default();
        let last = match self.whole()? {
            Some(time) => Some(Sighting { time, latitude_e6: self.whole()??, longitude_e6: self.whole()?? }),
            None => None,
        };
        Some(Profile { count, networks, asns, countries, agents, systems, tls, devices, hours, last })
    }

    #[inline]
    fn number(&mut self) -> Read<f64> {
        let (first, rest) = self.numbers.split_first()?;
        self.numbers = rest;
        Some((!first.is_nan()).then_some(*first))
    }

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
    #[inline]
    fn whole<W: TryFrom<i64>>(&mut self) -> Read<W> {
        let Some(number) = self.number()? else { return Some(None) };
        if number.trunc() != number || number.abs() >= 9e15 {
            return None;
        }
        W::try_from(number as i64).ok().map(Some)
    }

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
    fn degrees(&mut self) -> Read<i32> {
        let Some(degrees) = self.number()? else { return Some(None) };
        (-180.0..=180.0).contains(&degrees).then_some(Some((degrees * 1e6).round() as i32))
    }

    #[inline]
    fn size(&mut self) -> Read<usize> {
        let (first, rest) = self.sizes.split_first()?;
        self.sizes = rest;
        match *first {
            -1 => Some(None),
            size => usize::try_from(size).ok().map(Some),
        }
    }

    fn flag(&mut self) -> Read<bool> {
        Some(self.size()?.map(|size| size != 0))
    }

    /// One of some names.
    fn name<T: Copy>(&mut self, all: &[T]) -> Read<T> {
        match self.size()? {
            Some(index) => all.get(index).copied().map(Some),
            None => Some(None),
        }
    }

    #[inline]
    fn slice(&mut self) -> Read<&'a str> {
        let Some(length) = self.size()? else { return Some(None) };
        let bytes = if self.is_ascii { length } else { bytes(self.text, length)? };
        let (slice, rest) = self.text.split_at_checked(bytes)?;
        self.text = rest;
        Some(Some(slice))
    }

    #[inline]
    fn text(&mut self) -> Read<Text<'a>> {
        Some(self.slice()?.map(Text::from))
    }

    fn parsed<T>(&mut self, parse: fn(&str) -> Option<T>) -> Read<T> {
        match self.slice()? {
            Some(text) => parse(text).map(Some),
            None => Some(None),
        }
    }

    fn counts(&mut self) -> Read<Vec<u32>> {
        self.list(|reader| reader.whole().flatten())
    }

    fn texts(&mut self) -> Read<Vec<Text<'a>>> {
        self.list(|reader| reader.text().flatten())
    }

    fn headers(&mut self) -> Read<Vec<(Text<'a>, Text<'a>)>> {
        self.list(|reader| {
            let name = reader.name(Http::READ)??;
            Some((name.into(), reader.text()??))
        })
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Read<Vec<T>> {
        let Some(count) = self.size()? else { return Some(None) };
        // A count can not promise more than was written.
        let mut list = Vec::with_capacity(count.min(self.sizes.len() + self.numbers.len()));
        for _ in 0..count {
            list.push(one(self)?);
        }
        Some(Some(list))
    }
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

    /// Members of a request without a profile, as sizes behind the mask and as numbers.
    const MEMBERS: (usize, usize) = (50, 11);

    fn read<'a>(text: &'a str, sizes: &[i32], numbers: &[f64]) -> Option<Request<'a>> {
        let mut into = Request::default();
        request(text, sizes, numbers, &mut into).map(|()| into)
    }

    fn unknown() -> ([i32; MEMBERS.0], [f64; MEMBERS.1]) {
        let mut sizes = [-1; MEMBERS.0];
        sizes[0] = PROFILE - 1;
        (sizes, [f64::NAN; MEMBERS.1])
    }

    #[test]
    fn nothing_known_is_the_default_request() {
        let (sizes, numbers) = unknown();
        assert_eq!(read("", &sizes, &numbers), Some(Request::default()));
        assert_eq!(read("", &[0], &[f64::NAN]), Some(Request::default()), "without any group");
    }

    #[test]
    fn what_does_not_fit_is_no_request() {
        let (mut sizes, unknown) = unknown();
        assert_eq!(read("", &[], &unknown), None, "no mask");
        assert_eq!(read("", &sizes[..MEMBERS.0 - 1], &unknown), None, "too few sizes");
        assert_eq!(read("", &sizes, &unknown[1..]), None, "too few numbers");
        assert_eq!(read("left over", &sizes, &unknown), None);
        sizes[1] = 3;
        assert_eq!(read("GE", &sizes, &unknown), None, "a length past the end");
        assert_eq!(read("GET", &sizes, &unknown).unwrap().http.method.as_deref(), Some("GET"));
        assert_eq!(read("G€T", &sizes, &unknown).unwrap().http.method.as_deref(), Some("G€T"));
        assert_eq!(read("G🤖", &sizes, &unknown).unwrap().http.method.as_deref(), Some("G🤖"));
        assert_eq!(read("GE🤖", &sizes, &unknown), None, "a length within a character");
        assert_eq!(read("G€", &sizes, &unknown), None, "a length past the end");
        sizes[1] = -2;
        assert_eq!(read("", &sizes, &unknown), None, "no size");
        for bad in [0.5, 1e300, f64::INFINITY] {
            assert_eq!(read("", &[0], &[bad]), None, "{bad}");
        }
    }
}
