//! The facts a host reports about one request.
//!
//! A missing or `null` member is *unknown*; `[]` is known to be empty. Unknown members are ignored, because a
//! newer adapter may report more than this engine reads. Strings borrow from the input where JSON allows it.
//!
//! ```
//! let request: edgeward::Request = serde_json::from_str(
//!     r#"{"http":{"path":"/x"},"principal":{"kind":"user","id":"u1"}}"#).unwrap();
//! assert_eq!(request.http.path.as_deref(), Some("/x"));
//! assert!(request.principal.groups.is_none(), "not stated, so unknown");
//! ```

mod device;
mod headers;
mod session;
mod text;

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

pub use device::{Device, DeviceCookie, Platform, TrustType};
pub use headers::{Header, Headers};
pub use session::{Session, SessionBinding, TransferMethod};
pub use text::Text;

use crate::agent::Jwk;
use crate::city::CityCell;
use crate::profile::Profile;
use crate::read::record;
use crate::risk::{InsiderRiskLevel, RiskLevel};
use crate::vocabulary::vocabulary;

/// Clock skew between who issues tokens and the edge that is not held against anyone, milliseconds.
pub(crate) const CLOCK_SKEW: i64 = 5 * 60 * 1000;

/// One request as the host saw it. Every member may be unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// Milliseconds since the Unix epoch. The engine has no clock: this is its only "now".
    pub time: Option<i64>,
    /// The HTTP message.
    pub http: Http<'a>,
    /// Who connected, as the platform vouches for it.
    pub client: Client<'a>,
    /// The TLS session.
    pub tls: Tls<'a>,
    /// Below HTTP: timing and frame-level fingerprints.
    pub transport: Transport<'a>,
    /// What the platform's own bot product says.
    pub platform_bot: PlatformBot,
    /// On whose behalf.
    pub principal: Principal<'a>,
    /// The session the request presents.
    pub session: Session<'a>,
    /// The device, as the identity provider or device management knows it.
    pub device: Device<'a>,
    /// What is asked for.
    pub resource: Resource<'a>,
    /// Risk levels that others have computed.
    pub risk: RiskFacts,
    /// Counters of the host over the last hour.
    pub velocity: Velocity,
    /// The principal's history, if the host carries one.
    pub profile: Option<Profile<'a>>,
    /// Keys that the host fetched for a signature of this request.
    pub agent_directory: AgentDirectory<'a>,
}

record!(Request<'a> {
    "time" => Whole(time),
    "http" => Record(http),
    "client" => Record(client),
    "tls" => Record(tls),
    "transport" => Record(transport),
    "platformBot" => Record(platform_bot),
    "principal" => Record(principal),
    "session" => Record(session),
    "device" => Record(device),
    "resource" => Record(resource),
    "risk" => Record(risk),
    "velocity" => Record(velocity),
    "profile" => Record(profile),
    "agentDirectory" => Record(agent_directory),
});

/// The HTTP message, bodies excluded.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Http<'a> {
    /// Upper-case method.
    pub method: Option<Text<'a>>,
    /// `http` or `https`.
    pub scheme: Option<Text<'a>>,
    /// Host without port.
    pub host: Option<Text<'a>>,
    /// Path, without the query.
    pub path: Option<Text<'a>>,
    /// Query, without its `?`; empty where there is none. Read for signatures that cover it, and for nothing else:
    /// hosts report it only with such.
    pub query: Option<Text<'a>>,
    /// `1.0`, `1.1`, `h2` or `h3`.
    pub version: Option<Text<'a>>,
    /// Name and value pairs in arrival order; names in lower case. Unknown headers stay unknown: a host that
    /// does not report headers leaves this out.
    pub headers: Option<Headers<'a>>,
}

record!(Http<'a> {
    "method" => Text(method),
    "scheme" => Text(scheme),
    "host" => Text(host),
    "path" => Text(path),
    "query" => Text(query),
    "version" => Text(version),
    "headers" => Headers(headers),
});

impl Http<'_> {
    /// First value of a header.
    #[must_use]
    #[inline]
    pub fn header(&self, header: Header) -> Option<&str> {
        self.headers.as_ref()?.first(header)
    }

    /// The user agent: outer `None` when headers are unknown, inner `None` when the client sent none.
    #[must_use]
    pub fn user_agent(&self) -> Option<Option<&str>> {
        self.headers.is_some().then(|| self.header(Header::UserAgent))
    }
}

/// The connecting client.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Client<'a> {
    /// Address of the connection or as forwarded by a trusted proxy. IPv4-mapped IPv6 is read as IPv4.
    pub ip: Option<IpAddr>,
    /// Autonomous system number.
    pub asn: Option<u32>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: Option<Text<'a>>,
    /// City name.
    pub city: Option<Text<'a>>,
    /// Degrees north, in millionths; JSON carries degrees.
    #[serde(serialize_with = "degrees")]
    pub latitude: Option<i32>,
    /// Degrees east, in millionths; JSON carries degrees.
    #[serde(serialize_with = "degrees")]
    pub longitude: Option<i32>,
    /// What kind of intermediary the address belongs to.
    pub proxy: Option<Proxy>,
    /// ISO 3166-1 alpha-2 country of the authenticator's position, where the identity provider states it.
    pub gps_country: Option<Text<'a>>,
    /// Whether the connection comes through the tenant's compliant network (Global Secure Access).
    pub compliant_network: Option<bool>,
    /// Names that reverse DNS gives the address, each confirmed by looking it up forward; `[]` for none.
    pub reverse_dns: Option<Vec<Text<'a>>>,
    /// Graph `clientAppType` where the identity provider states it; else the agent tells.
    pub app_type: Option<ClientAppType>,
}

impl Client<'_> {
    /// The half-degree cell of where it is; `None` where the host told no coordinates.
    #[must_use]
    pub fn city_cell(&self) -> Option<CityCell> {
        CityCell::of(self.latitude?, self.longitude?)
    }
}

record!(Client<'a> {
    "ip" => Address(ip),
    "asn" => Whole(asn),
    "country" => Text(country),
    "city" => Text(city),
    "latitude" => Latitude(latitude),
    "longitude" => Longitude(longitude),
    "proxy" => Name(proxy),
    "gpsCountry" => Text(gps_country),
    "compliantNetwork" => Flag(compliant_network),
    "appType" => Name(app_type),
    "reverseDns" => Texts(reverse_dns),
});

vocabulary! {
    /// What kind of intermediary an address belongs to.
    pub enum Proxy {
        /// A plain access network.
        None = "none",
        /// Commercial VPN.
        Vpn = "vpn",
        /// Tor exit.
        Tor = "tor",
        /// Privacy relay of a browser or operating system maker.
        Relay = "relay",
        /// Data centre or cloud.
        Hosting = "hosting",
        /// Egress of a company's own network.
        Corporate = "corporate",
    }
}

impl Proxy {
    /// Whether the address says where an exit is, and not where the person is.
    #[must_use]
    pub const fn hides_place(self) -> bool {
        matches!(self, Self::Vpn | Self::Tor | Self::Relay | Self::Corporate)
    }
}

vocabulary! {
    /// Graph `conditionalAccessClientApp`, as a fact of one request.
    pub enum ClientAppType {
        /// A web browser.
        Browser = "browser",
        /// Applications with modern authentication.
        MobileAppsAndDesktopClients = "mobileAppsAndDesktopClients",
        /// Exchange ActiveSync.
        ExchangeActiveSync = "exchangeActiveSync",
        /// Exchange ActiveSync on a supported platform.
        EasSupported = "easSupported",
        /// Legacy authentication.
        Other = "other",
    }
}

/// The TLS session as the terminating host saw it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tls<'a> {
    /// `1.2`, `1.3`.
    pub version: Option<Text<'a>>,
    /// JA4 TLS fingerprint, opaque.
    pub ja4: Option<Text<'a>>,
    /// JA3 MD5, opaque.
    pub ja3: Option<Text<'a>>,
    /// The client certificate.
    pub client_cert: ClientCert,
}

record!(Tls<'a> {
    "version" => Text(version),
    "ja4" => Text(ja4),
    "ja3" => Text(ja3),
    "clientCert" => Record(client_cert),
});

/// A client certificate's presence and validity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientCert {
    /// The client presented one.
    pub presented: Option<bool>,
    /// The host verified it against its trust anchors.
    pub verified: Option<bool>,
}

record!(ClientCert {
    "presented" => Flag(presented),
    "verified" => Flag(verified),
});

/// Below HTTP.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transport<'a> {
    /// Round-trip time, milliseconds.
    pub rtt_ms: Option<u32>,
    /// Where the edge stands that measured it: degrees north, in millionths; JSON carries degrees.
    #[serde(serialize_with = "degrees")]
    pub edge_latitude: Option<i32>,
    /// Degrees east, in millionths; JSON carries degrees.
    #[serde(serialize_with = "degrees")]
    pub edge_longitude: Option<i32>,
    /// HTTP/2 settings fingerprint, opaque.
    pub h2_fingerprint: Option<Text<'a>>,
    /// Header names in wire order, where the host keeps it.
    pub header_order: Option<Vec<Text<'a>>>,
}

record!(Transport<'a> {
    "rttMs" => Whole(rtt_ms),
    "edgeLatitude" => Latitude(edge_latitude),
    "edgeLongitude" => Longitude(edge_longitude),
    "h2Fingerprint" => Text(h2_fingerprint),
    "headerOrder" => Texts(header_order),
});

/// The platform's own bot product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformBot {
    /// 1 (certainly automated) to 99 (certainly human), Cloudflare's scale.
    pub score: Option<u8>,
    /// The platform verified a known bot by address or reverse DNS.
    pub verified: Option<bool>,
    /// The platform verified a Web Bot Auth signature.
    pub signed_agent: Option<bool>,
}

record!(PlatformBot {
    "score" => Whole(score),
    "verified" => Flag(verified),
    "signedAgent" => Flag(signed_agent),
});

/// What a directory of agents' keys served when the host last fetched it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentDirectory<'a> {
    /// Origin it was fetched from, `https://agent.example`.
    pub url: Option<Text<'a>>,
    /// Its keys; at most 32 are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Jwk<'a>>,
}

record!(AgentDirectory<'a> {
    "url" => Text(url),
    "keys" => Records(keys),
});

/// On whose behalf the request is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal<'a> {
    /// What it is.
    pub kind: Option<PrincipalKind>,
    /// Object id.
    pub id: Option<Text<'a>>,
    /// Group object ids, nested memberships resolved.
    pub groups: Option<Vec<Text<'a>>>,
    /// Directory role template ids.
    pub roles: Option<Vec<Text<'a>>>,
    /// Kind of guest; `none` is a known member.
    pub guest_type: Option<GuestType>,
    /// Home tenant of a guest.
    pub external_tenant: Option<Text<'a>>,
    /// Custom security attributes, each value with its name: `["Set_Attribute", "value"]`.
    pub custom_security_attributes: Option<Vec<(Text<'a>, Text<'a>)>>,
}

record!(Principal<'a> {
    "kind" => Name(kind),
    "id" => Text(id),
    "groups" => Texts(groups),
    "roles" => Texts(roles),
    "guestType" => Name(guest_type),
    "externalTenant" => Text(external_tenant),
    "customSecurityAttributes" => Pairs(custom_security_attributes),
});

vocabulary! {
    /// What a principal is.
    pub enum PrincipalKind {
        /// A person's account.
        User = "user",
        /// An agent's user account: a user in every respect, and one that policies can single out.
        AgentUser = "agentUser",
        /// A service principal.
        Workload = "workload",
        /// An agent identity acting on its own.
        Agent = "agent",
        /// Known to carry no identity: no session was presented.
        Anonymous = "anonymous",
    }
}

vocabulary! {
    /// Graph `conditionalAccessGuestOrExternalUserTypes`, one of them.
    pub enum GuestType {
        /// A member, no guest.
        None = "none",
        /// Guest account of this tenant.
        InternalGuest = "internalGuest",
        /// Business-to-business guest.
        B2bCollaborationGuest = "b2bCollaborationGuest",
        /// Business-to-business member.
        B2bCollaborationMember = "b2bCollaborationMember",
        /// Direct connect.
        B2bDirectConnectUser = "b2bDirectConnectUser",
        /// Any other external user.
        OtherExternalUser = "otherExternalUser",
        /// Service provider.
        ServiceProvider = "serviceProvider",
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<'a> {
    /// Application id.
    pub application: Option<Text<'a>>,
    /// Application groups (`Office365`, `MicrosoftAdminPortals`) the application belongs to.
    pub application_groups: Option<Vec<Text<'a>>>,
    /// Custom security attributes of the application, each value with its name: `["Set_Attribute", "value"]`.
    pub custom_security_attributes: Option<Vec<(Text<'a>, Text<'a>)>>,
    /// `urn:user:registersecurityinfo` or `urn:user:registerdevice`.
    pub user_action: Option<Text<'a>>,
    /// `c1` … `c99`.
    pub authentication_context: Option<Text<'a>>,
}

record!(Resource<'a> {
    "application" => Text(application),
    "applicationGroups" => Texts(application_groups),
    "customSecurityAttributes" => Pairs(custom_security_attributes),
    "userAction" => Text(user_action),
    "authenticationContext" => Text(authentication_context),
});

/// Risk levels that others have computed; the sign-in level of the edge's own model is not here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RiskFacts {
    /// Of this sign-in, as the scorer or the identity provider states it.
    pub sign_in: Option<RiskLevel>,
    /// Of the user.
    pub user: Option<RiskLevel>,
    /// Of the service principal.
    pub service_principal: Option<RiskLevel>,
    /// Of the agent identity.
    pub agent: Option<RiskLevel>,
    /// Insider risk.
    pub insider: Option<InsiderRiskLevel>,
}

record!(RiskFacts {
    "signIn" => Name(sign_in),
    "user" => Name(user),
    "servicePrincipal" => Name(service_principal),
    "agent" => Name(agent),
    "insider" => Name(insider),
});

/// Counters of the host over the last hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Velocity {
    /// Failed sign-ins of this principal.
    pub user_failures_1h: Option<u32>,
    /// Distinct principals seen from this address.
    pub ip_users_1h: Option<u32>,
}

record!(Velocity {
    "userFailures1h" => Whole(user_failures_1h),
    "ipUsers1h" => Whole(ip_users_1h),
});

/// Millionths of a degree inside, degrees on the wire.
#[expect(clippy::ref_option, reason = "signature fixed by serde's `serialize_with`")]
fn degrees<S: Serializer>(value: &Option<i32>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|micro| f64::from(micro) / 1e6).serialize(serializer)
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(value: &'a str) -> Self {
        Self(Cow::Borrowed(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        // 41.99718 × 10⁶ is 41997179.999… in binary.
        let request: Request<'_> =
            serde_json::from_str(r#"{"client":{"latitude":41.99718,"longitude":-87.848312}}"#).unwrap();
        assert_eq!(
            (request.client.latitude, request.client.longitude),
            (Some(41_997_180), Some(-87_848_312))
        );
        let written = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request<'_>>(&written).unwrap(), request);
    }
}
