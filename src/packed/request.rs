//! A request from one text and one list of numbers.

use crate::profile::{Profile, Sighting};
use crate::request::{
    AgentDirectory, Client, ClientAppType, ClientCert, Device, DeviceCookie, GuestType, Http, Platform,
    PlatformBot, Principal, PrincipalKind, Proxy, Request, Resource, RiskFacts, Session, SessionBinding,
    Text, Tls, TransferMethod, Transport, TrustType, Velocity,
};
use crate::risk::{InsiderRiskLevel, RiskLevel};

/// Reads a request: its members in the order written below. `sizes` holds what is small: for texts their length in
/// bytes, for lists their count, for flags 0 or 1, for names their index, for headers that of [`Http::READ`] before
/// the length; -1 for what is unknown. `numbers` holds numbers, NaN for what is unknown. `None` if they do not fit;
/// the JSON way tells why.
#[must_use]
pub fn request<'a>(text: &'a str, sizes: &[i32], numbers: &[f64]) -> Option<Request<'a>> {
    let mut reader = Reader { text, sizes, numbers };
    let request = reader.request()?;
    (reader.text.is_empty() && reader.sizes.is_empty() && reader.numbers.is_empty()).then_some(request)
}

struct Reader<'a, 'n> {
    text: &'a str,
    sizes: &'n [i32],
    numbers: &'n [f64],
}

/// Unknown (`Some(None)`), known, or misfit (`None`).
type Read<T> = Option<Option<T>>;

impl<'a> Reader<'a, '_> {
    fn request(&mut self) -> Option<Request<'a>> {
        Some(Request {
            time: self.whole()?,
            http: Http {
                method: self.text()?,
                scheme: self.text()?,
                host: self.text()?,
                path: self.text()?,
                query: None,
                version: self.text()?,
                headers: self.headers()?,
            },
            client: Client {
                ip: self.parsed(|text| text.parse().ok())?.map(|ip: std::net::IpAddr| ip.to_canonical()),
                asn: self.whole()?,
                country: self.text()?,
                city: self.text()?,
                latitude: self.degrees()?,
                longitude: self.degrees()?,
                proxy: self.name(Proxy::ALL)?,
                gps_country: self.text()?,
                compliant_network: self.flag()?,
                app_type: self.name(ClientAppType::ALL)?,
                reverse_dns: None,
            },
            tls: Tls {
                version: self.text()?,
                ja4: self.text()?,
                ja3: self.text()?,
                client_cert: ClientCert { presented: self.flag()?, verified: self.flag()? },
            },
            transport: Transport {
                rtt_ms: self.whole()?,
                h2_fingerprint: self.text()?,
                header_order: self.texts()?,
            },
            platform_bot: PlatformBot {
                score: self.whole()?,
                verified: self.flag()?,
                signed_agent: self.flag()?,
            },
            principal: Principal {
                kind: self.name(PrincipalKind::ALL)?,
                id: self.text()?,
                groups: self.texts()?,
                roles: self.texts()?,
                guest_type: self.name(GuestType::ALL)?,
                external_tenant: self.text()?,
                custom_security_attributes: None,
            },
            session: Session {
                id: self.text()?,
                established_at: self.whole()?,
                auth_time: self.whole()?,
                amr: self.texts()?,
                transfer_method: self.name(TransferMethod::ALL)?,
                binding: SessionBinding {
                    asn: self.whole()?,
                    country: self.text()?,
                    ja4: self.text()?,
                    agent: self.text()?,
                },
            },
            device: Device {
                is_registered: self.flag()?,
                is_compliant: self.flag()?,
                trust_type: self.name(TrustType::ALL)?,
                platform: self.name(Platform::ALL)?,
                device_id: self.text()?,
                cookie: self.name(DeviceCookie::ALL)?,
                ..Device::default()
            },
            resource: Resource {
                application: self.text()?,
                application_groups: self.texts()?,
                user_action: self.text()?,
                authentication_context: self.text()?,
                custom_security_attributes: None,
            },
            risk: RiskFacts {
                sign_in: self.name(RiskLevel::ALL)?,
                user: self.name(RiskLevel::ALL)?,
                service_principal: self.name(RiskLevel::ALL)?,
                agent: self.name(RiskLevel::ALL)?,
                insider: self.name(InsiderRiskLevel::ALL)?,
            },
            velocity: Velocity { user_failures_1h: self.whole()?, ip_users_1h: self.whole()? },
            profile: self.profile()?,
            agent_directory: AgentDirectory::default(),
        })
    }

    /// The count comes first; without one there is no profile, and none of the rest.
    fn profile(&mut self) -> Read<Profile<'a>> {
        let Some(count) = self.whole()? else { return Some(None) };
        let networks = self.texts()?.unwrap_or_default();
        let asns = self.counts()?.unwrap_or_default();
        let countries = self.texts()?.unwrap_or_default();
        let agents = self.texts()?.unwrap_or_default();
        let tls = self.texts()?.unwrap_or_default();
        let devices = self.texts()?.unwrap_or_default();
        let hours = self.counts()?.unwrap_or_default();
        let last = match self.whole()? {
            Some(time) => Some(Sighting { time, latitude_e6: self.whole()??, longitude_e6: self.whole()?? }),
            None => None,
        };
        Some(Some(Profile { count, networks, asns, countries, agents, tls, devices, hours, last }))
    }

    fn number(&mut self) -> Read<f64> {
        let (first, rest) = self.numbers.split_first()?;
        self.numbers = rest;
        Some((!first.is_nan()).then_some(*first))
    }

    #[expect(clippy::cast_possible_truncation, reason = "range checked before the cast")]
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

    fn slice(&mut self) -> Read<&'a str> {
        let Some(length) = self.size()? else { return Some(None) };
        let (slice, rest) = self.text.split_at_checked(length)?;
        self.text = rest;
        Some(Some(slice))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Members of a request, as sizes and as numbers.
    const MEMBERS: (usize, usize) = (49, 12);

    #[test]
    fn nothing_known_is_the_default_request() {
        assert_eq!(request("", &[-1; MEMBERS.0], &[f64::NAN; MEMBERS.1]), Some(Request::default()));
    }

    #[test]
    fn what_does_not_fit_is_no_request() {
        let unknown = [f64::NAN; MEMBERS.1];
        let mut sizes = [-1; MEMBERS.0];
        assert_eq!(request("", &sizes[1..], &unknown), None, "too few sizes");
        assert_eq!(request("", &sizes, &unknown[1..]), None, "too few numbers");
        assert_eq!(request("left over", &sizes, &unknown), None);
        sizes[0] = 3;
        assert_eq!(request("GE", &sizes, &unknown), None, "a length past the end");
        assert_eq!(request("GET", &sizes, &unknown).unwrap().http.method.as_deref(), Some("GET"));
        assert_eq!(request("G€", &sizes, &unknown), None, "a length within a character");
        sizes[0] = -2;
        assert_eq!(request("", &sizes, &unknown), None, "no size");
        for bad in [0.5, 1e300, f64::INFINITY] {
            let mut numbers = unknown;
            numbers[0] = bad;
            assert_eq!(request("", &[-1; MEMBERS.0], &numbers), None, "{bad}");
        }
    }
}
